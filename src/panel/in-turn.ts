/** One provider at a time: the first usable answer ends the chain, open breakers are passed over at once, the rest is not asked. */
import type { Outcome } from "../core/report.ts";
import { alarm, forkCutoff } from "../core/time.ts";
import type { Chance, Doubt } from "./chance.ts";
import { askSeat, doubtOf, passedOver } from "./member.ts";
import { notAskedOutcome } from "./outcome.ts";
import type { SeatPlan } from "./panel.ts";
import type { Room } from "./room.ts";
import type { Run } from "./seat.ts";

interface Passed {
  seat: SeatPlan;
  doubt: Doubt;
}
/** Nobody waits in a chain: who is refused is passed over. */
const PASS_OVER: Chance = { wait: () => Promise.resolve(false) };

/** Kept for each link that is still to come, at most: what a healthy cloud provider needs. */
const LINK_MS = 10_000;

/** When this link must be done, so that a silent one leaves time for those behind it; the last has all that is left. */
function linkEnd(room: Room, { order }: Omit<Run, "chance">, index: number): number {
  const behind = order.seats.slice(index + 1).filter((seat) => seat.dropped === null).length;
  const left = Math.max(0, order.panelBy - room.clock.now());
  return order.panelBy - behind * Math.min(LINK_MS, left / (behind + 1));
}

/** Asks one link inside its own end. */
async function askLink(room: Room, run: Run, seat: SeatPlan, end: number): Promise<Outcome> {
  if (end >= run.order.panelBy) return askSeat(room, run, seat, false);
  const { cutoff, leave } = forkCutoff(run.cutoff);
  const cancel = alarm(room.clock, end, () => cutoff.cut("deadline"));
  try {
    return await askSeat(room, { ...run, cutoff, order: { ...run.order, panelBy: end } }, seat, false);
  } finally {
    cancel();
    leave();
  }
}

export async function inTurn(room: Room, common: Omit<Run, "chance">): Promise<Outcome[]> {
  const { order } = common;
  const run = { ...common, chance: PASS_OVER };
  const outcomes: Outcome[] = [];
  const tell = (outcome: Outcome): boolean => {
    outcomes.push(outcome);
    order.onOutcome(outcome);
    return outcome.status === "answered";
  };
  const passed: Passed[] = [];
  let answered = false;
  for (const [index, seat] of order.seats.entries()) {
    const doubt = answered || seat.dropped !== null ? null : doubtOf(room, run, seat.member);
    if (answered) tell(notAskedOutcome(seat));
    else if (doubt !== null) passed.push({ seat, doubt });
    else answered = tell(await askLink(room, run, seat, linkEnd(room, run, index)));
  }
  // those passed over are asked after all, as they are due, while nobody has answered
  for (const { seat, doubt } of byDue(room, passed)) {
    if (answered) tell(passedOver(room, seat, doubt));
    else answered = tell(await askSeat(room, run, seat, true));
  }
  return outcomes;
}

function byDue(room: Room, passed: Passed[]): Passed[] {
  const dueAt = ({ seat }: Passed): number => room.breaker.view(seat.member).until;
  return passed.toSorted((a, b) => dueAt(a) - dueAt(b));
}
