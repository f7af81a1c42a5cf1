/** What headers leave: the few an upstream needs, by name, and the key, which joins here and nowhere else. */
import type { Endpoint } from "./egress.ts";

/**
 * Everything else a client library adds (its own key from the environment, organisation ids, machine facts, cookies, Origin,
 * Forwarded, custom headers from variables) stays behind.
 */
const PASSED = ["accept", "content-type", "user-agent", "anthropic-version", "anthropic-beta", "idempotency-key"] as const;

function read(headers: RequestInit["headers"]): (name: string) => string | null {
  if (headers === undefined) return () => null;
  if (headers instanceof Headers) return (name) => headers.get(name);
  const entries = Array.isArray(headers) ? headers : Object.entries(headers);
  const lower = new Map(entries.map(([name, value]) => [String(name).toLowerCase(), value]));
  return (name) => lower.get(name) ?? null;
}

/** base64 of the text's UTF-8 bytes */
const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

function keyHeader(auth: NonNullable<Endpoint["auth"]>): string {
  const key = auth.key.reveal();
  switch (auth.scheme) {
    case "Bearer":
      return `Bearer ${key}`;
    case "Basic":
      return `Basic ${base64(key)}`;
    case null:
      return key;
    default:
      return auth.scheme satisfies never;
  }
}

/** The headers of one request. Identity encoding: answers are short, and decoding costs more than it saves. */
export function outgoingHeaders(endpoint: Endpoint, given: RequestInit["headers"]): Record<string, string> {
  const get = read(given);
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  for (const name of PASSED) {
    const value = get(name);
    if (value !== null) headers[name] = value;
  }
  if (endpoint.auth !== null) headers[endpoint.auth.header] = keyHeader(endpoint.auth);
  return headers;
}
