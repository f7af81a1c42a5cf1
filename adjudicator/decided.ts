/** Tells whether members that are still out could change the verdict; says no wherever it is not certain. */
import { countBallots, hasMajority, leadingClasses } from "./agreement.ts";
import { castBallots, keyOf, WEIGHT_EPSILON, withVoice } from "./ballots.ts";
import type { AnswerSpec, Ballot, Candidate, StrategyName, ToolSpec } from "./types.ts";

export interface DecidedInput {
  candidates: Candidate[];
  /** backends of the seats still out, with the weight that each voice would have; an unknown weight must be given as the highest it can be */
  out: { backend: string; weight: number }[];
  answer: AnswerSpec;
  tools: ToolSpec[] | null;
  strategy: StrategyName;
  quorumMet: boolean;
}

export function isDecided(input: DecidedInput): boolean {
  const { candidates, out, strategy } = input;
  if (out.length === 0) return true;
  if (!input.quorumMet || candidates.length === 0) return false;
  switch (strategy) {
    case "merge":
    case "rank":
      return false; // every candidate may enter the text or the ranking
    case "fallback":
      return true; // the first usable answer wins
    case "auto":
    case "vote":
    case "pick":
    case "cascade":
      return countIsSafe(input);
    default:
      return strategy satisfies never;
  }
}

/** Whether the leading class keeps its place if everything that is open turns against it. */
function countIsSafe(input: DecidedInput): boolean {
  const { candidates } = input;
  if (withVoice(candidates).some((candidate) => candidate.flags.includes("degenerate"))) return false;
  // nobody with a say has spoken yet
  if (candidates.every((candidate) => candidate.weight === 0)) return false;
  const open = new Map<string, number>();
  for (const { backend, weight } of input.out) open.set(backend, Math.max(weight, open.get(backend) ?? 0));
  const ballots = castBallots(candidates);
  for (const ballot of ballots) {
    const unsettled = open.has(ballot.backend) || isOfTwoMinds(candidates, ballot);
    if (unsettled) open.set(ballot.backend, Math.max(ballot.weight, open.get(ballot.backend) ?? 0));
  }
  const settled = ballots.filter((ballot) => !open.has(ballot.backend));
  const against = [...open.values()].reduce((sum, weight) => sum + weight, 0);
  const seats = new Set(settled.flatMap((ballot) => ballot.seats));
  const agreement = countBallots(
    candidates.filter((candidate) => seats.has(candidate.seat)),
    settled,
  );
  if (hasMajority({ ...agreement, totalWeight: agreement.totalWeight + against })) return true;
  if (!isPluralityFinal(input)) return false;
  const [leading, second] = agreement.classes;
  const tied = leadingClasses(agreement).length > 1;
  return leading !== undefined && !tied && leading.weight > (second?.weight ?? 0) + against + WEIGHT_EPSILON;
}

/** Below a majority, `pick` and free text are judged; json and tool calls are composed of all that came. */
function isPluralityFinal({ answer, tools, strategy }: DecidedInput): boolean {
  if (tools !== null || answer.type === "json") return false;
  return strategy === "vote" || (answer.type !== "text" && strategy !== "pick");
}

/** The other voices settle such a ballot, so that it may still move. */
function isOfTwoMinds(candidates: Candidate[], ballot: Ballot): boolean {
  const seats = withVoice(candidates).filter((candidate) => ballot.seats.includes(candidate.seat));
  return new Set(seats.map(keyOf)).size > 1;
}
