/** One guarded call to one member: queue, breaker, proof, purse, attempt, bookkeeping. Every call of the panel is made here; never retries. */
import type { ChatMessage, Sampling } from "../core/chat.ts";
import type { Passage } from "../egress/egress.ts";
import type { Cutoff } from "../core/time.ts";
import type { Failure } from "../providers/provider.ts";
import { ownFailure, runAttempt } from "./attempt.ts";
import { book, type CallEnd, ended, noteError, pricesOf, signOf } from "./booking.ts";
import type { Admission, CallSign } from "./breaker.ts";
import type { Cut } from "./cut.ts";
import type { CallLedger, Purse } from "./panel.ts";
import { attemptLimit, needOf, phaseLimits } from "./phase-limits.ts";
import { bounded, worstCaseUsd } from "./purse.ts";
import type { Room, Target } from "./room.ts";

/** What is sent, once the window of the model is known. */
export type Composed =
  /** `estimate`: tokens of the prompt as far as they were counted, without margin and factor */
  { messages: ChatMessage[]; sampling: Sampling; estimate?: number } | { tooLong: number };

/** Retries and hedges come out of the retry budget, first calls fill it. */
export type CallKind = "first" | "retry" | "hedge";

export interface CallOrder {
  target: Target;
  compose(windowTokens: number | null, target: Target): Composed;
  passage: Passage;
  cutoff: Cutoff<Cut>;
  /** monotonic ms */
  by: number;
  purse: Purse;
  ledger: CallLedger;
  timeoutMs: number | null;
  /** asked though its breaker is open or it is usually too slow: nobody else could answer */
  forced: boolean;
  kind: CallKind;
  /** the provider that is hedged, for a hedge */
  hedgeOf?: string;
  /** another call may be made beside this one */
  mayHedge?: boolean;
  effort?: "low";
  onDelta?: (text: string) => void;
  /** the call itself begins: queue, breaker and proof are behind it */
  onStart?: () => void;
  /** the first sign of life: headers or content */
  onSign?: () => void;
}

export async function guardedCall(room: Room, order: CallOrder): Promise<CallEnd> {
  const { target, cutoff, by, forced } = order;
  // before the queue: who is refused must not wait to hear it
  if (!forced && room.breaker.blocked(target.member)) return { status: "refused", why: "circuit-open" };
  const slot = await room.gate(target).acquire({ ...needOf(room, target.member, by), cutoff });
  if (slot === null) return cutoff.reason === null ? { status: "refused", why: "overloaded" } : waitCut(room, cutoff.reason);
  try {
    // the circuit learns first: whoever gets the place must know what became of this call
    return await enter(room, order);
  } finally {
    slot.release();
  }
}

/** The deadline struck in our own queue: nobody else is to blame. */
function waitCut({ meter }: Room, by: Cut): CallEnd {
  if (by !== "deadline") return { status: "cut-waiting", by };
  meter.count("shed", { where: "panel" });
  return { status: "refused", why: "overloaded" };
}

async function enter(room: Room, order: CallOrder): Promise<CallEnd> {
  const { member } = order.target;
  const admission = room.breaker.enter(member, order.forced);
  if (admission === null) return { status: "refused", why: "circuit-open" };
  let sign: CallSign = { kind: "aborted" };
  try {
    const ending = await prepare(room, order);
    sign = signOf(room, member, ending);
    return ending;
  } finally {
    leave(room, order.target, admission, sign);
  }
}

function leave(room: Room, target: Target, admission: Admission, sign: CallSign): void {
  room.breaker.leave(target.member, admission, sign);
  if (sign.kind === "success") room.gate(target).gain();
}

/** Clears the target (local proof), composes the prompt for its window, reserves the money; then calls. */
async function prepare(room: Room, order: CallOrder): Promise<CallEnd> {
  const { target, passage, cutoff } = order;
  // planned away long before; the guard would refuse it too, but then it would look like an attempt
  if (passage.privacy === "local-only" && !target.provider.local)
    return relayed(room, target, ownFailure("privacy-excluded", "a remote member is not asked under local-only"));
  const startedAt = room.clock.now();
  const proof = await room.locals.prove(target, { passage, cutoff, limitMs: attemptLimit(target, order.timeoutMs) });
  if (cutoff.reason !== null) return { status: "cut-waiting", by: cutoff.reason };
  if (proof !== null && !proof.proved) {
    const failure = ownFailure(proof.reason, proof.detail);
    if (proof.reason === "unavailable" || proof.reason === "timeout") return unreached(room, order, failure, startedAt);
    if (proof.reason === "misconfigured") return excluded(room, target, failure);
    if (passage.privacy === "local-only") return relayed(room, target, failure);
  }
  const local = target.provider.local && (proof === null || proof.proved);
  const composed = order.compose(windowOf(target, proof?.proved ? proof.contextTokens : null), target);
  if ("tooLong" in composed)
    return { status: "excluded", failure: ownFailure("context-too-long", `about ${composed.tooLong} tokens do not fit its window`) };
  const prices = pricesOf(target, local);
  const sampling = order.purse.unlimited ? composed.sampling : bounded(composed.sampling, prices);
  const worst = order.purse.unlimited ? null : worstCaseUsd(composed.messages, sampling, prices);
  if (!order.purse.reserve(worst)) return { status: "refused", why: "budget-excluded" };
  if (!drawBudget(room, order)) {
    order.purse.settle(worst, 0);
    return { status: "refused", why: "retry-denied" };
  }
  const ending = await send(room, order, { ...composed, sampling, local });
  order.purse.settle(worst, "costUsd" in ending ? ending.costUsd : 0);
  return ending;
}

/** At the very start of the call, so that the bound holds in time as the upstream sees it. */
function drawBudget({ retries, hedges, meter }: Room, { kind, target, ledger, hedgeOf }: CallOrder): boolean {
  const provider = target.provider.name;
  switch (kind) {
    case "first":
      retries.earn(provider);
      hedges.earn(provider);
      return true;
    case "hedge":
      return hedges.take(hedgeOf ?? provider) && retries.take(provider);
    case "retry":
      if (!retries.take(provider)) {
        meter.count("retries_denied", { provider });
        return false;
      }
      ledger.retries += 1;
      return true;
    default:
      return kind satisfies never;
  }
}

function relayed(room: Room, target: Target, failure: Failure): CallEnd {
  room.meter.count("egress_refused", { why: "privacy" });
  return excluded(room, target, failure);
}

function excluded(room: Room, target: Target, failure: Failure): CallEnd {
  noteError(room, target, failure.reason);
  return { status: "excluded", failure };
}

/** The proof found nobody: as good as an attempt that did, and booked as one; nothing was sent, so nothing is owed. */
function unreached(room: Room, { target, ledger, kind }: CallOrder, failure: Failure, startedAt: number): CallEnd {
  ledger.calls += 1;
  if (kind === "retry") ledger.retries += 1;
  const local = target.provider.local;
  const ending: CallEnd = { status: "failed", failure, costUsd: 0, local, startedAt, endedAt: room.clock.now() };
  book(room, target, ending);
  return ending;
}

function windowOf({ numCtx, facts: { contextTokens } }: Target, shown: number | null): number | null {
  return numCtx ?? (contextTokens === null || shown === null ? (contextTokens ?? shown) : Math.min(contextTokens, shown));
}

async function send(room: Room, order: CallOrder, what: { messages: ChatMessage[]; sampling: Sampling; local: boolean }): Promise<CallEnd> {
  const { target, passage, cutoff } = order;
  const isCold =
    target.provider.local && (await room.locals.cold(target, { passage, cutoff, limitMs: attemptLimit(target, order.timeoutMs) }));
  if (cutoff.reason !== null) return { status: "cut-waiting", by: cutoff.reason };
  // the look at what is loaded took time: what the proof said may not hold any more
  if (passage.privacy === "local-only" && !room.locals.proved(target))
    return relayed(room, target, ownFailure("privacy-excluded", "its proof of running locally did not last until the call"));
  const startedAt = room.clock.now();
  order.ledger.calls += 1;
  order.onStart?.();
  const attempt = await runAttempt(room, {
    provider: target.provider,
    call: {
      ...what.sampling,
      model: target.model,
      messages: what.messages,
      facts: target.facts,
      numCtx: target.numCtx ?? undefined,
      effort: order.effort,
    },
    passage,
    cutoff,
    limits: phaseLimits(room.knobs, attemptLimit(target, order.timeoutMs), isCold),
    onDelta: order.onDelta,
    onSign: order.onSign,
  });
  if (isCold && attempt.status !== "answered" && attempt.silent) room.locals.warmUp(target, passage);
  const ending = ended(room, target, what.local, attempt, startedAt);
  book(room, target, ending);
  return ending;
}
