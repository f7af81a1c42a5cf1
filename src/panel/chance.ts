/** The last chance of a run: a seat that would not be asked waits here until another has answered, or until nobody else can. */
import type { Cutoff } from "../core/time.ts";
import type { Cut } from "./cut.ts";

/** `open`: its breaker refuses; `slow`: it usually takes longer than what is left. */
export type Doubt = "open" | "slow";

export interface Chance {
  /** true = ask it all the same: nobody else could answer */
  wait(doubt: Doubt, retryAt: number): Promise<boolean>;
}
export interface SharedChance extends Chance {
  /** a seat has its outcome */
  ended(answered: boolean): void;
}
interface Held {
  doubt: Doubt;
  retryAt: number;
  settle(asked: boolean): void;
}

/**
 * For seats asked at once. Of several seats behind open breakers only the one that is due first is kept, and asked at most
 * once a run; seats that are merely slow are all asked when no other is left.
 */
export function createChance(seats: number, cutoff: Cutoff<Cut>, answered = false): SharedChance {
  let live = seats;
  const held = new Set<Held>();
  const settle = (seat: Held, asked: boolean): void => {
    held.delete(seat);
    live += 1;
    seat.settle(asked);
  };
  const settleAll = (doubt: Doubt | null, asked: boolean): void => {
    for (const seat of held) if (doubt === null || seat.doubt === doubt) settle(seat, asked);
  };
  const keepFirstDue = (): void => {
    const open = [...held].filter((seat) => seat.doubt === "open");
    const first = open.reduce<Held | null>((best, seat) => (best === null || seat.retryAt < best.retryAt ? seat : best), null);
    for (const seat of open) if (seat !== first) settle(seat, false);
  };
  const review = (): void => {
    if (answered) settleAll(null, false);
    if (live > 0 || held.size === 0) return;
    const someSlow = [...held].some((seat) => seat.doubt === "slow");
    settleAll("slow", true);
    settleAll("open", !someSlow);
  };
  cutoff.onCut(() => settleAll(null, false));
  return {
    wait(doubt, retryAt) {
      if (cutoff.reason !== null) return Promise.resolve(false);
      return new Promise((resolve) => {
        live -= 1;
        held.add({ doubt, retryAt, settle: resolve });
        keepFirstDue();
        review();
      });
    },
    ended(ok) {
      live -= 1;
      answered ||= ok;
      review();
    },
  };
}
