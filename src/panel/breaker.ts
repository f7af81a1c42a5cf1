/** One circuit per member: whether it may be called now, and what each ended call teaches. Counts no abort and none of our own mistakes. */
import { CircuitState, ConsecutiveBreaker, CountBreaker } from "cockatiel";
import type { Clock, Meter } from "../core/ports.ts";
import type { PanelKnobs } from "./knobs.ts";
import { Lately } from "./lately.ts";

/** How a call was let in: `forced` = the breaker would have refused, but this was the last seat of a run that could answer. */
export type Admission = "closed" | "probe" | "forced";

/** What a call's end says about the far side. `other`: it replied, but not in a way that counts (4xx of ours, refusal, nonsense). */
export type CallSign =
  | { kind: "success" }
  | { kind: "fault"; retryAfterMs: number | null }
  | { kind: "trip"; retryAfterMs: number | null }
  | { kind: "throttled"; retryAfterMs: number | null }
  | { kind: "other" }
  | { kind: "aborted" };

export interface Circuit {
  state: "closed" | "open" | "half-open";
  /** monotonic ms at which a probe may go; meaningful unless closed */
  until: number;
  /** openings since the circuit was last closed */
  opens: number;
}
interface Cell extends Circuit {
  probing: boolean;
  row: ConsecutiveBreaker;
  share: CountBreaker;
  /** told when the probe has ended */
  watchers: Set<() => void>;
}
type Knobs = Pick<PanelKnobs, "breakerRow" | "breakerShare" | "breakerWindow" | "breakerMinimum" | "breakerOpenMs" | "breakerOpenCapMs">;

const CLOSED: Circuit = { state: "closed", until: 0, opens: 0 };

export class Breaker {
  readonly #cells = new Lately<Cell>();
  readonly #ports: { clock: Clock; meter: Meter };
  readonly #knobs: Knobs;
  readonly #onMove: () => void;

  constructor(ports: { clock: Clock; meter: Meter }, knobs: Knobs, onMove: () => void) {
    this.#ports = ports;
    this.#knobs = knobs;
    this.#onMove = onMove;
  }

  /** whether `enter` would refuse */
  blocked(member: string): boolean {
    const cell = this.#cells.get(member);
    if (cell === undefined || cell.state === "closed") return false;
    return cell.state === "open" ? this.#ports.clock.now() < cell.until : cell.probing;
  }

  enter(member: string, forced: boolean): Admission | null {
    const cell = this.#cell(member);
    if (cell.state === "closed") return "closed";
    if (this.blocked(member)) return forced ? "forced" : null;
    this.#move(member, cell, "half-open");
    cell.probing = true;
    return "probe";
  }

  /** exactly once for each admission */
  leave(member: string, admission: Admission, sign: CallSign): void {
    const cell = this.#cell(member);
    if (admission === "probe") cell.probing = false;
    if (cell.state === "closed") this.#learnClosed(member, cell, sign);
    else if (admission === "probe" && cell.state === "half-open") this.#learnProbe(member, cell, sign);
    else if (admission === "forced" && sign.kind === "success") this.#close(member, cell);
    if (admission === "probe") for (const watcher of cell.watchers) watcher();
  }

  /** calls `watcher` once when the probe that is out has ended; returns its removal */
  onProbeEnd(member: string, watcher: () => void): () => void {
    const { watchers } = this.#cell(member);
    const once = (): void => {
      watchers.delete(once);
      watcher();
    };
    watchers.add(once);
    return () => watchers.delete(once);
  }

  view(member: string): Circuit {
    return this.#cells.get(member) ?? CLOSED;
  }

  /** the state of a former process; ignored for a member that was already called */
  restore(member: string, opens: number, openMs: number): void {
    if (this.#cells.has(member)) return;
    const cell = this.#cell(member);
    cell.state = "open";
    cell.opens = opens;
    cell.until = this.#ports.clock.now() + Math.min(Math.max(0, openMs), this.#knobs.breakerOpenCapMs);
  }

  /** members that are not closed */
  disturbed(): [string, Circuit][] {
    return [...this.#cells.entries()].filter(([, cell]) => cell.state !== "closed");
  }

  #cell(member: string): Cell {
    const known = this.#cells.get(member);
    if (known !== undefined) return known;
    const { breakerRow, breakerShare, breakerWindow, breakerMinimum } = this.#knobs;
    const row = new ConsecutiveBreaker(breakerRow);
    const share = new CountBreaker({ threshold: breakerShare, size: breakerWindow, minimumNumberOfCalls: breakerMinimum });
    const cell: Cell = { ...CLOSED, probing: false, row, share, watchers: new Set() };
    this.#cells.set(member, cell);
    return cell;
  }

  #move(member: string, cell: Cell, to: Circuit["state"]): void {
    if (cell.state === to) return;
    cell.state = to;
    this.#ports.meter.count("breaker", { member, to });
    this.#onMove();
  }

  /** `forMs` null: our own wait, doubling with each opening; else the provider's word, which doubles nothing */
  #open(member: string, cell: Cell, forMs: number | null): void {
    if (forMs === null) cell.opens += 1;
    const { breakerOpenMs, breakerOpenCapMs } = this.#knobs;
    const ours = breakerOpenMs * 2 ** Math.max(0, cell.opens - 1);
    cell.until = this.#ports.clock.now() + Math.min(forMs ?? ours, breakerOpenCapMs);
    this.#move(member, cell, "open");
  }

  #close(member: string, cell: Cell): void {
    cell.row.success();
    cell.share.success(CircuitState.HalfOpen);
    cell.opens = 0;
    if (cell.state === "open") this.#move(member, cell, "half-open");
    this.#move(member, cell, "closed");
  }

  #learnClosed(member: string, cell: Cell, sign: CallSign): void {
    switch (sign.kind) {
      case "success":
        cell.row.success();
        cell.share.success(CircuitState.Closed);
        return;
      case "fault": {
        const inRow = cell.row.failure();
        const tooMany = cell.share.failure(CircuitState.Closed);
        if (sign.retryAfterMs) this.#open(member, cell, sign.retryAfterMs);
        else if (inRow || tooMany) this.#open(member, cell, null);
        return;
      }
      case "trip":
        this.#open(member, cell, sign.retryAfterMs || null);
        return;
      case "throttled":
        if (sign.retryAfterMs) this.#open(member, cell, sign.retryAfterMs);
        return;
      case "other":
      case "aborted":
        return;
      default:
        sign satisfies never;
    }
  }

  #learnProbe(member: string, cell: Cell, sign: CallSign): void {
    switch (sign.kind) {
      case "success":
      case "other": // it answers again; what it said is the run's concern
        this.#close(member, cell);
        return;
      case "fault":
      case "trip":
      case "throttled":
        this.#open(member, cell, sign.retryAfterMs || null);
        return;
      case "aborted":
        return;
      default:
        sign satisfies never;
    }
  }
}
