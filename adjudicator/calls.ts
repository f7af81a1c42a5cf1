/** What offered tools mean for a decision: calls are compared, unless most voices gave words alone, which are then read as the answer type says. */
import { isCallBegun } from "./answers/tool-call.ts";
import { readAnswer } from "./answers/read.ts";
import { hasSubstance } from "./answers/text.ts";
import { castBallots } from "./ballots.ts";
import type { Candidate, DecisionInput, Reading } from "./types.ts";

export const hasTools = ({ tools }: Pick<DecisionInput, "tools">): boolean => (tools?.length ?? 0) > 0;

const called = (candidate: Candidate): boolean => candidate.toolCalls.length > 0 || candidate.reading.status === "read";

/**
 * An agent's last step offers its tools and gets words from everybody, or from all but the one that would call for ever: words
 * with more than half of the weight are a majority against calling.
 */
export function withoutUnusedTools(input: DecisionInput): DecisionInput {
  if (!hasTools(input) || (input.candidates.some(called) && !mostSpoke(input))) return input;
  const read = (candidate: Candidate): Candidate => ({
    ...candidate,
    reading: called(candidate)
      ? callBesideWords(candidate.reading, input)
      : readAnswer(candidate.text, { answer: input.answer, tools: null, toolCalls: [], finish: candidate.finish }),
  });
  return { ...input, tools: null, candidates: input.candidates.map(read) };
}

function mostSpoke({ candidates, tools }: DecisionInput): boolean {
  const ballots = castBallots(candidates);
  const spoke = (seat: number): boolean => {
    const candidate = candidates.find((one) => one.seat === seat);
    return candidate !== undefined && !called(candidate) && hasSubstance(candidate.text) && !isCallBegun(candidate.text, tools ?? []);
  };
  const weightOf = (some: typeof ballots): number => some.reduce((sum, ballot) => sum + ballot.weight, 0);
  return weightOf(ballots.filter(({ seats }) => seats.every(spoke))) > weightOf(ballots) / 2;
}

/** A class of its own, without a value; a part of a json value it is not. */
const callBesideWords = (reading: Reading, { answer }: DecisionInput): Reading =>
  reading.status === "read" && answer.type !== "json" ? { ...reading, value: null } : { status: "abstained" };
