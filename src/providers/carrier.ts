/** How one call travels through an SDK's client that all calls share: in its fetch options, out again with the bare response. */
import { JSON_HEADERS, NO_TIMEOUT_MS } from "./adapter.ts";
import type { CallIo } from "./provider.ts";
import type { JsonObject } from "./shape.ts";

interface Carrier {
  io: CallIo;
  sent: Promise<Response> | null;
}
/** Fields of a request's options that the SDKs' clients of this family have in common. */
interface SdkOptions {
  method: string;
  path: string;
  body?: unknown;
  fetchOptions?: object | undefined;
}

/**
 * The whole request, made here instead of in the SDK: nothing that an SDK would take from the environment can join it, and the
 * dozen headers that it builds and copies three times are saved.
 */
export function leanRequest<Built>(baseUrl: string, options: SdkOptions, headers: Record<string, string> = JSON_HEADERS): Promise<Built> {
  const { method, path, body, fetchOptions } = options;
  const req = { method, headers, body: JSON.stringify(body), ...fetchOptions };
  return Promise.resolve({ req, url: `${baseUrl}${path}`, timeout: NO_TIMEOUT_MS } as Built);
}

const NO_HEADERS = new Headers();

/**
 * Sends by the call's own fetch and signal. The SDK is told of an accepted reply whatever comes: it would wrap errors, and status
 * and body are read by us.
 */
export async function leanFetch(url: Parameters<CallIo["fetch"]>[0], init: RequestInit | undefined): Promise<Response> {
  const { carrier, method = "GET", headers, body } = init as RequestInit & { carrier: Carrier };
  const { io } = carrier;
  carrier.sent = io.fetch(url, { method: method.toUpperCase(), headers, body, signal: io.signal });
  await carrier.sent.catch(() => undefined);
  return { ok: true, status: 200, headers: NO_HEADERS, body: null } as Response;
}

/** Fits every SDK's type of fetch options. */
type FetchOptions = Record<string, never>;

/** `call` hands the fetch options to the SDK and waits until it has its (empty) response. */
export async function carry(io: CallIo, call: (fetchOptions: FetchOptions) => Promise<unknown>): Promise<Response> {
  const carrier: Carrier = { io, sent: null };
  await call({ carrier } as unknown as FetchOptions);
  if (carrier.sent === null) throw new Error("the SDK answered without sending");
  return carrier.sent;
}

type Send = (body: JsonObject, io: CallIo) => Promise<Response>;

/**
 * An SDK that is loaded when its provider is made, not when this program starts: each takes up to 140 ms. What is kept is the
 * loaded sender, never a promise: on Workers one request must not wait for another's.
 */
export function lazySend(load: () => Promise<Send>): Send {
  let send: Send | null = null;
  const ready = async (): Promise<Send> => (send ??= await load());
  // a failure shows again, and is told, at the first call
  void ready().catch(() => undefined);
  return async (body, io) => (send ?? (await ready()))(body, io);
}
