/** From what a provider says went wrong (status, error object, wording) to a failure of the closed list. Never keeps its words. */
import { failure, type FailureExtras } from "./failure.ts";
import type { Failure, FailureReason } from "./provider.ts";
import { retryAfterMs, type HeaderBag } from "./retry-after.ts";
import { asArray, asObject, asText, type JsonObject } from "./shape.ts";
import { parseStrict } from "./strict-json.ts";

/** What an error body says, as far as it can be read: every code-like word in lower case, and its message. */
export interface Complaint {
  codes: string[];
  message: string;
}

/** Only the beginning of a message is looked at. */
const MESSAGE_CHARS = 4000;
const CODE_FIELDS = ["code", "type", "status", "error_type", "error_code"] as const;

/** Reads an error object, an error text, or a JSON text inside a text (Ollama hands on its engine's errors so). */
export function complaintOf(error: unknown, depth = 0): Complaint {
  const text = asText(error);
  if (text !== null) {
    const inner = depth < 3 && text.length <= 65_536 && text.trimStart().startsWith("{") ? asObject(parseStrict(text)) : null;
    return inner === null ? { codes: [], message: text.slice(0, MESSAGE_CHARS) } : complaintOf(inner, depth + 1);
  }
  const object = asObject(error);
  if (object === null || depth > 3) return { codes: [], message: "" };
  const own = CODE_FIELDS.map((field) => object[field]).filter((value) => typeof value === "string" || typeof value === "number");
  const details = asText(asObject(object["details"])?.["error_code"]);
  const nested = "error" in object && object["error"] !== null ? complaintOf(object["error"], depth + 1) : { codes: [], message: "" };
  const inner = asText(object["message"]) === null ? { codes: [], message: "" } : complaintOf(object["message"], depth + 1);
  return {
    codes: [...own.map(String), ...(details === null ? [] : [details]), ...nested.codes, ...inner.codes].map((code) => code.toLowerCase()),
    message: nested.message || inner.message,
  };
}

const MONEY = [
  "insufficient_quota",
  "credit_balance_exhausted",
  "organization_spend_limit_exceeded",
  "project_spend_limit_exceeded",
  "organization_usage_limit_exceeded",
  "enforced_spend_limit_reached",
  "contract_spend_limit_reached",
  "billing_error",
  "billing_hard_limit_reached",
  "credit_limit",
  "insufficient_credits",
  "payment_required",
];
const GONE = [
  "model_not_found",
  "model_decommissioned",
  "model_not_available",
  "model_deprecated",
  "dedicated_endpoint_not_running",
  "not_found_error",
];
const KEY = [
  "authentication_error",
  "invalid_api_key",
  "invalid_authentication",
  "permission_error",
  "permission_denied",
  "unauthorized",
  "access_denied",
];
const RATE = [
  "rate_limit_exceeded",
  "rate_limit_error",
  "rate_limited",
  "too_many_requests",
  "dynamic_request_limited",
  "dynamic_token_limited",
];
const SERVER = [
  "server_error",
  "internal_server_error",
  "internal_error",
  "api_error",
  "overloaded",
  "overloaded_error",
  "server_overloaded",
  "engine_overloaded",
  "engine_overloaded_error",
  "over_capacity",
  "capacity_exceeded",
  "service_unavailable",
  "service_unavailable_error",
  "timeout_error",
  "gateway_timeout",
  "bad_gateway",
  "unavailable",
];
const CONTEXT = ["context_length_exceeded", "exceed_context_size_error", "string_above_max_length", "request_too_large"];
const FILTER = ["content_filter", "content_policy_violation", "moderation_blocked", "content_filtered"];
const OWN_OUTPUT = ["json_validate_failed", "tool_use_failed"];
const PARAMETER = [
  "invalid_request_error",
  "invalid_request",
  "invalid_parameter",
  "unsupported_value",
  "unsupported_parameter",
  "unknown_parameter",
  "bad_request",
];

/** Wordings of a prompt that is too long, in lower case; only looked for where a rate limit is not meant. */
const CONTEXT_WORDS = [
  "maximum context length",
  "exceeds the context window",
  "exceed the context window",
  "exceed context limit",
  "exceeds the context limit",
  "input tokens exceed",
  "reduce the length of the messages",
  "longer than the model's context length",
  "longer than the context length",
  "exceeds the available context size",
  "max_new_tokens` must be",
  "prompt is too long",
  "context window exceeded",
  "context length exceeded",
];
const RATE_WORDS = ["rate limit", "rate_limit", "tokens per minute", "requests per", "too many requests", "quota"];
/** Wordings of a local runtime that fell over; its errors carry no code. */
const SERVER_WORDS = [
  "runner process has terminated",
  "runner has unexpectedly stopped",
  "prediction aborted",
  "out of memory",
  "server busy",
  "overloaded",
  "internal server error",
  "error loading model",
  "timed out waiting",
];

const has = (complaint: Complaint, list: readonly string[]): boolean => complaint.codes.some((code) => list.includes(code));
function says(complaint: Complaint, list: readonly string[]): boolean {
  const words = complaint.message.toLowerCase();
  return list.some((part) => words.includes(part));
}
const meansContext = (complaint: Complaint): boolean =>
  has(complaint, CONTEXT) || (!has(complaint, RATE) && says(complaint, CONTEXT_WORDS) && !says(complaint, RATE_WORDS));

const gone = (extras: FailureExtras): Failure =>
  failure("misconfigured", "the provider does not serve this model (any more)", "never", { ...extras, modelGone: true });
const noMoney = (extras: FailureExtras): Failure =>
  failure("unauthorized", "the provider's account is out of credit or over its spending limit", "never", { ...extras, trips: true });
const noKey = (extras: FailureExtras): Failure =>
  failure("unauthorized", "the provider refused the key", "never", { ...extras, trips: true });
const tooLong = (extras: FailureExtras): Failure =>
  failure("context-too-long", "the provider says that the prompt does not fit", "never", extras);
const badOutput = (extras: FailureExtras): Failure =>
  failure("bad-response", "the provider could not make the asked-for form of output", "once", extras);
const limited = (extras: FailureExtras): Failure => failure("rate-limited", "the provider's rate limit is reached", "once", extras);

/** By code alone, where the code says it all. */
function byCode(complaint: Complaint, extras: FailureExtras): Failure | null {
  if (has(complaint, MONEY)) return noMoney(extras);
  if (meansContext(complaint)) return tooLong(extras);
  if (has(complaint, OWN_OUTPUT)) return badOutput(extras);
  if (has(complaint, FILTER)) return failure("refused", "the provider's content filter refused", "never", extras);
  if (has(complaint, GONE)) return gone(extras);
  if (has(complaint, KEY)) return noKey(extras);
  return null;
}

/** An error object that came with status 200, whole or in the middle of a stream. */
export function failureOfErrorObject(error: unknown): Failure {
  const complaint = complaintOf(error);
  const known = byCode(complaint, {});
  if (known !== null) return known;
  if (has(complaint, RATE)) return limited({});
  if (has(complaint, SERVER) || says(complaint, SERVER_WORDS)) return failure("unavailable", "the provider reported a fault of its own");
  const status = complaint.codes.map(Number).find((code) => Number.isInteger(code) && code >= 400 && code <= 599);
  if (status !== undefined) return failureOfStatus(status, { get: () => null }, "", null, { status: null, again: "never" });
  if (has(complaint, PARAMETER)) return failure("misconfigured", "the provider refused the request");
  return failure("bad-response", "the provider sent an error instead of an answer", "once");
}

/** Origin down, unreachable or its certificate broken, told by an edge in front of it: the next call will fail too. */
const DEAD_ORIGIN = [521, 522, 523, 525, 526];
const RETRIED = [408, 409, 498, 500, 502, 503, 504, 520, 524, 529];

function complaintOfBody(body: string): Complaint {
  const parsed = parseStrict(body);
  // Together has answered with the list form of validation errors
  return parsed === undefined ? { codes: [], message: "" } : complaintOf(asArray(parsed)?.[0] ?? parsed);
}

/** A reply whose status is not 2xx. `body` is only ever matched against known codes and wordings. */
export function failureOfStatus(
  status: number,
  headers: HeaderBag,
  body: string,
  nowMs: number | null,
  override: Partial<Pick<Failure, "status" | "again">> = {},
): Failure {
  const complaint = complaintOfBody(body);
  const extras = { status, retryAfterMs: retryAfterMs(headers, nowMs) };
  return { ...judgeStatus(status, complaint, extras, body), ...override };
}

function judgeStatus(status: number, complaint: Complaint, extras: FailureExtras, body: string): Failure {
  if (status < 400) return failure("bad-response", `the provider answered with status ${status}, which is no answer`, "once", extras);
  if (status >= 500 || status === 408 || status === 409 || status === 498) return unavailable(status, complaint, extras);
  const known = byCode(complaint, extras);
  switch (status) {
    case 401:
      return noKey(extras);
    case 402:
      return noMoney(extras);
    case 403:
      return known ?? noKey(extras);
    case 404:
    case 410:
      return body.trimStart().startsWith("{")
        ? gone(extras)
        : failure("misconfigured", `nothing answers at this address (status ${status})`, "never", extras);
    case 413:
      if (has(complaint, RATE)) return { ...limited(extras), again: "shrink" };
      return known ?? tooLong(extras);
    case 429:
      return has(complaint, MONEY) ? noMoney(extras) : limited(extras);
    default:
      return known ?? failure("misconfigured", `the provider refused the request (status ${status})`, "never", extras);
  }
}

/** Out of memory and a dead runner of a local runtime come back at best once. */
function unavailable(status: number, complaint: Complaint, extras: FailureExtras): Failure {
  const reason: FailureReason = "unavailable";
  const detail = `the provider answered with status ${status}`;
  if (meansContext(complaint)) return tooLong(extras);
  if (DEAD_ORIGIN.includes(status)) return failure(reason, detail, "never", { ...extras, trips: true });
  if (says(complaint, ["runner", "out of memory"])) return failure(reason, `${detail}: its model runner stopped`, "once", extras);
  return failure(reason, detail, RETRIED.includes(status) ? "twice" : "never", extras);
}

/** An object that is an error and nothing else. */
export const isErrorObject = (object: JsonObject): boolean =>
  "error" in object && object["error"] !== null && object["error"] !== undefined && object["error"] !== false;
