/** One provider at a time: the first usable answer ends the chain, open breakers are passed over at once, the rest is not asked. */
import type { Outcome } from "../core/report.ts";
import { alarm, forkCutoff } from "../core/time.ts";
import type { Chance, Doubt } from "./chance.ts";
import { askSeat, doubtOf, passedOver } from "./member.ts";
import { notAskedOutcome } from "./outcome.ts";
import type { SeatPlan } from "./panel.ts";
import type { Room } from "./room.ts";
import type { Run } from "./seat.ts";

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
  const passed: { seat: SeatPlan; doubt: Doubt }[] = [];
  let answered = false;
  for (const [index, seat] of order.seats.entries()) {
    const doubt = answered || seat.dropped !== null ? null : doubtOf(room, run, seat.member);
    if (answered) tell(notAskedOutcome(seat));
    else if (doubt !== null) passed.push({ seat, doubt });
    else answered = tell(await askLink(room, run, seat, linkEnd(room, run, index)));
  }
  // the first due of those passed over is asked after all when nobody else answered
  const best = answered ? null : firstDue(room, passed);
  for (const { seat, doubt } of passed) tell(seat === best ? await askSeat(room, run, seat, true) : passedOver(room, seat, doubt));
  return outcomes;
}

function firstDue(room: Room, passed: { seat: SeatPlan }[]): SeatPlan | null {
  const dueAt = ({ member }: SeatPlan): number => room.breaker.view(member).until;
  return passed.reduce<SeatPlan | null>((best, { seat }) => (best === null || dueAt(seat) < dueAt(best) ? seat : best), null);
}
