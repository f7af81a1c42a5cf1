/** What is said to a model and what comes back, in the words of the OpenAI API that our users speak. Holds types only. */
import type { JsonSchema, ToolCall, UnifiedFinish } from "../../adjudicator/index.ts";

export type ChatMessage =
  | { role: "system" | "developer" | "user"; content: string; name?: string }
  | { role: "assistant"; content: string | null; tool_calls?: ToolCall[]; name?: string }
  | { role: "tool"; content: string; tool_call_id: string };

export interface Tool {
  type: "function";
  function: { name: string; description?: string; parameters?: JsonSchema; strict?: boolean | null };
  annotations?: { readOnlyHint?: boolean };
}
export type ToolChoice = "none" | "auto" | "required" | { type: "function"; function: { name: string } };
export type ResponseFormat =
  | { type: "text" }
  | { type: "json_object" }
  | { type: "json_schema"; json_schema: { name: string; description?: string; schema?: JsonSchema; strict?: boolean | null } };

/** Sampling and shape, by request name; absent = the provider's default. */
export interface Sampling {
  temperature?: number;
  top_p?: number;
  max_tokens?: number;
  seed?: number;
  stop_sequences?: string[];
  tools?: Tool[];
  tool_choice?: ToolChoice;
  response_format?: ResponseFormat;
}

/** Tokens as the provider reported them; null = not (believably) reported. */
export interface Usage {
  input_tokens: number | null;
  output_tokens: number | null;
}
export interface FinishReason {
  unified: UnifiedFinish;
  raw: string | null;
}
