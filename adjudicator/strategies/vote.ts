/** Weighted plurality without a model call. What leads alone has won before a strategy is asked; a tie is left to the last rungs. */
import type { Strategy } from "./strategy.ts";

export const vote: Strategy = {
  name: "vote",
  outranksMajority: false,
  decide: async () => ({ outcome: { status: "undecided" }, rationale: null, adjudications: [], degradations: [] }),
};
