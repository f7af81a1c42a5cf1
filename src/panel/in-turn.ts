/** One provider at a time: the first usable answer ends the chain, open breakers are passed over at once, the rest is not asked. */
import type { Outcome } from "../core/report.ts";
import { alarm, type Cutoff, forkCutoff } from "../core/time.ts";
import type { Chance, Doubt } from "./chance.ts";
import { type Cut, CUT_DETAIL } from "./cut.ts";
import { askSeat, doubtOf, passedOver } from "./member.ts";
import { notAskedOutcome } from "./outcome.ts";
import type { SeatPlan } from "./panel.ts";
import { linkEnd, turnAt } from "./patience.ts";
import type { Room } from "./room.ts";
import type { Run } from "./seat.ts";

interface Passed {
  seat: SeatPlan;
  doubt: Doubt;
}
/** A link that is out. */
interface Link {
  seat: SeatPlan;
  cutoff: Cutoff<Cut>;
  /** silent for so long that the chain went on; it may still answer */
  overtaken: boolean;
  ended: Promise<void>;
}
/** Nobody waits in a chain: who is refused is passed over. */
const PASS_OVER: Chance = { wait: () => Promise.resolve(false) };
const OVERTAKEN = "silent for so long that the chain went on, and another answered";

/** Asks one link inside its own end. */
function startLink(room: Room, run: Run, seat: SeatPlan, tell: (outcome: Outcome, link: Link) => void): Link {
  const { cutoff, leave } = forkCutoff(run.cutoff);
  const end = linkEnd(room, run.order, seat);
  const cancel = end < run.order.panelBy ? alarm(room.clock, end, () => cutoff.cut("deadline")) : (): void => undefined;
  const link: Link = { seat, cutoff, overtaken: false, ended: Promise.resolve() };
  link.ended = askSeat(room, { ...run, cutoff, order: { ...run.order, panelBy: end } }, seat, false).then((outcome) => {
    cancel();
    leave();
    tell(outcome, link);
  });
  return link;
}

/** Waits until all that are out have ended, or it is the next one's turn all the same; those still out are overtaken then. */
async function waitForTurn({ clock }: Room, out: Set<Link>, at: number | null): Promise<void> {
  const ended = Promise.all([...out].map((link) => link.ended));
  if (at === null) return void (await ended);
  let cancel = (): void => undefined;
  const turn = new Promise<void>((resolve) => {
    cancel = alarm(clock, at, resolve);
  });
  await Promise.race([ended, turn]);
  cancel();
  for (const link of out) link.overtaken = true;
}

export async function inTurn(room: Room, common: Omit<Run, "chance">): Promise<Outcome[]> {
  const { order } = common;
  const run = { ...common, chance: PASS_OVER };
  const since = room.clock.now();
  const outcomes: Outcome[] = [];
  const out = new Set<Link>();
  const passed: Passed[] = [];
  const answered = (): boolean => outcomes.some(({ status }) => status === "answered");
  const tell = (outcome: Outcome): void => {
    outcomes.push(outcome);
    order.onOutcome(outcome);
  };
  const tellOfLink = (outcome: Outcome, link: Link): void => {
    out.delete(link);
    tell(answered() && link.overtaken ? overtakenBy(outcome) : outcome);
    if (!answered()) return;
    // who had its time was silent; who was only just asked is not needed any more
    for (const other of out) other.cutoff.cut(other.overtaken ? "deadline" : "late");
  };
  for (const seat of order.seats) {
    const waitedFor = [...out].map((link) => link.seat);
    if (out.size > 0) await waitForTurn(room, out, turnAt(room, run, seat, { since, waitedFor }));
    const doubt = answered() || seat.dropped !== null ? null : doubtOf(room, run, seat.member);
    if (answered()) tell(notAskedOutcome(seat));
    else if (doubt !== null) passed.push({ seat, doubt });
    else out.add(startLink(room, run, seat, tellOfLink));
  }
  await Promise.all([...out].map(({ ended }) => ended));
  // those passed over are asked after all, as they are due, while nobody has answered
  for (const { seat, doubt } of byDue(room, passed))
    tell(answered() ? passedOver(room, seat, doubt) : await askSeat(room, run, seat, true));
  return outcomes;
}

function overtakenBy(outcome: Outcome): Outcome {
  return outcome.status === "dropped" && outcome.detail === CUT_DETAIL.deadline ? { ...outcome, detail: OVERTAKEN } : outcome;
}

function byDue(room: Room, passed: Passed[]): Passed[] {
  const dueAt = ({ seat }: Passed): number => room.breaker.view(seat.member).until;
  return passed.toSorted((a, b) => dueAt(a) - dueAt(b));
}
