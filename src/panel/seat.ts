/** One seat's calls: what it sends, how it reads what comes back, and what it writes down of both. Decides nothing about the next call. */
import type { DropoutReason } from "../core/reasons.ts";
import type { Cutoff } from "../core/time.ts";
import type { ChatReply } from "../providers/provider.ts";
import { ownFailure } from "./attempt.ts";
import type { CallEnd } from "./booking.ts";
import type { CallKind, CallOrder, Composed } from "./call.ts";
import type { Chance } from "./chance.ts";
import { compose, learnFactor, wasCutSilently } from "./compose.ts";
import { type Cut, CUT_REASON } from "./cut.ts";
import { hedgedCall } from "./hedge.ts";
import { type Reading, readReply, type SeatLog } from "./outcome.ts";
import type { CallLedger, PanelOrder, SeatPlan } from "./panel.ts";
import { addUsd } from "./purse.ts";
import type { RetryHistory } from "./retry.ts";
import type { Room, Target } from "./room.ts";

/** What the seats of one run share. */
export interface Run {
  order: PanelOrder;
  cutoff: Cutoff<Cut>;
  ledger: CallLedger;
  chance: Chance;
}
export interface Seat {
  plan: SeatPlan;
  target: Target;
  log: SeatLog;
  history: RetryHistory;
  forced: boolean;
  /** what a provider that found the output too large has left of it; null = as asked */
  maxTokens: number | null;
  /** what was sent last */
  sent: Composed | null;
  /** answer text has gone out to a listener: nothing may be asked again */
  spoke: boolean;
}
export const newLog = (plan: SeatPlan, since: number): SeatLog => ({
  attempts: [],
  costUsd: 0,
  usage: { input_tokens: 0, output_tokens: 0 },
  known: { input_tokens: 0, output_tokens: 0 },
  local: plan.local,
  reached: false,
  fit: null,
  since,
});

/** `by` may be a substitute, whose prompt was not ours to measure. */
export function readAnswer(room: Room, { order }: Run, { target, sent }: Seat, reply: ChatReply, by: Target): Reading {
  if (by === target && sent !== null && "messages" in sent) {
    if (wasCutSilently(target, sent.messages, reply)) {
      const detail = "the provider read only a part of the prompt";
      return { usable: false, failure: ownFailure("truncated", detail, { usage: reply.usage }) };
    }
    learnFactor(room, target.member, sent.estimate, reply);
  }
  return readReply(order, reply);
}

export async function callOnce(room: Room, run: Run, seat: Seat, kind: CallKind): Promise<{ end: CallEnd; by: Target }> {
  const { order, cutoff, ledger } = run;
  const { onDelta } = order;
  // a substitute has a window of its own
  const sentTo = new Map<Target, ReturnType<typeof compose>>();
  const call: CallOrder = {
    target: seat.target,
    compose(windowTokens, target) {
      const made = compose(room, order, { ...seat, target }, windowTokens);
      sentTo.set(target, made);
      return made.composed;
    },
    passage: order.passage,
    cutoff,
    by: order.panelBy,
    purse: order.purse,
    ledger,
    timeoutMs: seat.plan.timeoutMs,
    forced: seat.forced,
    kind,
    // a hedge is an attempt of its seat, and counts as one
    mayHedge: !seat.forced && seat.history.attempts + 2 <= room.knobs.attempts,
  };
  if (onDelta !== undefined)
    call.onDelta = (text) => {
      seat.spoke = true;
      onDelta(seat.plan.seat, text);
    };
  const { end, by, others } = await hedgedCall(room, call, (reply) => readReply(order, reply).usable);
  seat.sent = sentTo.get(by)?.composed ?? null;
  seat.log.fit = sentTo.get(by)?.fit ?? null;
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
  log.known.input_tokens += used.input_tokens ?? 0;
  log.known.output_tokens += used.output_tokens ?? 0;
  log.reached ||= end.status === "failed" && end.failure.status !== null;
  history.attempts += 1;
}

/** The answer's outcome shows its own tokens; what earlier attempts took goes into the run's ledger. */
export function bookBefore({ ledger }: Run, { log }: Seat, { usage }: ChatReply): void {
  const input = log.known.input_tokens - (usage.input_tokens ?? 0);
  const output = log.known.output_tokens - (usage.output_tokens ?? 0);
  if (input + output === 0) return;
  const before = ledger.before ?? { input_tokens: 0, output_tokens: 0 };
  ledger.before = { input_tokens: before.input_tokens + input, output_tokens: before.output_tokens + output };
}
const NO_USAGE = { input_tokens: null, output_tokens: null };

/** A reply that turned out to be no answer: the attempt says so. */
export function markResult({ log }: Seat, result: DropoutReason): void {
  const attempt = log.attempts.at(-1);
  if (attempt !== undefined) attempt.result = result;
}
