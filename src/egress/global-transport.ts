/** The transport of runtimes that bring their own fetch (Workers): redirects handed back, decoded bytes counted. Owns no socket. */
import type { Fetch } from "../core/ports.ts";
import { CapError, NetworkError, type Transport, type TransportInit } from "./egress.ts";

/** The body as it comes, ended by a CapError where it goes over; other failures become network errors of the body phase. */
function counted(body: ReadableStream<Uint8Array>, init: TransportInit): ReadableStream<Uint8Array> {
  const cap = init.maxBodyBytes ?? Number.MAX_SAFE_INTEGER;
  const reader = body.getReader();
  let total = 0;
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw init.signal?.aborted === true ? error : new NetworkError("body", "", false, error);
    });
    if (done) return controller.close();
    total += value.length;
    if (total <= cap) return controller.enqueue(value);
    init.onCapped?.();
    await reader.cancel().catch(() => undefined);
    throw new CapError(`the reply is longer than ${cap} bytes`);
  };
  return new ReadableStream({ pull, cancel: (reason) => reader.cancel(reason) }, { highWaterMark: 0 });
}

/** `fetch` is called as a plain function: stored and called as a method, workerd refuses it. */
export function createGlobalTransport(fetch: Fetch): Transport {
  const guarded: Fetch = async (input, given) => {
    const { maxBodyBytes, onCapped, onSent, ...rest }: TransportInit = given ?? {};
    const response = await fetch(input, { ...rest, redirect: "manual" }).catch((error: unknown) => {
      throw rest.signal?.aborted === true ? error : new NetworkError("headers", "", false, error);
    });
    if (response.body === null) return response;
    const { status, statusText, headers } = response;
    return new Response(counted(response.body, { ...rest, maxBodyBytes, onCapped, onSent }), { status, statusText, headers });
  };
  return { fetch: guarded, close: () => Promise.resolve() };
}
