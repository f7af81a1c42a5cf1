/** The chance that a verdict is right, from who agreed with whom and what such patterns came to before. Never takes a model's own word for it. */
import { estimateEase, judgeUneven } from "./difficulty.ts";
import type { Evidence } from "./evidence.ts";
import type { Agreement, ConfidenceOf } from "./types.ts";

/** Fewer runs in which all of these members took part say nothing. */
export const MIN_COMPARABLE = 20;
/** Labelled runs of the very same pattern that the model's own estimate is worth. */
const MODEL_RUNS = 20;

/** How far the bare share of agreement speaks beside the model: it knows nothing of members, and so overfits to none. */
const BARE_SHARE = 0.2;

/** `odds`: what each voice adds to the log-chance of its class, by index of `evidence.members`. `textual`: free texts that differ may say the same, so that a lone text has no measurable chance. */
export function confidenceOf(evidence: Evidence, odds: readonly number[], textual: boolean): ConfidenceOf {
  let ease: number | null = null;
  return (agreement, winnerKey) => {
    const winner = agreement.classes.findIndex((found) => found.key === winnerKey);
    const taking = [...agreement.classes.flatMap((found) => found.members), ...agreement.abstained];
    if (winner < 0 || evidence.comparable(taking) < MIN_COMPARABLE) return null;
    if (textual && (agreement.classes[winner]?.members.length ?? 0) < 2) return null;
    const classes = evidence.members.map((member) => classOf(agreement, member));
    ease ??= estimateEase(evidence, odds);
    const judged = judgeUneven({ classes, size: agreement.classes.length }, odds, ease)[winner] ?? 0;
    const chance = agreement.share === null ? judged : judged + BARE_SHARE * (shareOf(agreement, winner) - judged);
    const seen = sameVerdicts(evidence, classes, winner);
    return (chance * MODEL_RUNS + seen.right) / (MODEL_RUNS + seen.runs);
  };
}

const shareOf = ({ classes, totalWeight }: Agreement, winner: number): number => (classes[winner]?.weight ?? 0) / totalWeight;
const classOf = (agreement: Agreement, member: string): number => agreement.classes.findIndex((found) => found.members.includes(member));

/** Labelled runs in which the same members agreed on one answer and the same number of others stood against it. */
function sameVerdicts({ patterns }: Evidence, classes: number[], winner: number): { runs: number; right: number } {
  const size = new Set(classes.filter((found) => found >= 0)).size;
  const counted = { runs: 0, right: 0 };
  for (const pattern of patterns) {
    if (pattern.right === null || pattern.size !== size) continue;
    const leader = pattern.classes[classes.indexOf(winner)] ?? -1;
    if (leader < 0 || !classes.every((found, index) => (found === winner) === (pattern.classes[index] === leader))) continue;
    counted.runs += pattern.weight;
    if (pattern.right === leader) counted.right += pattern.weight;
  }
  return counted;
}
