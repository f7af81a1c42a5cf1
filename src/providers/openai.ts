/** OpenAI itself: chat completions with today's field names, through its own package. */
import type { AdapterSettings } from "./adapter.ts";
import type { Service } from "./chat-completions.ts";
import { thinkingOf } from "./models.ts";
import { throughOpenAiPackage } from "./openai-compatible.ts";
import type { Provider } from "./provider.ts";

const SERVICE: Service = {
  maxTokensField: "max_completion_tokens",
  developerRole: true,
  streamUsage: true,
  extras: (call) => (call.effort !== undefined && thinkingOf(call.model) === "levels" ? { reasoning_effort: "low" } : {}),
};

export const createOpenAi = (settings: AdapterSettings): Provider => throughOpenAiPackage(settings, SERVICE);
