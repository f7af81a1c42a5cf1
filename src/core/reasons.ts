/** The closed lists of the wire contract: why a seat dropped out, and what a run lost on the way. Holds words only. */

export const DROPOUT_REASONS = [
  "timeout",
  "rate-limited",
  "unauthorized",
  "unavailable",
  "circuit-open",
  "bad-response",
  "empty",
  "truncated",
  "refused",
  "context-too-long",
  "misconfigured",
  "privacy-excluded",
  "budget-excluded",
  "overloaded",
  "late",
  "cancelled",
] as const;
export type DropoutReason = (typeof DROPOUT_REASONS)[number];

export const DEGRADATION_CODES = [
  "member-dropped",
  "quorum-missed",
  "single-provider",
  "adjudicator-fallback",
  "adjudication-skipped",
  "order-disagreement",
  "merge-refused",
  "context-trimmed",
  "answer-truncated",
  "store-failed",
] as const;
export type DegradationCode = (typeof DEGRADATION_CODES)[number];

export interface Degradation {
  code: DegradationCode;
  member: string | null;
  detail: string;
}
