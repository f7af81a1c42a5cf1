/** The `groq-sdk` package reduced to what is wanted of it: its routes and types; headers, deadlines and the network are ours. */
import Groq from "groq-sdk";
import { KEY_PLACEHOLDER, NO_TIMEOUT_MS } from "./adapter.ts";
import { carry, leanFetch, leanRequest } from "./carrier.ts";
import type { Exchange } from "./exchange.ts";

class LeanGroq extends Groq {
  override buildRequest(options: Parameters<Groq["buildRequest"]>[0]): ReturnType<Groq["buildRequest"]> {
    return leanRequest(this.baseURL, options);
  }
  override fetchWithTimeout(url: Parameters<Groq["fetchWithTimeout"]>[0], init: RequestInit | undefined): Promise<Response> {
    return leanFetch(url, init);
  }
}

/** One client for all calls. */
export function groqSend(baseURL: string): Exchange["send"] {
  const client = new LeanGroq({
    apiKey: KEY_PLACEHOLDER,
    baseURL,
    maxRetries: 0,
    timeout: NO_TIMEOUT_MS,
    logLevel: "off",
    dangerouslyAllowBrowser: true,
  });
  type Body = Parameters<typeof client.chat.completions.create>[0];
  return (body, io) => carry(io, (fetchOptions) => client.chat.completions.create(body as unknown as Body, { fetchOptions }).asResponse());
}
