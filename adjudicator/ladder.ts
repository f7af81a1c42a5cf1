/** Reads off the ladders what a decision lost on the way, and joins several of them into the one that the report shows. Asks nobody. */
import type { StrategyStep } from "./strategies/strategy.ts";
import type { Adjudication, Candidate, Decision, LadderStep, TokenUsage } from "./types.ts";

type Degradations = Decision["degradations"];

/** The last series decided, so its labels and prompt are shown; rungs, tokens, money and time are those of all. */
export function joinAdjudications({ adjudications, outcome }: StrategyStep): Adjudication | null {
  const last = adjudications.at(-1);
  if (!last) return null;
  const decided = outcome.status === "won" || outcome.status === "written";
  return {
    ...last,
    adjudicator: decided ? last.adjudicator : null,
    self_judged: adjudications.some((one) => one.self_judged),
    ladder: adjudications.flatMap((one) => one.ladder),
    order_stable: last.order_stable ?? adjudications.findLast((one) => one.order_stable !== null)?.order_stable ?? null,
    usage: adjudications.map((one) => one.usage).reduce(addUsage),
    cost_usd: adjudications.map((one) => one.cost_usd).reduce(addKnown),
    latency_ms: adjudications.reduce((sum, one) => sum + one.latency_ms, 0),
  };
}

const addKnown = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);
const addUsage = (a: TokenUsage, b: TokenUsage): TokenUsage => ({
  input_tokens: addKnown(a.input_tokens, b.input_tokens),
  output_tokens: addKnown(a.output_tokens, b.output_tokens),
});

/** `adjudication-skipped`: one was needed and none could be asked. `adjudicator-fallback`: a later rung decided, with or without a model. */
export function readLadders(step: StrategyStep): Degradations {
  const { adjudications, outcome } = step;
  if (adjudications.length === 0) return [];
  const late = adjudications.flatMap((one) => laterRung(one.ladder) ?? []);
  if (outcome.status === "won" || outcome.status === "written") return late.slice(0, 1);
  const rungs = adjudications.flatMap((one) => one.ladder);
  const asked = rungs.filter((rung) => rung.result !== "skipped");
  if (asked.length === 0)
    return [{ code: "adjudication-skipped", member: null, detail: describe(rungs) || "no adjudicator is configured" }];
  const disagreed =
    step.degradations.some((one) => one.code === "order-disagreement") && asked.every((rung) => rung.result === "no-ruling");
  return disagreed ? [] : [{ code: "adjudicator-fallback", member: null, detail: describe(rungs) }];
}

/** A ruling that came from the second rung on. */
function laterRung(ladder: LadderStep[]): Degradations[number] | null {
  const first = ladder[0];
  const ruled = ladder.findIndex((rung) => rung.result === "ruled");
  return first && ruled > 0 ? { code: "adjudicator-fallback", member: null, detail: describe(ladder.slice(0, ruled)) } : null;
}

const describe = (rungs: LadderStep[]): string => rungs.map((rung) => `${rung.adjudicator}: ${rung.result}`).join(", ");

export function readWinner(winner: Candidate | null): Degradations {
  if (winner?.finish !== "length" && !winner?.flags.includes("length")) return [];
  return [{ code: "answer-truncated", member: winner.member, detail: "the answer was cut at the length limit" }];
}
