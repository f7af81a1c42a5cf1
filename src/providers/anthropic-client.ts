/** The core client of Anthropic's package reduced to what is wanted of it; headers, deadlines and the network are ours. */
import { BaseAnthropic } from "@anthropic-ai/sdk/client";
import { KEY_PLACEHOLDER, NO_TIMEOUT_MS } from "./adapter.ts";
import { ANTHROPIC_HEADERS } from "./anthropic-request.ts";
import { carry, leanFetch, leanRequest } from "./carrier.ts";
import type { Exchange } from "./exchange.ts";

class LeanAnthropic extends BaseAnthropic {
  override buildRequest(options: Parameters<BaseAnthropic["buildRequest"]>[0]): ReturnType<BaseAnthropic["buildRequest"]> {
    return leanRequest(this.baseURL, options, ANTHROPIC_HEADERS);
  }
  override fetchWithTimeout(url: Parameters<BaseAnthropic["fetchWithTimeout"]>[0], init: RequestInit | undefined): Promise<Response> {
    return leanFetch(url, init);
  }
}

/** One client for all calls. */
export function anthropicSend(baseURL: string): Exchange["send"] {
  const client = new LeanAnthropic({
    apiKey: KEY_PLACEHOLDER,
    webhookKey: null,
    baseURL,
    maxRetries: 0,
    timeout: NO_TIMEOUT_MS,
    logLevel: "off",
    dangerouslyAllowBrowser: true,
  });
  return (body, io) => carry(io, (fetchOptions) => client.post("/v1/messages", { body, fetchOptions }).asResponse());
}
