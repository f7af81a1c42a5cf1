/** Weighted plurality without a model call. A tie is left undecided: the last rungs break it by weight, reliability and the operator's order. */
import { leadingClasses, representative } from "../agreement.ts";
import type { Strategy, StrategyStep, StrategyTask } from "./strategy.ts";

export const vote: Strategy = {
  name: "vote",
  outranksMajority: false,
  decide: async (task) => countPlurality(task) ?? UNDECIDED,
};

const UNDECIDED: StrategyStep = { outcome: { status: "undecided" }, rationale: null, adjudications: [], degradations: [] };

/** The step of a class that alone leads the count; null in a tie. */
export function countPlurality({ input, agreement }: Pick<StrategyTask, "input" | "agreement">): StrategyStep | null {
  const [leading, ...tied] = leadingClasses(agreement);
  const winner = leading && tied.length === 0 ? representative(input.candidates, agreement, leading.key) : null;
  return winner ? { ...UNDECIDED, outcome: { status: "won", seat: winner.seat, how: "voted" } } : null;
}
