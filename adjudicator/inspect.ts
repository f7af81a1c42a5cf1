/** Looks at one answer before anything is decided: is there anything in it, what does it say, and what speaks against it. Never drops or ranks by itself. */
import { readAnswer } from "./answers/read.ts";
import { hasSubstance, hasVisible } from "./answers/text.ts";
import { isDegenerate } from "./degenerate.ts";
import { isSuspicious } from "./suspicion.ts";
import type { AnswerFlag, AnswerSpec, Inspection, ToolCall, ToolSpec, UnifiedFinish } from "./types.ts";

export interface AnswerToInspect {
  text: string;
  toolCalls: ToolCall[];
  finish: UnifiedFinish;
  answer: AnswerSpec;
  tools: ToolSpec[] | null;
}

export function inspectAnswer({ text, toolCalls, finish, answer, tools }: AnswerToInspect): Inspection {
  const flags: AnswerFlag[] = [];
  const empty = toolCalls.length === 0 && isEmpty(text, answer);
  if (!empty && toolCalls.length === 0 && isDegenerate(text, answer)) flags.push("degenerate");
  if (isSuspicious(text, answer.type)) flags.push("suspicious");
  if (finish === "length") flags.push("length");
  return { empty, flags, reading: readAnswer(text, { answer, tools, toolCalls, finish }) };
}

/** Nothing visible; for a free text also punctuation alone ("[]" is a fine exact answer). */
function isEmpty(text: string, answer: AnswerSpec): boolean {
  return !hasVisible(text) || (answer.type === "text" && !hasSubstance(text));
}
