/** The contract of the one door to the network: who may be called, under which privacy class, and what was called. Imports no implementation. */
import type { Fetch, PrivacyClass } from "../core/ports.ts";
import type { Secret } from "../core/secret.ts";

/** A configured upstream. Requests go to `baseUrl` or below it, nowhere else; the key joins the request inside the guard only. */
export interface Endpoint {
  provider: string;
  /** equal to its own WHATWG normal form, without a trailing slash */
  baseUrl: string;
  /** its address is loopback or in CONSENSUS_LOCAL_ADDRESSES, and the operator means it as local */
  local: boolean;
  /** the header that carries the key */
  auth: { header: "authorization" | "x-api-key"; scheme: "Bearer" | "Basic" | null; key: Secret } | null;
}

/** One run's right to call out. `hosts` is filled by the guard with every URL host that was sent a byte of a prompt or candidate. */
export interface Passage {
  privacy: PrivacyClass;
  hosts: Set<string>;
}

/** Why the guard refused: the label of `consensus_egress_refused_total{why}`. */
export type EgressRefusal = "origin" | "privacy" | "redirect" | "address" | "form";

/** Thrown (rejected) by a guarded fetch; providers turn it into `privacy-excluded`, `bad-response` (redirect) or `misconfigured`. */
export class EgressError extends Error {
  readonly why: EgressRefusal;
  constructor(why: EgressRefusal, message: string) {
    super(message);
    this.name = "EgressError";
    this.why = why;
  }
}
/** Thrown when a reply goes over the cap on decoded bytes or header size; `bytes_capped` counts it, `bad-response` follows. */
export class CapError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CapError";
  }
}

export interface FetchOptions {
  /** false for calls that carry no prompt (proof, model lists, health): their host is not listed in `hosts` */
  carriesPrompt: boolean;
  /** decoded body bytes accepted, default 8 MiB */
  maxBodyBytes?: number;
}

export interface Egress {
  /** a fetch bound to one endpoint and one run; throws EgressError at once when the class forbids the endpoint */
  open(endpoint: Endpoint, passage: Passage, options: FetchOptions): Fetch;
  /** whether this URL text could be an endpoint under this class, by the rules of the guard alone (no DNS) */
  permits(url: string, privacy: PrivacyClass): boolean;
  close(): Promise<void>;
}

/**
 * The connection failed, not the guard: rejected by transports for refused, DNS, TLS, reset and cut. `phase` says how far the
 * call had come: before a connection stood, before the reply's headers, inside its body. `protocol` = the peer broke HTTP itself.
 */
export class NetworkError extends Error {
  readonly phase: "connect" | "headers" | "body";
  /** the runtime's own code (`ECONNREFUSED`, `UND_ERR_SOCKET`, `HPE_…`), "" where it gives none */
  readonly code: string;
  readonly protocol: boolean;
  constructor(phase: "connect" | "headers" | "body", code: string, protocol: boolean, cause?: unknown) {
    super(`connection failed (${phase}${code === "" ? "" : `, ${code}`})`, { cause });
    this.name = "NetworkError";
    this.phase = phase;
    this.code = code;
    this.protocol = protocol;
  }
}

/** What the guard asks of a transport beside the Fetch API's own fields. */
export interface TransportInit extends RequestInit {
  /** decoded body bytes after which the reply ends in a CapError */
  maxBodyBytes?: number;
  /** a CapError was made, whoever reads it */
  onCapped?: () => void;
  /** the first byte of the request is about to leave on an established connection */
  onSent?: () => void;
}

/** A reply that hands on its bytes as they come from the socket, without a stream between; only transports that own one make it. */
export interface PouredResponse extends Response {
  /** resolves at the body's end; rejects with what broke it, or with what `take` threw, which cuts the body off */
  pour(take: (bytes: Uint8Array) => void): Promise<void>;
  cut(): void;
}

/** What lies below the guard: undici's pool on Node, the global fetch on Workers. Follows no redirect, honours the signal in every phase. */
export interface Transport {
  fetch: Fetch;
  close(): Promise<void>;
  /** calls `onSent`; without it the guard counts a request as sent when it is handed over */
  reportsSent?: boolean;
}
