/** Every reply's form: security headers, JSON, problems. The one place that writes an error. */
import { type Problem, problemDocument, type ProblemSlug } from "../core/problem.ts";
import type { Report } from "../core/report.ts";
import type { FeedReader } from "./feed.ts";
import { OPENAI_PREFIX, openaiError, openaiStatus } from "./openai/errors.ts";
import { streamOf } from "./stream.ts";

export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";
export const JSON_TYPE = "application/json; charset=utf-8";
/** Everything here speaks JSON-RPC, refusals included. */
const MCP_PATH = "/mcp";

const ALWAYS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};
/** For every text that a browser might show. No script, no image, no request. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'";

type ReplyBody = string | FeedReader;
const bodies = new WeakMap<Response, ReplyBody>();
/** What a reply was made of, for a runtime that can write it without reading it out of a stream again. */
export const bodyOf = (response: Response): ReplyBody | undefined => bodies.get(response);

const isFeed = (body: ReplyBody | ReadableStream<Uint8Array>): body is FeedReader => typeof body !== "string" && "take" in body;

export function reply(
  body: ReplyBody | ReadableStream<Uint8Array> | null,
  status: number,
  type: string,
  headers: Record<string, string> = {},
): Response {
  const init = { status, headers: { ...ALWAYS, "content-type": type, ...headers } };
  if (body === null || !(typeof body === "string" || isFeed(body))) return new Response(body, init);
  const made = new Response(typeof body === "string" ? body : streamOf(body), init);
  bodies.set(made, body);
  return made;
}
export const emptyReply = (status: number, headers: Record<string, string> = {}): Response =>
  new Response(null, { status, headers: { ...ALWAYS, ...headers } });
export const jsonReply = (value: unknown, status = 200, headers?: Record<string, string>): Response =>
  reply(JSON.stringify(value), status, JSON_TYPE, headers);

export function problemHeaders(problem: Problem): Record<string, string> {
  const { retryAfterS, allow } = problem.extras;
  return {
    ...(problem.slug === "unauthenticated" ? { "www-authenticate": "Bearer" } : {}),
    ...(allow ? { allow: allow.join(", ") } : {}),
    ...(retryAfterS === undefined ? {} : { "retry-after": String(Math.max(1, Math.ceil(retryAfterS))) }),
  };
}

/** Its clients repeat by themselves whatever is 409, 429 or above 499, unless told that it is of no use. */
function openaiReply(problem: Problem, requestId: string): Response {
  const { retryable, report } = problemDocument<Report>(problem, "", requestId);
  const { slug, detail, extras } = problem;
  const headers = {
    ...problemHeaders(problem),
    ...(report ? { "consensus-status": report.status, "consensus-report": report.id } : {}),
    "x-should-retry": String(retryable),
  };
  return jsonReply(openaiError({ slug, detail, errors: extras.errors }), openaiStatus(slug), headers);
}

/** JSON-RPC 2.0's own codes where it has one, its first free one elsewhere. */
const RPC_CODES: Partial<Record<ProblemSlug, number>> = {
  "malformed-json": -32700,
  "duplicate-key": -32600,
  "validation-failed": -32600,
  internal: -32603,
};
const RPC_OTHER = -32000;

function rpcReply(problem: Problem, instance: string, requestId: string): Response {
  const data = problemDocument<Report>(problem, instance, requestId);
  const error = { code: RPC_CODES[problem.slug] ?? RPC_OTHER, message: problem.detail, data };
  return jsonReply({ jsonrpc: "2.0", id: null, error }, data.status, problemHeaders(problem));
}

export function problemReply(problem: Problem, instance: string, requestId: string): Response {
  if (instance === MCP_PATH) return rpcReply(problem, instance, requestId);
  if (instance.startsWith(OPENAI_PREFIX)) return openaiReply(problem, requestId);
  const document = problemDocument<Report>(problem, instance, requestId);
  return reply(JSON.stringify(document), document.status, PROBLEM_TYPE, problemHeaders(problem));
}
