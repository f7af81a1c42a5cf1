/** The errors of the wire contract (RFC 9457): one table of slugs, and the one exception that carries them. Knows no HTTP framework. */

/** slug → status and title. */
export const PROBLEMS = {
  "malformed-json": [400, "The body is not well-formed JSON"],
  "duplicate-key": [400, "The body repeats a key"],
  "bad-idempotency-key": [400, "The Idempotency-Key is not 1–255 visible ASCII characters"],
  unauthenticated: [401, "A valid API key is needed"],
  "budget-exceeded": [402, "No panel fits the cost limit"],
  "host-not-allowed": [403, "The Host header is not allowed"],
  "origin-not-allowed": [403, "Requests from this origin are not allowed"],
  "not-found": [404, "There is nothing here"],
  "method-not-allowed": [405, "The method is not allowed here"],
  "not-acceptable": [406, "None of the accepted media types can be made"],
  "idempotency-in-progress": [409, "A request with this Idempotency-Key is still running"],
  "job-already-finished": [409, "The job has already finished"],
  expired: [410, "It was here and has expired"],
  "payload-too-large": [413, "The body is too large"],
  "unsupported-media-type": [415, "The media type or encoding is not supported"],
  "validation-failed": [422, "The request is not valid"],
  "idempotency-key-reused": [422, "The Idempotency-Key was used with another body"],
  "privacy-conflict": [422, "The privacy class leaves nobody to ask"],
  "context-too-long": [422, "The prompt fits no member's context window"],
  "rate-limited": [429, "Too many requests"],
  internal: [500, "Something broke on our side"],
  "no-candidates": [502, "No member gave a usable answer"],
  overloaded: [503, "Too much work is waiting"],
  "no-members": [503, "No member could be asked"],
  "quorum-lost": [503, "Too few members gave a usable answer"],
  "local-unavailable": [503, "No local member could be reached and proved"],
  "store-unavailable": [503, "The store cannot be used right now"],
  "shutting-down": [503, "The service is shutting down"],
  "deadline-exceeded": [504, "The deadline struck before a usable answer"],
} as const satisfies Record<string, readonly [number, string]>;
export type ProblemSlug = keyof typeof PROBLEMS;

/** One refused field: RFC 6901 pointer, machine code, a sentence that says what is accepted. */
export interface ProblemField {
  pointer: string;
  code: string;
  message: string;
}

export interface ProblemExtras {
  errors?: ProblemField[];
  /** whole seconds, at least 1 */
  retryAfterS?: number;
  /** the Report of a failed run */
  report?: unknown;
  /** methods for `Allow` */
  allow?: string[];
}

/** Thrown by rims and planners, caught once at the edge. `detail` is ours, never upstream's. */
export class Problem extends Error {
  readonly slug: ProblemSlug;
  readonly detail: string;
  readonly extras: ProblemExtras;
  constructor(slug: ProblemSlug, detail: string, extras: ProblemExtras = {}) {
    super(`${slug}: ${detail}`);
    this.name = "Problem";
    this.slug = slug;
    this.detail = detail;
    this.extras = extras;
  }
  get status(): number {
    return PROBLEMS[this.slug][0];
  }
}

/** A value of the environment or of a file that the start must refuse (exit code 78): names the variable and what it accepts. */
export class ConfigError extends Error {
  readonly variable: string;
  constructor(variable: string, accepts: string) {
    super(`${variable}: ${accepts}`);
    this.name = "ConfigError";
    this.variable = variable;
  }
}

const RETRYABLE: ReadonlySet<ProblemSlug> = new Set([
  "idempotency-in-progress",
  "rate-limited",
  "internal",
  "no-candidates",
  "overloaded",
  "quorum-lost",
  "local-unavailable",
  "store-unavailable",
  "shutting-down",
  "deadline-exceeded",
]);

/** Whether the same request may succeed later; `no-members` only where it says when. */
export const isRetryable = (slug: ProblemSlug, retryAfterS?: number): boolean =>
  RETRYABLE.has(slug) || (slug === "no-members" && retryAfterS !== undefined);

/** The problem document (RFC 9457) of one problem: `instance` is the path it happened at. Generic, so that `report` keeps its type. */
export function problemDocument<R>(problem: Problem, instance: string, requestId: string) {
  const [status, title] = PROBLEMS[problem.slug];
  const { errors, report, retryAfterS } = problem.extras;
  return {
    type: `/problems/${problem.slug}`,
    title,
    status,
    detail: problem.detail,
    instance,
    request_id: requestId,
    retryable: isRetryable(problem.slug, retryAfterS),
    ...(errors ? { errors } : {}),
    ...(report === undefined ? {} : { report: report as R }),
  };
}
