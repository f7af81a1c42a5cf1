/** Any service that speaks OpenAI's chat completions, defined by the operator: LM Studio, llama.cpp, vLLM, OpenRouter and the like. */
import { facts, listModels, type AdapterSettings } from "./adapter.ts";
import { lazySend } from "./carrier.ts";
import { chatCompletions, type Service } from "./chat-completions.ts";
import { exchangeChat, type Exchange } from "./exchange.ts";
import type { Provider } from "./provider.ts";

/** What nearly all of them understand; the newer names are refused or ignored by some. */
const SERVICE: Service = { maxTokensField: "max_tokens", developerRole: false, streamUsage: true };

/** A provider that sends through the `openai` package. */
export function throughOpenAiPackage(settings: AdapterSettings, service: Service): Provider {
  const { endpoint, clock = null } = settings;
  const exchange: Exchange = {
    dialect: chatCompletions(service),
    send: lazySend(async () => (await import("./openai-client.ts")).openAiSend(endpoint.baseUrl)),
    local: endpoint.local,
    clock,
  };
  return {
    ...facts(settings),
    chat: (call, io) => exchangeChat(exchange, call, io),
    models: (io) => listModels(endpoint, "/models", io),
  };
}

export const createOpenAiCompatible = (settings: AdapterSettings): Provider => throughOpenAiPackage(settings, SERVICE);
