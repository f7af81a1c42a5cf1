/** Anthropic: its messages API through the core client of its package. */
import { BaseAnthropic } from "@anthropic-ai/sdk/client";
import { facts, JSON_HEADERS, KEY_PLACEHOLDER, listModels, NO_TIMEOUT_MS, type AdapterSettings } from "./adapter.ts";
import { createAnthropicDialect } from "./anthropic-wire.ts";
import { carry, leanFetch, leanRequest } from "./carrier.ts";
import { exchangeChat, type Exchange } from "./exchange.ts";
import type { Provider } from "./provider.ts";

/** The version that the installed package speaks. */
const HEADERS = { ...JSON_HEADERS, "anthropic-version": "2026-10-21" };

class LeanAnthropic extends BaseAnthropic {
  override buildRequest(options: Parameters<BaseAnthropic["buildRequest"]>[0]): ReturnType<BaseAnthropic["buildRequest"]> {
    return leanRequest(this.baseURL, options, HEADERS);
  }
  override fetchWithTimeout(url: Parameters<BaseAnthropic["fetchWithTimeout"]>[0], init: RequestInit | undefined): Promise<Response> {
    return leanFetch(url, init);
  }
}

export function createAnthropic(settings: AdapterSettings): Provider {
  const { endpoint, clock = null } = settings;
  const client = new LeanAnthropic({
    apiKey: KEY_PLACEHOLDER,
    webhookKey: null,
    baseURL: endpoint.baseUrl,
    maxRetries: 0,
    timeout: NO_TIMEOUT_MS,
    logLevel: "off",
    dangerouslyAllowBrowser: true,
  });
  const exchange: Exchange = {
    dialect: createAnthropicDialect(),
    send: (body, io) => carry(io, (fetchOptions) => client.post("/v1/messages", { body, fetchOptions }).asResponse()),
    local: endpoint.local,
    clock,
  };
  return {
    ...facts(settings),
    chat: (call, io) => exchangeChat(exchange, call, io),
    models: (io) => listModels(endpoint, "/v1/models?limit=1000", io, HEADERS),
  };
}
