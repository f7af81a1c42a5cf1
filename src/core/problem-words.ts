/** What each problem means and what to do about it, for its page and for the contract. Holds words only. */
import type { ProblemSlug } from "./problem.ts";

export interface ProblemWords {
  means: string;
  action: string;
  /** a detail as it may come */
  example: string;
}
const words = (means: string, action: string, example: string): ProblemWords => ({ means, action, example });

export const PROBLEM_WORDS: Readonly<Record<ProblemSlug, ProblemWords>> = {
  "malformed-json": words(
    "The body could not be read as JSON: it is cut off, not UTF-8, nested deeper than 32 levels or holds more than 10,000 keys.",
    "Send one complete JSON object as UTF-8. The same bytes will fail again.",
    "the body ends too early",
  ),
  "duplicate-key": words(
    "One object of the body names the same key twice, so two readers could understand it differently.",
    "Name every key once; the pointer says which one was repeated.",
    "the key is there twice",
  ),
  "bad-idempotency-key": words(
    "The Idempotency-Key header is empty, longer than 255 characters, or not visible ASCII.",
    "Send a fresh random key, such as a UUID.",
    "the key must be 1–255 visible ASCII characters",
  ),
  unauthenticated: words(
    "This service has API keys, and the request carried none of them.",
    "Send one of the operator's keys: Authorization: Bearer and the key.",
    "send one of CONSENSUS_API_KEYS as a Bearer token",
  ),
  "budget-exceeded": words(
    "The worst case of even the cheapest seat is above max_cost_usd, or no price is known. Nothing was asked and nothing spent.",
    "Raise max_cost_usd, lower max_tokens, shorten the prompt or name cheaper members.",
    "no seat's worst case fits max_cost_usd 0.0001",
  ),
  "host-not-allowed": words(
    "The Host header is none of the names that this service answers to. It is checked so that no web page can reach it under a name of its own.",
    "Call it by a loopback name, or have the operator add the name to CONSENSUS_ALLOWED_HOSTS.",
    "this Host is not in CONSENSUS_ALLOWED_HOSTS",
  ),
  "origin-not-allowed": words(
    "A browser sent this request for a page of another origin.",
    "Call from a program, or from the service's own page.",
    "a page of another origin may not call this service",
  ),
  "not-found": words(
    "There is no such route, or nothing of this id that belongs to the caller; what belongs to others looks the same.",
    "Check the spelling of the path and the id; a path has exactly one spelling.",
    "there is no report of this id",
  ),
  "method-not-allowed": words(
    "The route is there, but not for this method.",
    "Use a method that the Allow header lists.",
    "this route takes POST, OPTIONS",
  ),
  "not-acceptable": words(
    "The Accept header rules out every form that this route makes.",
    "Accept one of the types that the detail lists, or leave the header out.",
    "this route makes application/json",
  ),
  "idempotency-in-progress": words(
    "The first request with this Idempotency-Key is still running.",
    "Wait as long as Retry-After says and send the same request again: it gets the first one's reply.",
    "the first request with this key is still running",
  ),
  "job-already-finished": words(
    "The job had ended before it could be cancelled.",
    "Read the job: it links to its report.",
    "the job has ended before it could be cancelled",
  ),
  expired: words(
    "What was asked for was here and has been let go: the candidates of a run that was stored without texts, for example.",
    "Ask again with a new run.",
    "the candidates of this run were not kept",
  ),
  "payload-too-large": words(
    "The body has more than 1 MiB.",
    "Send less; long logs can be cut before they are sent.",
    "at most 1048576 bytes are accepted",
  ),
  "unsupported-media-type": words(
    "The body is not announced as application/json in UTF-8, or it is compressed.",
    "Send content-type: application/json and no Content-Encoding.",
    "the body must be application/json",
  ),
  "validation-failed": words(
    "The JSON was read, but a field is unknown, has a wrong type or breaks a limit.",
    "Each entry of errors has the pointer of a field and a sentence on what it accepts.",
    "/quorum: Too small: expected number to be >=1",
  ),
  "idempotency-key-reused": words(
    "This Idempotency-Key came with another body before.",
    "Use a fresh key for every new request, and the same key only for an exact retry.",
    "this key came with another body before",
  ),
  "privacy-conflict": words(
    "The privacy class leaves nobody who may be asked: local-only is in force and no member of the panel is local. Nothing was sent.",
    "Name a local member, configure one, or ask with privacy cloud-allowed where the operator allows it.",
    "local-only leaves no member to ask: the panel has no local member",
  ),
  "context-too-long": words(
    "The prompt is longer than every member's window, by more than can be cut without losing its sense.",
    "Shorten the prompt or name a member with a larger window.",
    "the prompt fits no member's context window",
  ),
  "rate-limited": words(
    "This key has used up its requests for the minute.",
    "Wait as long as Retry-After says.",
    "at most 60 requests per minute and key",
  ),
  internal: words(
    "A fault of this service. It was logged under the request id.",
    "Try once more; if it stays, give the operator the request_id.",
    "an unexpected error was logged under this request id",
  ),
  "no-candidates": words(
    "Members were asked, and none of them gave a usable answer. The report says what became of each.",
    "Read report.outcomes: each seat has its reason. Outages pass; a refusal or a wrong model name does not.",
    "no member gave a usable answer",
  ),
  overloaded: words(
    "More work is waiting than can be done in time.",
    "Wait as long as Retry-After says, and send fewer requests at once.",
    "too many runs are in flight",
  ),
  "no-members": words(
    "No seat could be asked: nothing is configured, or every circuit is open.",
    "Without a Retry-After the configuration lacks a key or a provider; with one, waiting helps. GET /status shows every member.",
    "no member could be asked",
  ),
  "quorum-lost": words(
    "Fewer members than the quorum gave a usable answer, and the request asked for an error in that case (require_quorum).",
    "Read the report; without require_quorum the answer would have come, marked as degraded.",
    "1 of 2 members usable",
  ),
  "local-unavailable": words(
    "Under local-only no local member could be reached and proved to be local. Nothing went anywhere else.",
    "Start the local runtime and pull its model; GET /status tells what was seen of it.",
    "no local member was reached and proved",
  ),
  "store-unavailable": words(
    "The database cannot be used right now. Plain questions are answered all the same.",
    "Wait as long as Retry-After says; GET /readyz names what is wrong.",
    "the store cannot be used right now",
  ),
  "shutting-down": words(
    "The service is about to stop and takes nothing new.",
    "Wait as long as Retry-After says: it may be restarting.",
    "the service is shutting down",
  ),
  "deadline-exceeded": words(
    "The deadline struck while members were still thinking, and nobody had given a usable answer. The report says how far each came.",
    "Raise deadline_ms, or ask faster members.",
    "the deadline struck before a usable answer",
  ),
};
