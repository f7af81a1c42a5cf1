/** Groq: OpenAI's dialect under `/openai/v1`, with its own words for reasoning and usage, through the `groq-sdk` package. */
import Groq from "groq-sdk";
import { facts, KEY_PLACEHOLDER, listModels, NO_TIMEOUT_MS, type AdapterSettings } from "./adapter.ts";
import { carry, leanFetch, leanRequest } from "./carrier.ts";
import { chatCompletions, type Service } from "./chat-completions.ts";
import { exchangeChat, type Exchange } from "./exchange.ts";
import { thinkingOf } from "./models.ts";
import type { Provider } from "./provider.ts";
import type { JsonObject } from "./shape.ts";

class LeanGroq extends Groq {
  override buildRequest(options: Parameters<Groq["buildRequest"]>[0]): ReturnType<Groq["buildRequest"]> {
    return leanRequest(this.baseURL, options);
  }
  override fetchWithTimeout(url: Parameters<Groq["fetchWithTimeout"]>[0], init: RequestInit | undefined): Promise<Response> {
    return leanFetch(url, init);
  }
}

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
  const client = new LeanGroq({
    apiKey: KEY_PLACEHOLDER,
    baseURL: endpoint.baseUrl,
    maxRetries: 0,
    timeout: NO_TIMEOUT_MS,
    logLevel: "off",
    dangerouslyAllowBrowser: true,
  });
  type Body = Parameters<typeof client.chat.completions.create>[0];
  const exchange: Exchange = {
    dialect: chatCompletions(SERVICE),
    send: (body, io) => carry(io, (fetchOptions) => client.chat.completions.create(body as unknown as Body, { fetchOptions }).asResponse()),
    local: endpoint.local,
    clock,
  };
  return {
    ...facts(settings),
    chat: (call, io) => exchangeChat(exchange, call, io),
    models: (io) => listModels(endpoint, "/openai/v1/models", io),
  };
}
