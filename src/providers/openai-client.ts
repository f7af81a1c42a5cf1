/** The `openai` package reduced to what is wanted of it: it knows the routes and the types; headers, deadlines and the network are ours. */
import OpenAI from "openai";
import { KEY_PLACEHOLDER, NO_TIMEOUT_MS } from "./adapter.ts";
import { carry, leanFetch, leanRequest } from "./carrier.ts";
import type { Exchange } from "./exchange.ts";

class LeanOpenAI extends OpenAI {
  override buildRequest(options: Parameters<OpenAI["buildRequest"]>[0]): ReturnType<OpenAI["buildRequest"]> {
    return leanRequest(this.baseURL, options);
  }
  override fetchWithTimeout(url: Parameters<OpenAI["fetchWithTimeout"]>[0], init: RequestInit | undefined): Promise<Response> {
    return leanFetch(url, init);
  }
}

/** One client for all calls to one service. */
export function openAiSend(baseURL: string): Exchange["send"] {
  const client = new LeanOpenAI({
    apiKey: KEY_PLACEHOLDER,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL,
    maxRetries: 0,
    timeout: NO_TIMEOUT_MS,
    logLevel: "off",
    dangerouslyAllowBrowser: true,
  });
  type Body = Parameters<typeof client.chat.completions.create>[0];
  return (body, io) => carry(io, (fetchOptions) => client.chat.completions.create(body as unknown as Body, { fetchOptions }).asResponse());
}
