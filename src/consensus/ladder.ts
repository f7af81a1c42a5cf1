/** The adjudicator models of a run: which can be asked, and the Ask that lends them to the decision. Never decides. */
import type { AdjudicatorSeat, Ask, AskRequest } from "../../adjudicator/index.ts";
import type { ChatMessage } from "../core/chat.ts";
import { splitMember } from "../core/member.ts";
import type { DropoutReason } from "../core/reasons.ts";
import type { Outcome } from "../core/report.ts";
import type { CallLedger } from "../panel/panel.ts";
import type { ConsensusDeps } from "./deps.ts";
import type { RunPlan } from "./plan.ts";

/** Tokens kept free for the adjudicator's reply when its window is known. */
const REPLY_TOKENS = 2048;
/** What an unknown window is taken for: the smallest that common local runtimes allocate. */
const UNKNOWN_WINDOW = 4096;

/** A refusal of the privacy class, and counted as one where its rung was reached. */
export const REMOTE_UNDER_LOCAL = "a remote adjudicator is not asked under local-only";

function whySkip(deps: ConsensusDeps, plan: RunPlan, member: string): string | null {
  const { provider } = splitMember(member);
  const known = deps.provider(provider);
  if (known === null) return `no provider named ${provider} is known`;
  if (plan.passage.privacy === "local-only" && !known.local) return REMOTE_UNDER_LOCAL;
  if (!known.configured) return `provider ${provider} has no key`;
  const left = plan.deadlineAt - deps.clock.now();
  if (left <= 0) return "no time is left";
  const recent = deps.panel.latency(member);
  if (recent !== null && recent.p50 > left) return "it is slower than the time left";
  return deps.panel.unavailable(member, plan.passage);
}

/** Reasons that say nothing of the model's provider: such a member may still judge. */
const OWN_FAULT: ReadonlySet<DropoutReason> = new Set([
  "late",
  "empty",
  "truncated",
  "refused",
  "context-too-long",
  "budget-excluded",
  "bad-response",
]);

/** Members whose provider failed in this very run: asking them again as adjudicators would pay for the same outage twice. */
const failedMembers = (outcomes: readonly Outcome[]): ReadonlySet<string> =>
  new Set(outcomes.flatMap((outcome) => (outcome.status === "dropped" && !OWN_FAULT.has(outcome.reason) ? [outcome.member] : [])));

/** Members that were still silent when the wait ended. */
const silentMembers = (outcomes: readonly Outcome[]): ReadonlySet<string> =>
  new Set(outcomes.flatMap((outcome) => (outcome.status === "dropped" && outcome.reason === "late" ? [outcome.member] : [])));

/** Who was silent as a member is asked as an adjudicator only where nobody else can be: it may hang as long again. */
export function adjudicatorSeats(deps: ConsensusDeps, plan: RunPlan, outcomes: readonly Outcome[]): AdjudicatorSeat[] {
  const silent = silentMembers(outcomes);
  const seats = seatsOf(deps, plan, failedMembers(outcomes));
  const others = seats.some(({ name, skip }) => skip === null && !silent.has(name));
  const passOver = (seat: AdjudicatorSeat): AdjudicatorSeat =>
    seat.skip === null && silent.has(seat.name) ? { ...seat, skip: "it was still silent as a member" } : seat;
  return others ? seats.map(passOver) : seats;
}

function seatsOf(deps: ConsensusDeps, plan: RunPlan, failed: ReadonlySet<string>): AdjudicatorSeat[] {
  return plan.request.adjudicators.map((name) => {
    const facts = deps.facts(name);
    const window = facts.numCtx ?? facts.contextTokens ?? UNKNOWN_WINDOW;
    return {
      name,
      family: facts.family,
      promptTokens: Math.max(512, window - REPLY_TOKENS),
      skip: failed.has(name) ? "it dropped out of this run" : whySkip(deps, plan, name),
    };
  });
}

const messagesOf = ({ system, prompt }: AskRequest): ChatMessage[] => [
  { role: "system", content: system },
  { role: "user", content: prompt },
];

/** Every call goes through the panel's breakers, budgets, limits and guard, and is booked in the run's ledger. */
export function lendAsk(deps: ConsensusDeps, plan: RunPlan, signal: AbortSignal, book: (ledger: CallLedger) => void): Ask {
  return async (request) => {
    const by = plan.deadlineAt;
    if (by - deps.clock.now() <= 0) {
      return { ok: false, reason: "skipped", detail: "no time is left", usage: { input_tokens: null, output_tokens: null }, costUsd: 0 };
    }
    const { ledger, ...reply } = await deps.panel.askOne({
      member: request.adjudicator,
      messages: messagesOf(request),
      sampling: { temperature: 0, max_tokens: request.maxOutputTokens },
      schema: request.schema === null ? null : { name: request.schemaName, schema: request.schema },
      passage: plan.passage,
      by,
      signal,
      purse: plan.purse,
      onDelta: request.onDelta,
    });
    book(ledger);
    return reply;
  };
}
