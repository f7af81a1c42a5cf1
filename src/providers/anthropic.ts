/** Anthropic: its messages API through the core client of its package. */
import { facts, listModels, type AdapterSettings } from "./adapter.ts";
import { ANTHROPIC_HEADERS } from "./anthropic-request.ts";
import { createAnthropicDialect } from "./anthropic-wire.ts";
import { lazySend } from "./carrier.ts";
import { exchangeChat, type Exchange } from "./exchange.ts";
import type { Provider } from "./provider.ts";

export function createAnthropic(settings: AdapterSettings): Provider {
  const { endpoint, clock = null } = settings;
  const exchange: Exchange = {
    dialect: createAnthropicDialect(),
    send: lazySend(async () => (await import("./anthropic-client.ts")).anthropicSend(endpoint.baseUrl)),
    local: endpoint.local,
    clock,
  };
  return {
    ...facts(settings),
    chat: (call, io) => exchangeChat(exchange, call, io),
    models: (io) => listModels(endpoint, "/v1/models?limit=1000", io, ANTHROPIC_HEADERS),
  };
}
