/** Keeps the open circuits in the store, so that a restart in an outage does not pay for every dead member again. Never rejects. */
import type { Json } from "../../adjudicator/index.ts";
import type { Clock, Log } from "../core/ports.ts";
import type { Breaker } from "./breaker.ts";

/** Small values that outlive the process; both methods may reject. */
export interface Memory {
  recall(name: string): Promise<Json>;
  remember(name: string, value: Json): Promise<void>;
}
const NAME = "breakers";

/** member → [openings, wall-clock ms at which a probe may go] */
const snapshot = (breaker: Breaker, { clock }: { clock: Clock }): Json =>
  Object.fromEntries(
    breaker.disturbed().map(([member, { opens, until }]) => [member, [opens, Math.round(clock.wall() + until - clock.now())]]),
  );

function restoreFrom(stored: Json, breaker: Breaker, clock: Clock): void {
  if (stored === null || typeof stored !== "object" || Array.isArray(stored)) return;
  for (const [member, entry] of Object.entries(stored)) {
    if (!Array.isArray(entry)) continue;
    const [opens, until] = entry;
    if (typeof opens === "number" && typeof until === "number") breaker.restore(member, opens, until - clock.wall());
  }
}

export interface Keep {
  /** writes the state of now; moves during a write are written after it, together */
  (breaker: Breaker): void;
  restore(breaker: Breaker): void;
}

export function createBreakerMemory(ports: { clock: Clock; log: Log }, memory: Memory | undefined): Keep {
  if (memory === undefined) return Object.assign(() => undefined, { restore: () => undefined });
  let writing = false;
  let again = false;
  const failed = (op: string) => (error: unknown) =>
    ports.log("warn", "breaker-memory-failed", { op, error: error instanceof Error ? error.name : "unknown" });
  const write = async (breaker: Breaker): Promise<void> => {
    writing = true;
    do {
      again = false;
      await memory.remember(NAME, snapshot(breaker, ports)).catch(failed("remember"));
    } while (again);
    writing = false;
  };
  const keep = (breaker: Breaker): void => {
    if (writing) again = true;
    else void write(breaker);
  };
  const restore = (breaker: Breaker): void =>
    void memory.recall(NAME).then((stored) => restoreFrom(stored, breaker, ports.clock), failed("recall"));
  return Object.assign(keep, { restore });
}
