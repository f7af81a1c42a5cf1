/** One circuit per member: whether it may be called now, and what each ended call teaches. Counts no abort and none of our own mistakes. */
import { CircuitState, ConsecutiveBreaker, CountBreaker } from "cockatiel";
import type { Clock, Meter } from "../core/ports.ts";
import type { PanelKnobs } from "./knobs.ts";

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
}

export interface Breaker {
  /** whether `enter` would refuse */
  blocked(member: string): boolean;
  enter(member: string, forced: boolean): Admission | null;
  /** exactly once for each admission */
  leave(member: string, admission: Admission, sign: CallSign): void;
  view(member: string): Circuit;
  /** the state of a former process; ignored for a member that was already called */
  restore(member: string, opens: number, openMs: number): void;
  /** members that are not closed */
  disturbed(): [string, Circuit][];
}

type Knobs = Pick<PanelKnobs, "breakerRow" | "breakerShare" | "breakerWindow" | "breakerMinimum" | "breakerOpenMs" | "breakerOpenCapMs">;
const CLOSED: Circuit = { state: "closed", until: 0, opens: 0 };

export function createBreaker(ports: { clock: Clock; meter: Meter }, knobs: Knobs, onMove: (member: string) => void): Breaker {
  const cells = new Map<string, Cell>();
  const cellOf = (member: string): Cell => {
    const known = cells.get(member);
    if (known !== undefined) return known;
    const row = new ConsecutiveBreaker(knobs.breakerRow);
    const share = new CountBreaker({
      threshold: knobs.breakerShare,
      size: knobs.breakerWindow,
      minimumNumberOfCalls: knobs.breakerMinimum,
    });
    const cell: Cell = { ...CLOSED, probing: false, row, share };
    cells.set(member, cell);
    return cell;
  };
  const move = (member: string, cell: Cell, to: Circuit["state"]): void => {
    if (cell.state === to) return;
    cell.state = to;
    ports.meter.count("breaker", { member, to });
    onMove(member);
  };
  /** `forMs` null: our own wait, doubling with each opening; else the provider's word, which doubles nothing */
  const open = (member: string, cell: Cell, forMs: number | null): void => {
    if (forMs === null) cell.opens += 1;
    const ours = knobs.breakerOpenMs * 2 ** Math.max(0, cell.opens - 1);
    const until = ports.clock.now() + Math.min(forMs ?? ours, knobs.breakerOpenCapMs);
    cell.until = cell.state === "open" ? Math.max(cell.until, until) : until;
    move(member, cell, "open");
  };
  const close = (member: string, cell: Cell): void => {
    cell.row.success();
    cell.share.success(CircuitState.HalfOpen);
    cell.opens = 0;
    if (cell.state === "open") move(member, cell, "half-open");
    move(member, cell, "closed");
  };
  const learnClosed = (member: string, cell: Cell, sign: CallSign): void => {
    switch (sign.kind) {
      case "success":
        cell.row.success();
        cell.share.success(CircuitState.Closed);
        return;
      case "fault": {
        const inRow = cell.row.failure();
        const tooMany = cell.share.failure(CircuitState.Closed);
        if (sign.retryAfterMs) open(member, cell, sign.retryAfterMs);
        else if (inRow || tooMany) open(member, cell, null);
        return;
      }
      case "trip":
        open(member, cell, sign.retryAfterMs || null);
        return;
      case "throttled":
        if (sign.retryAfterMs) open(member, cell, sign.retryAfterMs);
        return;
      case "other":
      case "aborted":
        return;
      default:
        sign satisfies never;
    }
  };
  const learnProbe = (member: string, cell: Cell, sign: CallSign): void => {
    switch (sign.kind) {
      case "success":
      case "other": // it answers again; what it said is the run's concern
        close(member, cell);
        return;
      case "fault":
      case "trip":
      case "throttled":
        open(member, cell, sign.retryAfterMs || null);
        return;
      case "aborted":
        return;
      default:
        sign satisfies never;
    }
  };
  return {
    blocked(member) {
      const cell = cells.get(member);
      if (cell === undefined || cell.state === "closed") return false;
      return cell.state === "open" ? ports.clock.now() < cell.until : cell.probing;
    },
    enter(member, forced) {
      const cell = cellOf(member);
      if (cell.state === "closed") return "closed";
      if (this.blocked(member)) return forced ? "forced" : null;
      move(member, cell, "half-open");
      cell.probing = true;
      return "probe";
    },
    leave(member, admission, sign) {
      const cell = cellOf(member);
      if (admission === "probe") cell.probing = false;
      if (cell.state === "closed") learnClosed(member, cell, sign);
      else if (admission === "probe" && cell.state === "half-open") learnProbe(member, cell, sign);
      else if (admission === "forced" && sign.kind === "success") close(member, cell);
    },
    view: (member) => cells.get(member) ?? CLOSED,
    restore(member, opens, openMs) {
      if (cells.has(member)) return;
      const cell = cellOf(member);
      cell.state = "open";
      cell.opens = opens;
      cell.until = ports.clock.now() + Math.min(Math.max(0, openMs), knobs.breakerOpenCapMs);
    },
    disturbed: () => [...cells].filter(([, cell]) => cell.state !== "closed"),
  };
}
