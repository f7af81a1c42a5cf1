/** Who may knock: Host, Origin and key, in this order, before a byte of the body is read. Pure but for the digest. */
import { Problem } from "../core/problem.ts";
import type { Secret } from "../core/secret.ts";

const HOST_SHAPE = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::\d{1,5})?$/;

/** Exact allowlist, compared without port; odd spellings of loopback are other hosts. */
export function checkHost(headers: Headers, allowed: readonly string[]): void {
  const host = HOST_SHAPE.exec((headers.get("host") ?? "").toLowerCase())?.[1];
  if (host === undefined || !allowed.includes(host)) throw new Problem("host-not-allowed", "this Host is not in CONSENSUS_ALLOWED_HOSTS");
}

/** A browser page of another origin is turned away; agents send neither header. */
export function checkOrigin(headers: Headers): void {
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  const host = (headers.get("host") ?? "").toLowerCase();
  const foreign = origin !== null && origin !== `http://${host}` && origin !== `https://${host}`;
  const crossSite = site !== null && site !== "same-origin" && site !== "none";
  if (foreign || crossSite) throw new Problem("origin-not-allowed", "a page of another origin may not call this service");
}

const BEARER = /^Bearer ([\x21-\x7e]{1,4096})$/;

/** Both sides are digests of one length; every byte of every key is compared, so time tells nothing. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let index = 0; index < a.length; index += 1) difference |= (a[index] ?? 0) ^ (b[index] ?? 0);
  return difference === 0;
}
const digest = async (text: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));

/** The owner of what this caller makes: the fingerprint of its key, "" when no keys are configured. */
export function createKeyCheck(keys: readonly Secret[]): (headers: Headers) => Promise<string> {
  const digests = Promise.all(keys.map(async (key) => ({ owner: key.fingerprint, bytes: await digest(key.reveal()) })));
  return async (headers) => {
    if (keys.length === 0) return "";
    const token = BEARER.exec(headers.get("authorization") ?? "")?.[1];
    const given = await digest(token ?? "");
    let owner: string | null = null;
    for (const { owner: name, bytes } of await digests) if (sameBytes(bytes, given)) owner = name;
    if (token === undefined || owner === null) throw new Problem("unauthenticated", "send one of CONSENSUS_API_KEYS as a Bearer token");
    return owner;
  };
}

export interface RateLimit {
  /** throws Problem `rate-limited` */
  take(owner: string): void;
}
/** A bucket per key that refills evenly; at most a minute's worth at once. */
export function createRateLimit(rpm: number | null, now: () => number): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(owner) {
      if (rpm === null) return;
      const bucket = buckets.get(owner) ?? { tokens: rpm, at: now() };
      const refilled = Math.min(rpm, bucket.tokens + ((now() - bucket.at) * rpm) / 60_000);
      if (refilled < 1) {
        const retryAfterS = Math.max(1, Math.ceil(((1 - refilled) * 60) / rpm));
        throw new Problem("rate-limited", `at most ${rpm} requests per minute and key`, { retryAfterS });
      }
      buckets.set(owner, { tokens: refilled - 1, at: now() });
    },
  };
}
