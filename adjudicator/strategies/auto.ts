/** The default rule for what the count left open: the adjudicator picks among tied answers, or among texts, and merges where it says that no single one suffices. */
import { merge } from "./merge.ts";
import { pick } from "./pick.ts";
import type { Strategy, StrategyStep, StrategyTask } from "./strategy.ts";

export const auto: Strategy = {
  name: "auto",
  outranksMajority: false,
  async decide(task) {
    if (isCountable(task.input)) return pick.decide({ ...task, allowNone: false });
    const picked = await pick.decide({ ...task, allowNone: true });
    return picked.outcome.status === "none" ? continueWith(picked, await merge.decide(task)) : picked;
  },
};

/** Free texts are not counted below a majority: texts that differ may still say the same. */
export const isCountable = ({ answer, tools }: Pick<StrategyTask["input"], "answer" | "tools">): boolean =>
  answer.type !== "text" || (tools?.length ?? 0) > 0;

function continueWith(first: StrategyStep, second: StrategyStep): StrategyStep {
  return {
    outcome: second.outcome,
    rationale: second.rationale ?? first.rationale,
    adjudications: [...first.adjudications, ...second.adjudications],
    degradations: [...first.degradations, ...second.degradations],
  };
}
