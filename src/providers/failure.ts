/** How a failure of the closed list is made and carried; the words in `detail` are always ours. Decides no reason by itself. */
import type { Usage } from "../core/chat.ts";
import type { Again, Failure, FailureReason } from "./provider.ts";

export const NO_USAGE: Usage = { input_tokens: null, output_tokens: null };

/** What differs from the plain failure: never again, no trip, nothing read. */
export type FailureExtras = Partial<Omit<Failure, "reason" | "detail" | "again">>;

export function failure(reason: FailureReason, detail: string, again: Again = "never", extras: FailureExtras = {}): Failure {
  return {
    reason,
    detail,
    again,
    retryAfterMs: null,
    trips: false,
    modelGone: false,
    textRead: false,
    usage: NO_USAGE,
    status: null,
    ...extras,
  };
}

/** Carries a failure up through readers; caught once, where a call ends. `models` and `warm` reject with it. */
export class CallFailure extends Error {
  readonly failure: Failure;
  constructor(reported: Failure) {
    super(`${reported.reason}: ${reported.detail}`);
    this.name = "CallFailure";
    this.failure = reported;
  }
}

export function fail(reason: FailureReason, detail: string, again: Again = "never", extras: FailureExtras = {}): never {
  throw new CallFailure(failure(reason, detail, again, extras));
}
