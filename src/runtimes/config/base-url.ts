/** Base URLs as operators write them, in the one form that the guard takes. Looks at text only. */
import type { AddressBook } from "../../egress/addresses.ts";
import { parseBase, trim } from "../../egress/urls.ts";
import { refuse } from "./read.ts";

/**
 * Where each client library adds its own path: Together's and OpenAI's base ends in `/v1`, Groq's and Anthropic's does not.
 * `append`: put at the end of a base that has no path; `strip`: taken off an end that the library would double.
 */
export interface PathRule {
  append: string | null;
  strip: string | null;
}
export const PATHS = {
  v1: { append: "/v1", strip: null },
  groq: { append: null, strip: "/openai/v1" },
  anthropic: { append: null, strip: "/v1" },
  asGiven: { append: null, strip: null },
} as const satisfies Record<string, PathRule>;

/** `localhost` is read as 127.0.0.1, without asking a resolver. */
const withoutName = (text: string): string => text.replace(/^(https?:\/\/)localhost(?=[:/]|$)/, "$1127.0.0.1");

function applyRule(base: string, rule: PathRule): string {
  const once = base.replace(/\/v1\/v1$/, "/v1");
  if (rule.strip !== null && once.endsWith(rule.strip)) return once.slice(0, -rule.strip.length);
  const bare = new URL(once).pathname === "/";
  return bare && rule.append !== null ? once + rule.append : once;
}

const ACCEPTS =
  "an http(s) URL in its normal form, without user info, query or fragment; plain http only to a literal loopback or CONSENSUS_LOCAL_ADDRESSES address";

/** The base URL without a trailing slash. */
export function readBaseUrl(text: string, rule: PathRule, book: AddressBook): string {
  const url = parseBase(withoutName(text));
  if (url === null) return refuse(ACCEPTS);
  if (url.protocol === "http:" && !book.isLocal(url.hostname)) return refuse(ACCEPTS);
  return applyRule(trim(url.href), rule);
}
