/** One provider at a time: the first usable answer ends the chain, open breakers are passed over at once, the rest is not asked. */
import type { Outcome } from "../core/report.ts";
import type { Chance } from "./chance.ts";
import { askSeat, passedOver, type Run } from "./member.ts";
import { notAskedOutcome } from "./outcome.ts";
import type { SeatPlan } from "./panel.ts";
import type { Room } from "./room.ts";

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
  const passed: SeatPlan[] = [];
  let answered = false;
  for (const seat of order.seats) {
    if (answered) tell(notAskedOutcome(seat));
    else if (doubtful(room, run, seat)) passed.push(seat);
    else answered = tell(await askSeat(room, run, seat, false));
  }
  // the first due of those passed over is asked after all when nobody else answered
  const best = answered ? null : firstDue(room, passed);
  for (const seat of passed) tell(seat === best ? await askSeat(room, run, seat, true) : passedOver(room, run, seat));
  return outcomes;
}

function firstDue(room: Room, seats: SeatPlan[]): SeatPlan | null {
  const dueAt = ({ member }: SeatPlan): number => room.breaker.view(member).until;
  return seats.reduce<SeatPlan | null>((best, seat) => (best === null || dueAt(seat) < dueAt(best) ? seat : best), null);
}

/** Whether asking it now would only cost time: refused by its breaker, or usually slower than what is left. */
function doubtful(room: Room, { order }: Run, { member, dropped }: SeatPlan): boolean {
  if (dropped !== null) return false;
  const usual = room.latencies.known(member)?.p50 ?? 0;
  return room.breaker.blocked(member) || usual > order.panelBy - room.clock.now();
}
