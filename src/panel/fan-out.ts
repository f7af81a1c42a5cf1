/** All seats at once: waits until the caller is content, the grace is over, or time is; then cuts the rest. Exactly one outcome per seat. */
import type { Outcome } from "../core/report.ts";
import { alarm } from "../core/time.ts";
import { createChance } from "./chance.ts";
import { askSeat } from "./member.ts";
import type { Room } from "./room.ts";
import type { Run } from "./seat.ts";

/** Outcomes in the order of arrival; the panel sorts them. */
export async function fanOut(room: Room, run: Omit<Run, "chance">): Promise<Outcome[]> {
  const { order, cutoff } = run;
  const chance = createChance(order.seats.length, cutoff, order.answered);
  const outcomes: Outcome[] = [];
  let cancelGrace: (() => void) | null = null;
  const settle = (): void => {
    if (cutoff.reason !== null || outcomes.length === order.seats.length) return;
    const settling = order.settle(outcomes);
    switch (settling) {
      case "wait":
        return;
      case "grace":
        cancelGrace ??= alarm(room.clock, room.clock.now() + order.graceMs, () => cutoff.cut("late"));
        return;
      case "stop":
        cutoff.cut("late");
        return;
      default:
        settling satisfies never;
    }
  };
  const sit = async (index: number): Promise<void> => {
    const plan = order.seats[index];
    if (plan === undefined) return;
    const outcome = await askSeat(room, { ...run, chance }, plan, false);
    outcomes.push(outcome);
    order.onOutcome(outcome);
    settle();
    chance.ended(outcome.status === "answered");
  };
  try {
    await Promise.all(order.seats.map((_, index) => sit(index)));
  } finally {
    (cancelGrace as (() => void) | null)?.();
  }
  return outcomes;
}
