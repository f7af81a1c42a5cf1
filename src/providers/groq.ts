/** Groq: OpenAI's dialect under `/openai/v1`, with its own words for reasoning and usage, through the `groq-sdk` package. */
import { facts, listModels, type AdapterSettings } from "./adapter.ts";
import { lazySend } from "./carrier.ts";
import { chatCompletions, type Service } from "./chat-completions.ts";
import { exchangeChat, type Exchange } from "./exchange.ts";
import { thinkingOf } from "./models.ts";
import type { Provider } from "./provider.ts";
import type { JsonObject } from "./shape.ts";

const SERVICE: Service = {
  maxTokensField: "max_completion_tokens",
  developerRole: false,
  // the last chunk carries it in `x_groq` unasked
  streamUsage: false,
  extras(call): JsonObject {
    switch (thinkingOf(call.model)) {
      case "levels":
        return call.effort === undefined ? {} : { reasoning_effort: "low" };
      case "switch":
        // think tags in the answer are refused beside tools or JSON, and unwanted anyway
        return { reasoning_format: "parsed", ...(call.effort === undefined ? {} : { reasoning_effort: "none" }) };
      case null:
        return {};
    }
  },
};

export function createGroq(settings: AdapterSettings): Provider {
  const { endpoint, clock = null } = settings;
  const exchange: Exchange = {
    dialect: chatCompletions(SERVICE),
    send: lazySend(async () => (await import("./groq-client.ts")).groqSend(endpoint.baseUrl)),
    local: endpoint.local,
    clock,
  };
  return {
    ...facts(settings),
    chat: (call, io) => exchangeChat(exchange, call, io),
    models: (io) => listModels(endpoint, "/openai/v1/models", io),
  };
}
