/** One seat: asked, asked again where that may help, and always exactly one Outcome at the end. Never throws. */
import type { DropoutReason } from "../core/reasons.ts";
import type { Outcome } from "../core/report.ts";
import { type Cutoff, sleep } from "../core/time.ts";
import type { Failure } from "../providers/provider.ts";
import type { CallEnd, Refusal } from "./booking.ts";
import type { CallKind, CallOrder } from "./call.ts";
import { compose, type Shrunk, shrink } from "./compose.ts";
import type { Chance, Doubt } from "./chance.ts";
import { type Cut, CUT_DETAIL, CUT_REASON } from "./cut.ts";
import { hedgedCall } from "./hedge.ts";
import { answeredOutcome, droppedOutcome, readReply, type SeatLog } from "./outcome.ts";
import type { CallLedger, PanelOrder, SeatPlan } from "./panel.ts";
import { addUsd } from "./purse.ts";
import { nextWait, noteRetry, type RetryHistory } from "./retry.ts";
import { type Room, type Target, targetOf } from "./room.ts";

/** What the seats of one run share. */
export interface Run {
  order: PanelOrder;
  cutoff: Cutoff<Cut>;
  ledger: CallLedger;
  chance: Chance;
}
interface Seat {
  plan: SeatPlan;
  target: Target;
  log: SeatLog;
  history: RetryHistory;
  forced: boolean;
  shrunk: Shrunk;
  /** answer text has gone out to a listener: nothing may be asked again */
  spoke: boolean;
}
type Why = { reason: DropoutReason; detail: string; retryAfterMs?: number | null };

const newLog = (plan: SeatPlan, since: number): SeatLog => ({
  attempts: [],
  costUsd: 0,
  usage: { input_tokens: 0, output_tokens: 0 },
  local: plan.local,
  fit: null,
  since,
});

/** `forced`: asked though its breaker is open. */
export async function askSeat(room: Room, run: Run, plan: SeatPlan, forced: boolean): Promise<Outcome> {
  const log = newLog(plan, room.clock.now());
  const drop = (why: Why): Outcome => droppedOutcome(plan, log, why, room.clock.now());
  const target = targetOf(room, plan.member);
  if (plan.dropped !== null) {
    if (plan.dropped.reason === "privacy-excluded") room.meter.count("egress_refused", { why: "privacy" });
    return drop(plan.dropped);
  }
  if (target === null) return drop({ reason: "misconfigured", detail: `provider ${plan.provider} is not configured` });
  const history: RetryHistory = { attempts: 0, byReason: new Map() };
  const seat: Seat = { plan, target, log, history, forced, shrunk: { maxTokens: null, factor: 1 }, spoke: false };
  try {
    return await askUntilEnd(room, run, seat, drop);
  } catch (error) {
    room.log("error", "seat-threw", { member: plan.member, error: error instanceof Error ? error.name : typeof error });
    return drop({ reason: "bad-response", detail: "an internal fault kept this seat from being asked" });
  }
}

async function askUntilEnd(room: Room, run: Run, seat: Seat, drop: (why: Why) => Outcome): Promise<Outcome> {
  const { cutoff, chance } = run;
  const cutDrop = (by: Cut): Outcome => drop({ reason: CUT_REASON[by], detail: CUT_DETAIL[by] });
  let last: Failure | null = null;
  if (cutoff.reason !== null) return cutDrop(cutoff.reason);
  if (await tooSlow(room, run, seat)) return cutoff.reason === null ? drop(SLOW) : cutDrop(cutoff.reason);
  for (;;) {
    const { end, by } = await callOnce(room, run, seat, last === null ? "first" : "retry");
    switch (end.status) {
      case "answered": {
        const reading = readReply(run.order, end.reply);
        if (reading.usable) {
          const hedgedBy = by === seat.target ? null : by.member;
          return answeredOutcome(seat.plan, seat.log, end.reply, reading.inspection, { hedgedBy, at: end.endedAt });
        }
        last = { ...reading.failure, textRead: seat.spoke };
        markResult(seat, last.reason);
        break;
      }
      case "failed":
        last = end.failure;
        break;
      case "cut":
      case "cut-waiting":
        return cutDrop(end.by);
      case "excluded":
        if (end.failure.reason === "privacy-excluded") seat.log.local = false;
        return drop(end.failure);
      case "refused":
        if (last !== null) {
          if (end.why === "circuit-open" && (await othersProbe(room, run, seat))) continue;
          return cutoff.reason === null ? drop(last) : cutDrop(cutoff.reason);
        }
        if (end.why === "circuit-open" && !seat.forced) {
          seat.forced = await chance.wait("open", room.breaker.view(seat.plan.member).until);
          if (seat.forced) continue;
          if (cutoff.reason !== null) return cutDrop(cutoff.reason);
        }
        return drop(refusalWhy(end.why));
      default:
        return end satisfies never;
    }
    if (!(await waitForNext(room, run, seat, last))) return cutoff.reason === null ? drop(last) : cutDrop(cutoff.reason);
  }
}

/** Why asking it now would only cost time: refused by its breaker, or usually slower than what is left; null = no doubt. */
export function doubtOf({ breaker, latencies, clock }: Room, { order }: Run, member: string): Doubt | null {
  if (breaker.blocked(member)) return "open";
  return (latencies.known(member)?.p50 ?? 0) > order.panelBy - clock.now() ? "slow" : null;
}

/** The outcome of a seat that a chain went past without asking. */
export function passedOver(room: Room, plan: SeatPlan, doubt: Doubt): Outcome {
  const now = room.clock.now();
  return droppedOutcome(plan, newLog(plan, now), doubt === "open" ? refusalWhy("circuit-open") : SLOW, now);
}

/**
 * Several seats of one member that were told to wait come back together, and only one may probe: the others wait for what it
 * finds. True = the probe has ended and the circuit is closed.
 */
async function othersProbe({ breaker }: Room, { cutoff }: Run, { plan: { member } }: Seat): Promise<boolean> {
  if (breaker.view(member).state !== "half-open" || cutoff.reason !== null) return false;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      forget();
      leave();
      resolve();
    };
    const forget = breaker.onProbeEnd(member, end);
    const leave = cutoff.onCut(end);
  });
  return cutoff.reason === null && breaker.view(member).state === "closed";
}

const SLOW: Why = { reason: "timeout", detail: "it usually takes longer than the time that is left" };

/** A seat that could hardly finish is not started, unless nobody else can answer. */
async function tooSlow(room: Room, run: Run, seat: Seat): Promise<boolean> {
  if (seat.forced || doubtOf(room, run, seat.plan.member) !== "slow") return false;
  seat.forced = await run.chance.wait("slow", 0);
  return !seat.forced;
}

function refusalWhy(why: Refusal): Why {
  switch (why) {
    case "circuit-open":
      return { reason: why, detail: "its circuit is open after earlier failures" };
    case "overloaded":
      return { reason: why, detail: "the queue of its provider is full or too long for the time left" };
    case "budget-excluded":
      return { reason: why, detail: "its worst case does not fit what is left of max_cost_usd" };
    case "retry-denied":
      return { reason: "unavailable", detail: "the retry budget of its provider is used up" };
    default:
      return why satisfies never;
  }
}

/** Waits as the retry policy says; false = there is no next attempt, or the run was cut meanwhile. */
async function waitForNext(room: Room, { order, cutoff }: Run, seat: Seat, failure: Failure): Promise<boolean> {
  const { clock, knobs, random, breaker, retries, meter } = room;
  const { member, provider } = seat.plan;
  const now = clock.now();
  const usualMs = seat.forced ? 0 : (room.latencies.known(member)?.p50 ?? 0);
  const wait = nextWait(failure, seat.history, { leftMs: order.panelBy - now, usualMs }, random.next, knobs);
  if (wait === null) return false;
  const circuit = breaker.view(member);
  if (circuit.state === "open" && circuit.until > now + wait) return false;
  if (!retries.ready(provider)) {
    meter.count("retries_denied", { provider });
    return false;
  }
  if (failure.again === "shrink" && !shrink(room, seat.target, seat.shrunk, failure.reason)) return false;
  noteRetry(seat.history, failure.reason);
  return sleep(clock, wait, cutoff);
}

async function callOnce(room: Room, run: Run, seat: Seat, kind: CallKind): Promise<{ end: CallEnd; by: Target }> {
  const { order, cutoff, ledger } = run;
  const { onDelta } = order;
  const call: CallOrder = {
    target: seat.target,
    compose(windowTokens) {
      const { composed, fit } = compose(room, order, seat, windowTokens);
      seat.log.fit = fit;
      return composed;
    },
    passage: order.passage,
    cutoff,
    by: order.panelBy,
    purse: order.purse,
    ledger,
    timeoutMs: seat.plan.timeoutMs,
    forced: seat.forced,
    kind,
  };
  if (onDelta !== undefined)
    call.onDelta = (text) => {
      seat.spoke = true;
      onDelta(seat.plan.seat, text);
    };
  const { end, by, others } = await hedgedCall(room, call, (reply) => readReply(order, reply).usable);
  for (const other of others) record(order, seat, other);
  record(order, seat, end);
  return { end, by };
}

function record({ startedAt }: PanelOrder, { log, history }: Seat, end: CallEnd): void {
  if (!("startedAt" in end)) return;
  const started_ms = Math.round(end.startedAt - startedAt);
  const ended_ms = Math.max(started_ms, Math.round(end.endedAt - startedAt));
  const result = end.status === "failed" ? end.failure.reason : end.status === "cut" ? CUT_REASON[end.by] : end.status;
  log.attempts.push({ started_ms, ended_ms, result });
  log.costUsd = addUsd(log.costUsd, end.costUsd);
  log.local = log.local && end.local;
  const used = end.status === "answered" ? end.reply.usage : end.status === "failed" ? end.failure.usage : NO_USAGE;
  log.usage = {
    input_tokens: addUsd(log.usage.input_tokens, used.input_tokens),
    output_tokens: addUsd(log.usage.output_tokens, used.output_tokens),
  };
  history.attempts += 1;
}
const NO_USAGE = { input_tokens: null, output_tokens: null };

/** A reply that turned out to be no answer: the attempt says so. */
function markResult({ log }: Seat, result: DropoutReason): void {
  const attempt = log.attempts.at(-1);
  if (attempt !== undefined) attempt.result = result;
}
