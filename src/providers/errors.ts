/** From what a provider says went wrong (status, error object, wording) to a failure of the closed list. Never keeps its words. */
import { complaintOf, complaintOfBody, has, says, type Complaint } from "./complaint.ts";
import {
  CONTEXT,
  CONTEXT_WORDS,
  FILTER,
  GONE,
  KEY,
  MONEY,
  OWN_OUTPUT,
  PARAMETER,
  RATE,
  RATE_WORDS,
  RUNNER_WORDS,
  SERVER,
  SERVER_WORDS,
} from "./error-words.ts";
import { failure, type FailureExtras } from "./failure.ts";
import type { Failure, FailureReason } from "./provider.ts";
import { retryAfterMs, type HeaderBag } from "./retry-after.ts";

const meansContext = (complaint: Complaint): boolean =>
  has(complaint, CONTEXT) || (!has(complaint, RATE) && says(complaint, CONTEXT_WORDS) && !says(complaint, RATE_WORDS));

/** Tells an unknown model from other misconfigurations in an outcome's detail. */
export const MODEL_GONE = "the provider does not serve this model (any more)";
const gone = (extras: FailureExtras): Failure => failure("misconfigured", MODEL_GONE, "never", { ...extras, modelGone: true });
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
  if (has(complaint, SERVER) || (complaint.codes.length === 0 && says(complaint, SERVER_WORDS)))
    return failure("unavailable", "the provider reported a fault of its own");
  const status = complaint.codes.map(Number).find((code) => Number.isInteger(code) && code >= 400 && code <= 599);
  if (status !== undefined) return failureOfStatus(status, { get: () => null }, "", null, { status: null, again: "never" });
  if (has(complaint, PARAMETER)) return failure("misconfigured", "the provider refused the request");
  return failure("bad-response", "the provider sent an error instead of an answer", "once");
}

/** Origin down, unreachable or its certificate broken, told by an edge in front of it: the next call will fail too. */
const DEAD_ORIGIN: ReadonlySet<number> = new Set([521, 522, 523, 525, 526]);
const RETRIED: ReadonlySet<number> = new Set([408, 409, 498, 500, 502, 503, 504, 520, 524, 529]);

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
      if (has(complaint, RATE)) return limited(extras);
      return known ?? failure("misconfigured", `the provider refused the request (status ${status})`, "never", extras);
  }
}

/** Out of memory and a dead runner of a local runtime come back at best once. */
function unavailable(status: number, complaint: Complaint, extras: FailureExtras): Failure {
  const reason: FailureReason = "unavailable";
  const detail = `the provider answered with status ${status}`;
  if (meansContext(complaint)) return tooLong(extras);
  if (DEAD_ORIGIN.has(status)) return failure(reason, detail, "never", { ...extras, trips: true });
  if (says(complaint, RUNNER_WORDS)) return failure(reason, `${detail}: its model runner stopped`, "once", extras);
  return failure(reason, detail, RETRIED.has(status) ? "twice" : "never", extras);
}
