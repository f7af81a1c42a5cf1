/** What providers call the end of an answer, in our five words. */
import type { UnifiedFinish } from "../../adjudicator/index.ts";

const UNIFIED: Record<string, UnifiedFinish> = {
  stop: "stop",
  eos: "stop",
  end_turn: "stop",
  stop_sequence: "stop",
  length: "length",
  max_tokens: "length",
  tool_calls: "tool-calls",
  function_call: "tool-calls",
  tool_use: "tool-calls",
  content_filter: "content-filter",
  refusal: "content-filter",
};

export const unifiedFinish = (raw: string): UnifiedFinish => (Object.hasOwn(UNIFIED, raw) ? (UNIFIED[raw] ?? "other") : "other");
