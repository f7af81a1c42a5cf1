/** What was asked of a simulated model and what it answers, in no provider's form. Holds types and the token count only. */
import type { Json, JsonSchema } from "../../adjudicator/index.ts";

export const PROVIDERS = ["together", "groq", "ollama", "openai", "anthropic"] as const;
export type ProviderName = (typeof PROVIDERS)[number];

export interface AskedTool {
  name: string;
  description: string;
  parameters: JsonSchema | null;
}
export interface Asked {
  model: string;
  stream: boolean;
  messages: { role: string; content: string }[];
  /** text of the last user message */
  question: string;
  tools: AskedTool[];
  /** a name = that tool must be called */
  toolChoice: "none" | "auto" | "required" | { name: string };
  /** `text`, any JSON object, or a value of the schema */
  shape: "text" | "object" | { schema: JsonSchema };
  maxTokens: number | null;
  stop: string[];
  /** what makes one sample differ from the next: temperature and seed as sent */
  sampling: string;
  /** the body as sent, for what only one dialect knows */
  raw: Record<string, unknown>;
}

export interface AnswerCall {
  name: string;
  arguments: { [key: string]: Json };
}
export interface Answer {
  text: string;
  reasoning: string | null;
  calls: AnswerCall[];
  /** `none` = the reply ends without a finish marker */
  finish: "stop" | "length" | "tool-calls" | "refusal" | "none";
}

/** Tokens of a text, roughly as a real tokenizer counts (letter runs by 5, digits by 3, other signs one each). Linear. */
export function countTokens(text: string): number {
  let tokens = 0;
  let run = 0;
  let kind = "";
  const flush = (): void => {
    if (run > 0) tokens += Math.ceil(run / (kind === "letter" ? 5 : 3));
    run = 0;
  };
  for (const sign of text) {
    const next = /[A-Za-z]/.test(sign) ? "letter" : /[0-9]/.test(sign) ? "digit" : "other";
    if (next !== kind) flush();
    kind = next;
    if (next === "other") tokens += sign === " " ? 0 : 1;
    else run += 1;
  }
  flush();
  return tokens;
}

/** Tokens of the whole prompt with its template and tools. */
export function promptTokens(asked: Asked): number {
  const words = asked.messages.reduce((sum, message) => sum + countTokens(message.content) + 8, 16);
  return words + (asked.tools.length > 0 ? countTokens(JSON.stringify(asked.tools)) : 0);
}
export function answerTokens(answer: Answer): number {
  const calls = answer.calls.length > 0 ? countTokens(JSON.stringify(answer.calls)) : 0;
  return countTokens(answer.text) + countTokens(answer.reasoning ?? "") + calls + 1;
}
