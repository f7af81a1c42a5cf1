/** The last chance of a run: a seat that would not be asked waits here until another has answered, or until nobody else can. */
import type { Cutoff } from "../core/time.ts";
import type { Cut } from "./cut.ts";

/** `open`: its breaker refuses; `slow`: it usually takes longer than what is left. */
export type Doubt = "open" | "slow";

/** Who waits: a member is asked through its open circuit at most once a run, however many seats it has. */
export interface Waiting {
  doubt: Doubt;
  member: string;
  /** when its circuit would let a probe through */
  retryAt: number;
}
export interface Chance {
  /** true = ask it all the same: nobody else could answer */
  wait(seat: Waiting): Promise<boolean>;
}
export interface SharedChance extends Chance {
  /** a seat has its outcome */
  ended(answered: boolean): void;
}
interface Held extends Waiting {
  settle(asked: boolean): void;
}

/**
 * For seats asked at once. When no other is left, those that are merely slow are all asked; then those behind open circuits,
 * one after another as they are due, until one answers: in a bad hour every circuit may be open though most members would answer.
 */
export function createChance(seats: number, cutoff: Cutoff<Cut>, answered = false): SharedChance {
  let live = seats;
  const held = new Set<Held>();
  const tried = new Set<string>();
  const settle = (seat: Held, asked: boolean): void => {
    held.delete(seat);
    live += 1;
    seat.settle(asked);
  };
  const settleAll = (asked: boolean, doubt?: Doubt): void => {
    for (const seat of held) if (doubt === undefined || seat.doubt === doubt) settle(seat, asked);
  };
  const firstDue = (): Held | undefined =>
    [...held].filter(({ member }) => !tried.has(member)).toSorted((a, b) => a.retryAt - b.retryAt)[0];
  const review = (): void => {
    if (answered) return settleAll(false);
    if (live > 0 || held.size === 0) return;
    if ([...held].some(({ doubt }) => doubt === "slow")) return settleAll(true, "slow");
    const next = firstDue();
    if (next === undefined) return settleAll(false);
    tried.add(next.member);
    settle(next, true);
  };
  cutoff.onCut(() => settleAll(false));
  return {
    wait(seat) {
      if (cutoff.reason !== null) return Promise.resolve(false);
      return new Promise((resolve) => {
        live -= 1;
        held.add({ ...seat, settle: resolve });
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
