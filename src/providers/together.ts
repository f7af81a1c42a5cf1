/** Together AI: OpenAI's dialect with its older field names, through the `openai` package. */
import type { AdapterSettings } from "./adapter.ts";
import type { Service } from "./chat-completions.ts";
import { throughOpenAiPackage } from "./openai-compatible.ts";
import type { Provider } from "./provider.ts";
import { thinkingOf } from "./models.ts";

const SERVICE: Service = {
  maxTokensField: "max_tokens",
  developerRole: false,
  streamUsage: false,
  extras(call) {
    // over-long answers are refused rather than shortened unseen
    const strict = { context_length_exceeded_behavior: "error" };
    if (call.effort === undefined) return strict;
    const thinking = thinkingOf(call.model);
    if (thinking === "levels") return { ...strict, reasoning_effort: "low" };
    return thinking === "switch" ? { ...strict, reasoning: { enabled: false } } : strict;
  },
};

export const createTogether = (settings: AdapterSettings): Provider => throughOpenAiPackage(settings, SERVICE);
