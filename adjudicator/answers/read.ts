/** The one way from a text to an answer that can be counted. Never throws and never guesses: what cannot be read abstains. */
import type { AnswerSpec, Reading, ToolCall, ToolSpec, UnifiedFinish } from "../types.ts";
import { readChoice } from "./choice.ts";
import { readExact } from "./exact.ts";
import { readJson } from "./json.ts";
import { readNumber } from "./number.ts";
import { hasVisible, readText } from "./text.ts";
import { readToolCalls } from "./tool-call.ts";

export interface ReadContext {
  answer: AnswerSpec;
  /** null when no tools were offered; otherwise only calls are read */
  tools: ToolSpec[] | null;
  toolCalls: ToolCall[];
  finish: UnifiedFinish;
}

export function readAnswer(text: string, { answer, tools, toolCalls, finish }: ReadContext): Reading {
  if (tools !== null && tools.length > 0) return readToolCalls(text, toolCalls, tools, finish);
  if (!hasVisible(text)) return { status: finish === "length" ? "cut" : "abstained" };
  switch (answer.type) {
    case "text":
      return readText(text);
    case "number":
      return readNumber(text, finish);
    case "choice":
      return readChoice(text, answer.choices, finish);
    case "exact":
      return readExact(text, finish);
    case "json":
      return readJson(text, answer.schema, finish);
    default:
      return answer satisfies never;
  }
}
