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

/** Stands in where a request asks no model anything. */
export const NOTHING: Asked = {
  model: "",
  stream: false,
  messages: [],
  question: "",
  tools: [],
  toolChoice: "none",
  shape: "text",
  maxTokens: null,
  stop: [],
  sampling: "",
  raw: {},
};

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

type Sign = "letter" | "digit" | "blank" | "other";
const signOf = (code: number): Sign => {
  const folded = code | 32;
  if (folded >= 97 && folded <= 122) return "letter";
  if (code >= 48 && code <= 57) return "digit";
  return code === 32 ? "blank" : "other";
};
/** Tokens of a text, roughly as a real tokenizer counts: letter runs by 5, digits by 3, other signs one each. Linear. */
export function countTokens(text: string): number {
  let tokens = 0;
  let run = 0;
  let kind: Sign = "blank";
  for (let at = 0; at <= text.length; at += 1) {
    const next = at < text.length ? signOf(text.charCodeAt(at)) : "blank";
    if (next !== kind) {
      tokens += kind === "letter" ? Math.ceil(run / 5) : kind === "digit" ? Math.ceil(run / 3) : kind === "other" ? run : 0;
      run = 0;
      kind = next;
    }
    run += 1;
  }
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
