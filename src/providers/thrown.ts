/** From what a fetch or a body threw (refused, reset, TLS, timeout, cap, abort) to a failure. Decides by codes and classes, never by words alone. */
import { CapError, EgressError, NetworkError } from "../egress/egress.ts";
import { CallFailure, failure } from "./failure.ts";
import type { Failure } from "./provider.ts";

const REFUSED = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"];
const SLOW = ["ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"];

/** Codes along the chain of causes, outermost first. */
function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let at = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth++) {
    const code: unknown = "code" in at ? at.code : undefined;
    if (typeof code === "string") codes.push(code);
    const [first]: unknown[] = at instanceof AggregateError ? at.errors : [];
    if (first instanceof Error && "code" in first && typeof first.code === "string") codes.push(first.code);
  }
  return codes;
}

function ofEgress(error: EgressError, local: boolean): Failure {
  switch (error.why) {
    case "privacy":
      return failure("privacy-excluded", "the privacy class forbids this address");
    case "redirect":
      return failure("bad-response", "the provider answered with a redirect, which is never followed", "once");
    case "address":
      if (local) return failure("privacy-excluded", "the name of this local provider leads to an address that is not local");
      return failure("unavailable", "the name of the provider leads to an address that is not allowed");
    case "origin":
    case "form":
      return failure("misconfigured", "the address is not that of a configured provider");
    default:
      return error.why satisfies never;
  }
}

/** What the caller's own abort means; its reason says whether time was up or nobody wants the answer any more. */
export function failureOfAbort(signal: AbortSignal): Failure {
  const reason: unknown = signal.reason;
  const word = reason instanceof Error ? reason.name : String(reason);
  if (word === "late" || word === "cancelled" || word === "AbortError") return failure("cancelled", "the call was called off");
  return failure("timeout", "the time for this call was up");
}

/** `sent`: the reply's headers had come. */
export function failureOfThrown(error: unknown, signal: AbortSignal, sent: boolean, local: boolean): Failure {
  const chain = [error, error instanceof Error ? error.cause : null];
  for (const one of chain) {
    if (one instanceof CallFailure) return one.failure;
    if (one instanceof EgressError) return ofEgress(one, local);
    if (one instanceof CapError) return failure("bad-response", "the reply is over a size limit");
  }
  if (signal.aborted) return failureOfAbort(signal);
  const network = chain.find((one) => one instanceof NetworkError);
  const codes = codesOf(error);
  const has = (list: readonly string[]): boolean => codes.some((code) => list.includes(code));
  if (has(SLOW)) return failure("timeout", "the provider did not answer in time");
  if (network?.protocol === true) return failure("bad-response", "the provider did not speak proper HTTP", "once");
  if (codes.some((code) => code.startsWith("Z_") || code.startsWith("ERR_"))) {
    if (sent) return failure("bad-response", "the reply could not be decoded", "once");
  }
  if (sent) return failure("unavailable", "the connection broke in the middle of the reply");
  if (codes.includes("ECONNREFUSED")) return failure("unavailable", "the connection was refused");
  // a connection that stood and broke before any reply: often one that had idled too long
  if (network?.phase === "headers" && !has(REFUSED)) return failure("unavailable", "the connection was reset", "at-once");
  return failure("unavailable", "the provider could not be reached");
}
