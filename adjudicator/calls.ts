/** What offered tools mean for a decision: calls are compared, unless nobody called and the answers in words are compared after all. */
import { readAnswer } from "./answers/read.ts";
import type { Candidate, DecisionInput } from "./types.ts";

export const hasTools = ({ tools }: Pick<DecisionInput, "tools">): boolean => (tools?.length ?? 0) > 0;

/** An agent's last step offers its tools and gets words from everybody: those are read as the answer type says. */
export function withoutUnusedTools(input: DecisionInput): DecisionInput {
  const called = (candidate: Candidate): boolean => candidate.toolCalls.length > 0 || candidate.reading.status === "read";
  if (!hasTools(input) || input.candidates.some(called)) return input;
  const read = (candidate: Candidate): Candidate => ({
    ...candidate,
    reading: readAnswer(candidate.text, { answer: input.answer, tools: null, toolCalls: [], finish: candidate.finish }),
  });
  return { ...input, tools: null, candidates: input.candidates.map(read) };
}
