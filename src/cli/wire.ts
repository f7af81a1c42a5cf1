/** Copies what goes over the wire, below the guard, while it goes: requests and replies as they were, the keys left out. */
import type { Transport } from "../egress/egress.ts";

/** Bytes of one body that are kept; the rest is counted only. */
const KEPT_BYTES = 256 * 1024;

export interface Exchange {
  method: string;
  url: string;
  /** keys are replaced */
  requestHeaders: [string, string][];
  requestBody: string;
  /** monotonic ms */
  sentAt: number;
  /** null until the reply's headers are there */
  reply: { at: number; status: number; headers: [string, string][]; chunks: { at: number; bytes: Uint8Array }[]; size: number } | null;
  /** name of what ended it early */
  failed: string | null;
}
export interface Wire {
  wrap(transport: Transport): Transport;
  exchanges: Exchange[];
  /** takes every key that was sent out of a text */
  redact(text: string): string;
}

const KEY_HEADERS = new Set(["authorization", "x-api-key"]);

/** Splits `Bearer k…` into what may be shown and the key itself. */
function keyOf(value: string): { shown: string; key: string } {
  const space = value.indexOf(" ");
  return space === -1 ? { shown: "[key]", key: value } : { shown: `${value.slice(0, space)} [key]`, key: value.slice(space + 1) };
}

export function createWire(now: () => number): Wire {
  const exchanges: Exchange[] = [];
  const keys = new Set<string>();
  const shownHeaders = (headers: Headers): [string, string][] =>
    [...headers].map(([name, value]) => {
      if (!KEY_HEADERS.has(name)) return [name, value];
      const { shown, key } = keyOf(value);
      if (key !== "") keys.add(key);
      return [name, shown];
    });

  const copied = (response: Response, exchange: Exchange): Response => {
    const reply: NonNullable<Exchange["reply"]> = {
      at: now(),
      status: response.status,
      headers: [...response.headers],
      chunks: [],
      size: 0,
    };
    exchange.reply = reply;
    const copy = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        if (reply.size < KEPT_BYTES) reply.chunks.push({ at: now(), bytes: chunk.slice(0, KEPT_BYTES - reply.size) });
        reply.size += chunk.byteLength;
        controller.enqueue(chunk);
      },
    });
    const hasBody = response.body !== null && ![204, 205, 304].includes(response.status);
    const body = hasBody ? (response.body?.pipeThrough(copy) ?? null) : null;
    return new Response(body, { status: response.status, statusText: response.statusText, headers: [...response.headers] });
  };

  return {
    exchanges,
    redact: (text) => [...keys].reduce((clean, key) => clean.replaceAll(key, "[key]"), text),
    wrap: (transport) => ({
      ...transport,
      close: () => transport.close(),
      fetch: async (input, init) => {
        const url = input instanceof Request ? input.url : String(input);
        const requestHeaders = shownHeaders(new Headers(init?.headers));
        const requestBody = typeof init?.body === "string" ? init.body : init?.body == null ? "" : "(not text)";
        const exchange: Exchange = {
          method: init?.method ?? "GET",
          url,
          requestHeaders,
          requestBody,
          sentAt: now(),
          reply: null,
          failed: null,
        };
        exchanges.push(exchange);
        try {
          return copied(await transport.fetch(input, init), exchange);
        } catch (error) {
          exchange.failed = error instanceof Error ? `${error.name}: ${error.message}` : "unknown";
          throw error;
        }
      },
    }),
  };
}
