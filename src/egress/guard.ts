/** The guard itself: every request of the process passes `createEgress`, and what it refuses never reaches a socket or a resolver. */
import type { Fetch, Log, Meter, PrivacyClass } from "../core/ports.ts";
import { type AddressBook, createAddressBook } from "./addresses.ts";
import { EgressError, type Egress, type EgressRefusal, type Endpoint, type FetchOptions, type Passage, type Transport } from "./egress.ts";
import type { TransportInit } from "./egress.ts";
import { outgoingHeaders } from "./headers.ts";
import { isBelow, parseBase, parseRequest } from "./urls.ts";

export const DEFAULT_BODY_CAP = 8 * 1024 * 1024;

export interface EgressPlan {
  /** read at every call, so a runtime may add an endpoint it has found (OLLAMA_HOST=auto) */
  endpoints: readonly Endpoint[];
  localAddresses: readonly string[];
  transport: Transport;
  meter: Meter;
  log: Log;
}

type Refuse = (why: EgressRefusal, provider: string, message: string) => EgressError;

/** The class is judged by the address itself, not only by what the endpoint says of itself. */
const allowed = (book: AddressBook, endpoint: Endpoint, base: URL, privacy: PrivacyClass): boolean =>
  privacy === "cloud-allowed" || (endpoint.local && book.isLocal(base.hostname));

/** The base of an endpoint that may be called under this class; throws what `refuse` makes otherwise. */
function admit(plan: EgressPlan, book: AddressBook, endpoint: Endpoint, privacy: PrivacyClass, refuse: Refuse): URL {
  const { provider, baseUrl, local } = endpoint;
  const base = parseBase(baseUrl);
  if (base === null) throw refuse("form", provider, `the base URL of ${provider} is not in its normal form`);
  const known = plan.endpoints.some((one) => one.provider === provider && one.baseUrl === baseUrl && one.local === local);
  if (!known) throw refuse("origin", provider, `${provider} is not configured at this address`);
  if (!allowed(book, endpoint, base, privacy)) throw refuse("privacy", provider, `${provider} is not local, and this run is ${privacy}`);
  return base;
}

/** The URL of one request below its base. */
function target(input: Parameters<Fetch>[0], base: URL, provider: string, refuse: Refuse): URL {
  const text = input instanceof URL ? input.href : input;
  const url = typeof text === "string" ? parseRequest(text) : null;
  if (url === null) throw refuse("form", provider, "the request URL is not in its normal form");
  if (!isBelow(url, base)) throw refuse("origin", provider, `the request leaves the base URL of ${provider}`);
  return url;
}

const isRedirect = (status: number): boolean => status >= 300 && status < 400 && status !== 304;

export function createEgress(plan: EgressPlan): Egress {
  const { transport, meter } = plan;
  const book = createAddressBook(plan.localAddresses);

  const refused = (why: EgressRefusal, provider: string): void => {
    meter.count("egress_refused", { why });
    plan.log("warn", "egress_refused", { why, provider });
  };
  const refuse: Refuse = (why, provider, message) => {
    refused(why, provider);
    return new EgressError(why, message);
  };

  function open(endpoint: Endpoint, passage: Passage, options: FetchOptions): Fetch {
    const { provider } = endpoint;
    const base = admit(plan, book, endpoint, passage.privacy, refuse);
    return async (input, init) => {
      const url = target(input, base, provider, refuse);
      const sent = (): void => {
        if (options.carriesPrompt) passage.hosts.add(url.host);
      };
      if (transport.reportsSent !== true) sent();
      const request: TransportInit = {
        method: init?.method ?? "GET",
        headers: outgoingHeaders(endpoint, init?.headers),
        body: init?.body ?? null,
        signal: init?.signal ?? null,
        redirect: "manual",
        maxBodyBytes: options.maxBodyBytes ?? DEFAULT_BODY_CAP,
        onCapped: () => meter.count("bytes_capped", { provider }),
        onSent: sent,
      };
      const response = await transport.fetch(url.href, request).catch((error: unknown) => {
        // an address refused at connect time comes from below; it is counted here like every refusal
        if (error instanceof EgressError) refused(error.why, provider);
        throw error;
      });
      if (!isRedirect(response.status)) return response;
      await response.body?.cancel().catch(() => undefined);
      throw refuse("redirect", provider, `${provider} answered with a redirect`);
    };
  }

  function permits(text: string, privacy: PrivacyClass): boolean {
    const url = parseBase(text);
    if (url === null) return false;
    return plan.endpoints.some((endpoint) => {
      const base = parseBase(endpoint.baseUrl);
      return base !== null && isBelow(url, base) && allowed(book, endpoint, base, privacy);
    });
  }

  return { open, permits, close: () => transport.close() };
}
