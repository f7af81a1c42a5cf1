/** Asks the panel: all at once, one after another (`fallback`), or local members first (`cascade`). Decides nothing but who is asked and until when. */
import type { Candidate, Reading } from "../../adjudicator/index.ts";
import type { CascadeReport, EscalationReason, Outcome } from "../core/report.ts";
import { notAskedOutcome } from "../panel/outcome.ts";
import type { CallLedger, PanelOrder, SeatPlan, Settling } from "../panel/panel.ts";
import { toolSpecs, type Weigh } from "./candidates.ts";
import { cascadeReport, escalationReason } from "./cascade.ts";
import type { ConsensusDeps } from "./deps.ts";
import type { Learned } from "./learning.ts";
import { panelEnd, type RunPlan } from "./plan.ts";
import { settleRules, usableMembers } from "./settle.ts";

export interface AskIo {
  read(outcomes: readonly Outcome[]): Candidate[];
  weigh: Weigh;
  /** by seat: how its answer was read */
  readings: Map<number, Reading>;
  learned: Learned;
  /** "cancelled": the caller left; "deadline": end with what there is */
  signal: AbortSignal;
  onOutcome(outcome: Outcome): void;
  /** set when the only seat's answer streams to the caller */
  onDelta: ((text: string) => void) | undefined;
}
export type Struck = "deadline" | "stop" | null;
export interface Asked {
  outcomes: Outcome[];
  ledger: CallLedger;
  panelMs: number;
  /** what ended the wait for a seat: its deadline, or the stop of the service; null = neither */
  struck: Struck;
  /** strategy `cascade` alone */
  cascade?: CascadeReport | undefined;
}

/** Share of the deadline kept for the adjudicator while its p95 is unknown, and the most it ever gets. */
const SLICE_SHARE = 0.2;
const SLICE_MOST_SHARE = 0.4;
const SLICE_MOST_MS = 15_000;
/** A cascade leaves the cloud at least this share of the time. */
const LOCAL_SHARE = 0.5;

/** Monotonic ms at which a panel with two answers that decide nothing yet stops waiting, so that an adjudicator still has time. */
function softEnd(deps: ConsensusDeps, plan: RunPlan, hardEnd: number): number {
  const { strategy, adjudicators, deadline_ms } = plan.request;
  if (strategy === "vote" || strategy === "fallback" || adjudicators.length === 0) return hardEnd;
  const learned = adjudicators.map((name) => deps.panel.latency(name)?.p95 ?? null).find((p95) => p95 !== null);
  const slice = Math.min(learned ?? SLICE_SHARE * deadline_ms, SLICE_MOST_SHARE * deadline_ms, SLICE_MOST_MS);
  return hardEnd - slice;
}

interface Phase {
  seats: SeatPlan[];
  hardEnd: number;
  /** outcomes of an earlier phase, counted with this one's */
  before: Outcome[];
}

async function askPhase(deps: ConsensusDeps, plan: RunPlan, io: AskIo, { seats, hardEnd, before }: Phase) {
  const { clock, panel } = deps;
  const { request } = plan;
  const cut = new AbortController();
  const forward = (): void => cut.abort(io.signal.reason);
  if (io.signal.aborted) forward();
  io.signal.addEventListener("abort", forward, { once: true });
  const heard: Outcome[] = [...before];
  const rules = settleRules(plan, io.read, io.weigh);
  const softAt = softEnd(deps, plan, hardEnd);
  const cutShort = (): void => {
    if (clock.now() >= softAt - 1 && usableMembers(heard) >= 2 && !rules.decided(heard)) cut.abort("deadline");
  };
  const cancel = softAt < hardEnd ? clock.timer(Math.max(0, softAt - clock.now()), cutShort) : (): void => {};
  const { messages, answer, grace_ms: graceMs, ...rest } = request;
  const order: PanelOrder = {
    runId: plan.id,
    seats,
    messages,
    sampling: rest,
    answer,
    tools: toolSpecs(request),
    passage: plan.passage,
    panelBy: hardEnd,
    startedAt: plan.startedAt,
    graceMs,
    signal: cut.signal,
    settle: (outcomes): Settling => (request.strategy === "fallback" ? "wait" : rules.settle([...before, ...outcomes])),
    onInspected: (seat, { reading }) => io.readings.set(seat, reading),
    onOutcome: (outcome) => {
      heard.push(outcome);
      io.onOutcome(outcome);
      if (softAt < hardEnd) cutShort();
    },
    onDelta: io.onDelta && ((_seat, text) => io.onDelta?.(text)),
    purse: plan.purse,
    inTurn: request.strategy === "fallback",
    answered: usableMembers(before) > 0,
  };
  try {
    return await panel.ask(order);
  } finally {
    cancel();
    io.signal.removeEventListener("abort", forward);
  }
}

interface Cascaded {
  outcomes: Outcome[];
  ledger: CallLedger;
  reason: EscalationReason | null;
}

async function cascade(deps: ConsensusDeps, plan: RunPlan, io: AskIo, hardEnd: number): Promise<Cascaded> {
  const local = plan.seats.filter((seat) => seat.local);
  const remote = plan.seats.filter((seat) => !seat.local);
  if (local.length === 0) return { ...(await askPhase(deps, plan, io, { seats: remote, hardEnd, before: [] })), reason: "no-local-member" };
  const localEnd = remote.length === 0 ? hardEnd : plan.startedAt + (hardEnd - plan.startedAt) * LOCAL_SHARE;
  const first = await askPhase(deps, plan, io, { seats: local, hardEnd: localEnd, before: [] });
  const reason = io.signal.aborted ? "stopped" : escalationReason(io.read(first.outcomes), first.outcomes, io.learned, plan.request.quorum);
  if (reason === null || reason === "stopped" || remote.length === 0)
    return { outcomes: bySeat([...first.outcomes, ...remote.map(notAskedOutcome)]), ledger: first.ledger, reason };
  const second = await askPhase(deps, plan, io, { seats: remote, hardEnd, before: first.outcomes });
  return { outcomes: bySeat([...first.outcomes, ...second.outcomes]), ledger: bothLedgers(first.ledger, second.ledger), reason };
}

const NOTHING_BEFORE = { input_tokens: 0, output_tokens: 0 };
const bothLedgers = (a: CallLedger, b: CallLedger): CallLedger => ({
  calls: a.calls + b.calls,
  retries: a.retries + b.retries,
  before: {
    input_tokens: (a.before ?? NOTHING_BEFORE).input_tokens + (b.before ?? NOTHING_BEFORE).input_tokens,
    output_tokens: (a.before ?? NOTHING_BEFORE).output_tokens + (b.before ?? NOTHING_BEFORE).output_tokens,
  },
});
const bySeat = (outcomes: Outcome[]): Outcome[] => outcomes.sort((a, b) => a.seat - b.seat);

export async function askPanel(deps: ConsensusDeps, plan: RunPlan, io: AskIo): Promise<Asked> {
  const from = deps.clock.now();
  const hardEnd = panelEnd(plan);
  const phase = { seats: plan.seats, hardEnd, before: [] };
  const asksLocalFirst = plan.request.strategy === "cascade";
  const { outcomes, ledger, reason } = asksLocalFirst
    ? await cascade(deps, plan, io, hardEnd)
    : { ...(await askPhase(deps, plan, io, phase)), reason: null };
  const now = deps.clock.now();
  const stopped = io.signal.aborted && io.signal.reason === "deadline";
  const struck: Struck = now >= hardEnd - 1 ? "deadline" : stopped ? "stop" : null;
  return {
    outcomes,
    ledger,
    panelMs: now - from,
    struck,
    cascade: asksLocalFirst ? cascadeReport(deps, plan, outcomes, reason) : undefined,
  };
}
