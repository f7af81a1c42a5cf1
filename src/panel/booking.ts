/** What the end of a call leaves behind: its cost, its counters, and what breaker, queue and status learn from it. Calls nobody. */
import { costUsd } from "../providers/models.ts";
import type { ChatReply, Failure } from "../providers/provider.ts";
import type { AttemptEnd } from "./attempt.ts";
import type { CallSign } from "./breaker.ts";
import type { Cut } from "./cut.ts";
import type { Room, Target } from "./room.ts";

export interface Timed {
  /** monotonic ms */
  startedAt: number;
  endedAt: number;
}
export type Refusal = "circuit-open" | "overloaded" | "budget-excluded" | "retry-denied";
export type CallEnd =
  | ({ status: "answered"; reply: ChatReply; costUsd: number | null; local: boolean } & Timed)
  | ({ status: "failed"; failure: Failure; costUsd: number | null; local: boolean } & Timed)
  | ({ status: "cut"; by: Cut; costUsd: number | null; local: boolean } & Timed)
  /** cut before the call began */
  | { status: "cut-waiting"; by: Cut }
  /** not called, nothing sent */
  | { status: "refused"; why: Refusal }
  | { status: "excluded"; failure: Failure };

/** A run that gives a member less time than this says nothing about the member. */
const TELLING_MS = 1000;

/** A local runtime that relays is somebody else's meter: its price is unknown, not nothing. */
export const pricesOf = ({ provider, facts }: Target, local: boolean): Target["facts"] =>
  provider.local && !local ? { ...facts, inputUsdPerMtok: null, outputUsdPerMtok: null } : facts;

export function ended(room: Room, target: Target, local: boolean, attempt: AttemptEnd, startedAt: number): CallEnd & Timed {
  const times = { startedAt, endedAt: room.clock.now() };
  const prices = pricesOf(target, local);
  switch (attempt.status) {
    case "answered": {
      const { reply } = attempt;
      const stayed = local && reply.relayedTo === null;
      return { status: "answered", reply, costUsd: costUsd(pricesOf(target, stayed), reply.usage), local: stayed, ...times };
    }
    case "failed":
      return { status: "failed", failure: attempt.failure, costUsd: failureUsd(prices, attempt.failure), local, ...times };
    case "cut":
      return { status: "cut", by: attempt.by, costUsd: costUsd(prices, UNKNOWN), local, ...times };
    default:
      return attempt satisfies never;
  }
}

const UNKNOWN = { input_tokens: null, output_tokens: null };
/** An error status is not billed by any provider we know; without a status nobody can tell how far the call came. */
const failureUsd = (facts: Target["facts"], { usage, status, reason }: Failure): number | null => {
  const told = costUsd(facts, usage);
  if (told !== null) return told;
  return (status !== null && status >= 400) || reason === "privacy-excluded" ? 0 : null;
};

export function noteError(room: Room, { member }: Target, reason: string): void {
  room.lastErrors.set(member, { reason, at: new Date(room.clock.wall()).toISOString() });
}

export function book(room: Room, target: Target, ending: CallEnd & Timed): void {
  const provider = target.provider.name;
  switch (ending.status) {
    case "answered":
      room.meter.count("attempts", { provider, result: "answered" });
      room.latencies.add(target.member, ending.endedAt - ending.startedAt);
      if (room.hedging) room.latencies.add(provider, ending.endedAt - ending.startedAt);
      room.locals.answered(target, ending.reply.relayedTo !== null);
      return;
    case "failed": {
      const { reason } = ending.failure;
      room.meter.count("attempts", { provider, result: reason });
      if (reason === "rate-limited" || reason === "timeout") room.gate(target).ease();
      noteError(room, target, reason);
      return;
    }
    case "cut":
      room.meter.count("attempts", { provider, result: ending.by === "deadline" ? "timeout" : ending.by });
      room.meter.count("aborted", { by: ending.by });
      return;
    default:
      return;
  }
}

export function signOf(room: Room, member: string, ending: CallEnd): CallSign {
  switch (ending.status) {
    case "answered":
      return { kind: "success" };
    case "failed":
      return signOfFailure(ending.failure);
    case "cut": {
      const telling = room.latencies.known(member)?.p95 ?? TELLING_MS;
      const took = ending.endedAt - ending.startedAt;
      return ending.by === "deadline" && took >= telling ? { kind: "fault", retryAfterMs: null } : { kind: "aborted" };
    }
    case "cut-waiting":
    case "refused":
    case "excluded":
      return { kind: "aborted" };
    default:
      return ending satisfies never;
  }
}

function signOfFailure({ reason, trips, retryAfterMs }: Failure): CallSign {
  if (trips || reason === "unauthorized") return { kind: "trip", retryAfterMs };
  switch (reason) {
    case "timeout":
    case "unavailable":
      return { kind: "fault", retryAfterMs };
    case "rate-limited":
      return { kind: "throttled", retryAfterMs };
    case "cancelled":
    case "privacy-excluded":
      return { kind: "aborted" };
    case "bad-response":
    case "empty":
    case "truncated":
    case "refused":
    case "context-too-long":
    case "misconfigured":
      return { kind: "other" };
    default:
      return reason satisfies never;
  }
}
