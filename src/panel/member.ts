/** One seat: asked, asked again where that may help, and always exactly one Outcome at the end. Never throws. */
import type { DropoutReason } from "../core/reasons.ts";
import type { Outcome } from "../core/report.ts";
import { sleep } from "../core/time.ts";
import type { Failure } from "../providers/provider.ts";
import type { Refusal } from "./booking.ts";
import type { Doubt } from "./chance.ts";
import { halfOutput } from "./compose.ts";
import { type Cut, CUT_DETAIL, CUT_REASON } from "./cut.ts";
import { answeredOutcome, droppedOutcome } from "./outcome.ts";
import type { SeatPlan } from "./panel.ts";
import { nextWait, noteRetry } from "./retry.ts";
import { type Room, targetOf } from "./room.ts";
import { bookBefore, callOnce, markResult, newLog, readAnswer, type Run, type Seat } from "./seat.ts";

type Why = { reason: DropoutReason; detail: string; retryAfterMs?: number | null };

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
  const history = { attempts: 0, byReason: new Map<string, number>() };
  const seat: Seat = { plan, target, log, history, forced, maxTokens: null, spoke: false, sent: null };
  try {
    return await askUntilEnd(room, run, seat, drop);
  } catch (error) {
    room.log("error", "seat-threw", { member: plan.member, error: error instanceof Error ? error.name : typeof error });
    return drop({ reason: "bad-response", detail: "an internal fault kept this seat from being asked" });
  }
}

async function askUntilEnd(room: Room, run: Run, seat: Seat, drop: (why: Why) => Outcome): Promise<Outcome> {
  const { cutoff } = run;
  const cutDrop = (by: Cut): Outcome => drop(cutWhy(by));
  let last: Failure | null = null;
  if (cutoff.reason !== null) return cutDrop(cutoff.reason);
  if (await tooSlow(room, run, seat)) return cutoff.reason === null ? drop(SLOW) : cutDrop(cutoff.reason);
  for (;;) {
    const { end, by } = await callOnce(room, run, seat, last === null ? "first" : "retry");
    switch (end.status) {
      case "answered": {
        const reading = readAnswer(room, run, seat, end.reply, by);
        if (reading.usable) {
          run.order.onInspected?.(seat.plan.seat, reading.inspection);
          bookBefore(run, seat, end.reply);
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
      case "refused": {
        const why = await afterRefusal(room, run, seat, { why: end.why, last });
        if (why === "again") continue;
        return drop(why);
      }
      default:
        return end satisfies never;
    }
    if (!(await waitForNext(room, run, seat, last))) return cutoff.reason === null ? drop(last) : cutDrop(cutoff.reason);
  }
}

const cutWhy = (by: Cut): Why => ({ reason: CUT_REASON[by], detail: CUT_DETAIL[by] });

/** What becomes of a seat whose call our own side refused: it may go all the same, or it drops. `last`: what an earlier call of it failed with. */
async function afterRefusal(
  room: Room,
  run: Run,
  seat: Seat,
  { why, last }: { why: Refusal; last: Failure | null },
): Promise<Why | "again"> {
  const { cutoff, chance } = run;
  const { member } = seat.plan;
  if (last !== null) {
    if (why === "circuit-open" && (await othersProbe(room, run, seat))) return "again";
    return cutoff.reason === null ? last : cutWhy(cutoff.reason);
  }
  if (why === "circuit-open" && !seat.forced) {
    seat.forced = await chance.wait({ doubt: "open", member, retryAt: room.breaker.view(member).until });
    if (seat.forced) return "again";
    // at the deadline it is the circuit, not the clock, that kept it from being asked
    if (cutoff.reason !== null && cutoff.reason !== "deadline") return cutWhy(cutoff.reason);
  }
  return refusalWhy(why);
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
  seat.forced = await run.chance.wait({ doubt: "slow", member: seat.plan.member, retryAt: 0 });
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
  if (failure.again === "shrink") seat.maxTokens = halfOutput(room, seat.target, seat.maxTokens ?? order.sampling.max_tokens);
  noteRetry(seat.history, failure.reason);
  return sleep(clock, wait, cutoff);
}
