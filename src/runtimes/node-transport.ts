/** Fetch on Node over undici's pools: no proxy, no redirect, no timeouts of its own, TLS always checked. Reads no environment. */
import { type Dispatcher, Pool } from "undici";
import type { Fetch } from "../core/ports.ts";
import { createAddressBook } from "../egress/addresses.ts";
import { CapError, EgressError, NetworkError, type Transport, type TransportInit } from "../egress/egress.ts";
import { Body } from "./node-body.ts";
import { checkedLookup, resolveBySystem, type Resolve } from "./node-lookup.ts";
import { Reply } from "./node-reply.ts";

const MAX_HEADER_BYTES = 16 * 1024;
const CONNECT_MS = 10_000;
/** the other address family is tried after this long */
const FAMILY_MS = 150;
/** idle sockets without a hint from the server; with one, two seconds less than it says */
const KEEP_ALIVE_MS = 4_000;

export interface NodeTransportOptions {
  localAddresses: readonly string[];
  /** sockets per origin; undici walks the list, so it stays bounded */
  connections?: number;
  /** calls in flight over all origins; more fail at once, before descriptors run out */
  maxInFlight?: number;
  resolve?: Resolve;
  /** further certificate authorities, PEM */
  ca?: string;
}

const aborted = (signal: AbortSignal): unknown => signal.reason ?? new DOMException("This operation was aborted", "AbortError");

/** One request and its reply: settles once, lets go of the signal when the body has ended. */
class Exchange implements Dispatcher.DispatchHandler {
  #controller: Dispatcher.DispatchController | null = null;
  #body: Body | null = null;
  #answered = false;
  #over = false;
  readonly #url: string;
  readonly #init: TransportInit;
  readonly #resolve: (response: Response) => void;
  readonly #reject: (error: unknown) => void;
  readonly #done: () => void;

  constructor(url: string, init: TransportInit, settle: [(response: Response) => void, (error: unknown) => void], done: () => void) {
    this.#url = url;
    this.#init = init;
    [this.#resolve, this.#reject] = settle;
    this.#done = done;
    init.signal?.addEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = (): void => {
    if (this.#init.signal) this.#fail(aborted(this.#init.signal));
    this.#controller?.abort(new Error("aborted"));
  };

  #close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#init.signal?.removeEventListener("abort", this.#onAbort);
    this.#done();
  }

  #fail(error: unknown): void {
    if (this.#answered) this.#body?.fail(error);
    else this.#reject(error);
    this.#close();
  }

  /** Also called for a request that was given up while it waited for its connection: that one goes no further. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Error("aborted"));
    else this.#init.onSent?.();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Dispatcher.ResponseData["headers"],
    text?: string,
  ): void {
    if (status < 200 || this.#over) return;
    const empty = status === 204 || status === 304 || this.#init.method === "HEAD";
    const encoding = headers["content-encoding"] ?? "";
    this.#answered = true;
    if (!empty) this.#body = this.#makeBody(controller, Array.isArray(encoding) ? encoding.join(",") : encoding);
    const reply = new Reply({ url: this.#url, status, statusText: text ?? "", headers }, this.#body);
    this.#resolve(reply as unknown as Response);
  }

  #makeBody(controller: Dispatcher.DispatchController, encoding: string): Body {
    const tap = {
      pause: () => controller.pause(),
      resume: () => controller.resume(),
      cut: (error: Error) => {
        this.#close();
        controller.abort(error);
      },
    };
    return new Body(encoding, this.#init.maxBodyBytes ?? Number.MAX_SAFE_INTEGER, tap, () => this.#init.onCapped?.());
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body?.push(chunk);
  }

  onResponseEnd(): void {
    this.#body?.end();
    this.#close();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (!this.#over) this.#fail(this.#translate(error));
  }

  #translate(error: Error & { code?: unknown }): Error {
    if (error instanceof EgressError || error instanceof CapError) return error;
    const code = typeof error.code === "string" ? error.code : "";
    if (code === "UND_ERR_HEADERS_OVERFLOW") {
      this.#init.onCapped?.();
      return new CapError(`the reply's headers are longer than ${MAX_HEADER_BYTES} bytes`);
    }
    const phase = this.#controller === null ? "connect" : this.#answered ? "body" : "headers";
    // a length mismatch before the headers are handed on: Content-Length beside Transfer-Encoding
    const mismatch = code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH" && phase === "headers";
    return new NetworkError(phase, code, mismatch || error.name === "HTTPParserError", error);
  }
}

function createPool(origin: string, options: NodeTransportOptions): Pool {
  const lookup = checkedLookup(createAddressBook(options.localAddresses), options.resolve ?? resolveBySystem);
  const tls = options.ca === undefined ? {} : { ca: options.ca };
  return new Pool(origin, {
    connections: options.connections ?? 256,
    pipelining: 1,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: {
      lookup,
      timeout: CONNECT_MS,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: FAMILY_MS,
      rejectUnauthorized: true,
      ...tls,
    },
  });
}

export function createNodeTransport(options: NodeTransportOptions): Transport & { inFlight(): number } {
  const pools = new Map<string, Pool>();
  const limit = options.maxInFlight ?? 3_800;
  let inFlight = 0;
  const done = (): void => {
    inFlight -= 1;
  };
  const poolOf = (origin: string): Pool => {
    const pool = pools.get(origin) ?? createPool(origin, options);
    pools.set(origin, pool);
    return pool;
  };
  const fetch: Fetch = (input, given) => {
    const init: TransportInit = given ?? {};
    const url = new URL(input instanceof Request ? input.url : input);
    const { body = null, signal } = init;
    if (signal?.aborted === true) return Promise.reject(aborted(signal));
    if (body !== null && typeof body !== "string") return Promise.reject(new TypeError("only text can be sent"));
    if (inFlight >= limit) return Promise.reject(new NetworkError("connect", "EMFILE", false));
    return new Promise((resolve, reject) => {
      inFlight += 1;
      const exchange = new Exchange(url.href, init, [resolve, reject], done);
      const headers = init.headers as Record<string, string> | undefined;
      const method = (init.method ?? "GET") as Dispatcher.HttpMethod;
      poolOf(url.origin).dispatch({ path: url.pathname + url.search, method, headers: headers ?? null, body }, exchange);
    });
  };
  const close = async (): Promise<void> => {
    await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    pools.clear();
  };
  return { fetch, close, reportsSent: true, inFlight: () => inFlight };
}
