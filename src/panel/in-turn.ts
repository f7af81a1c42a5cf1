/** One provider at a time: the first usable answer ends the chain, open breakers are passed over at once, the rest is not asked. */
import type { Outcome } from "../core/report.ts";
import type { Chance, Doubt } from "./chance.ts";
import { askSeat, doubtOf, passedOver } from "./member.ts";
import { notAskedOutcome } from "./outcome.ts";
import type { SeatPlan } from "./panel.ts";
import type { Room } from "./room.ts";
import type { Run } from "./seat.ts";

/** Nobody waits in a chain: who is refused is passed over. */
const PASS_OVER: Chance = { wait: () => Promise.resolve(false) };

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
  for (const seat of order.seats) {
    const doubt = answered || seat.dropped !== null ? null : doubtOf(room, run, seat.member);
    if (answered) tell(notAskedOutcome(seat));
    else if (doubt !== null) passed.push({ seat, doubt });
    else answered = tell(await askSeat(room, run, seat, false));
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
