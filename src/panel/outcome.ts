/** What a seat hands back: turns replies and failures into the Outcome of the wire contract. Calls nobody. */
import { type Inspection, inspectAnswer, type AnswerFlag } from "../../adjudicator/index.ts";
import type { Usage } from "../core/chat.ts";
import type { DropoutReason } from "../core/reasons.ts";
import type { AnsweredOutcome, Attempt, ContextFit, DroppedOutcome, NotAskedOutcome, Outcome } from "../core/report.ts";
import type { ChatReply, Failure } from "../providers/provider.ts";
import { ownFailure } from "./attempt.ts";
import type { PanelOrder, SeatPlan } from "./panel.ts";

/** What a seat has gathered on its way. Times are ms of the run. */
export interface SeatLog {
  attempts: Attempt[];
  costUsd: number | null;
  usage: Usage;
  /** the known part of `usage` */
  known: { input_tokens: number; output_tokens: number };
  local: boolean;
  /** some attempt brought a reply with a status of the provider's own */
  reached: boolean;
  fit: ContextFit | null;
  /** monotonic ms at which the seat was turned to, and at which it ended */
  since: number;
}

export type Reading = { usable: true; inspection: Inspection } | { usable: false; failure: Failure };

/** Whether a reply can stand as an answer; what cannot is a failure like any other. */
export function readReply({ answer, tools, sampling, passage }: PanelOrder, reply: ChatReply): Reading {
  const { text, toolCalls, finish, usage, relayedTo } = reply;
  const bad = (reason: Failure["reason"], detail: string, more: Partial<Failure> = {}): Reading => ({
    usable: false,
    failure: ownFailure(reason, detail, { usage, ...more }),
  });
  if (relayedTo !== null && passage.privacy === "local-only") return bad("privacy-excluded", "it relayed the prompt to another host");
  if (toolCalls.length > 0 && !sampling.tools?.length)
    return bad("bad-response", "it called a tool though none was given", { again: "once" });
  const inspection = inspectAnswer({ text, toolCalls, finish: finish.unified, answer, tools });
  if (inspection.empty) return bad("empty", "no visible text and no tool call", { again: "once" });
  const { status } = inspection.reading;
  if (status === "cut" || (finish.unified === "length" && status !== "read" && answer.type !== "text"))
    return bad("truncated", "the answer was cut before it could be read");
  return { usable: true, inspection };
}

const seatFacts = ({ member, provider, model, seat, sample }: SeatPlan, local: boolean) => ({
  member,
  provider,
  model,
  seat,
  sample,
  local,
});

export function answeredOutcome(
  seat: SeatPlan,
  log: SeatLog,
  reply: ChatReply,
  inspection: Inspection,
  end: { hedgedBy: string | null; at: number },
): AnsweredOutcome {
  const flags = new Set<AnswerFlag>(inspection.flags);
  if (log.fit !== null) flags.add("context-trimmed");
  return {
    ...seatFacts(seat, log.local),
    status: "answered",
    text: reply.text,
    value: inspection.reading.status === "read" ? inspection.reading.value : null,
    tool_calls: reply.toolCalls,
    reasoning: reply.reasoning,
    finish_reason: reply.finish,
    served_model: reply.servedModel,
    usage: reply.usage,
    cost_usd: log.costUsd,
    latency_ms: Math.max(0, Math.round(end.at - log.since)),
    attempts: log.attempts,
    context_fit: log.fit,
    ignored_parameters: reply.ignored,
    flags: [...flags],
    hedged_by: end.hedgedBy,
  };
}

/** What is known of a dropped seat beside its outcome, whose fields are the wire's. */
const REACHED = new WeakSet<Outcome>();
export const wasReached = (outcome: Outcome): boolean => REACHED.has(outcome);

export function droppedOutcome(
  seat: SeatPlan,
  log: SeatLog,
  why: { reason: DropoutReason; detail: string; retryAfterMs?: number | null },
  at: number,
): DroppedOutcome {
  const outcome: DroppedOutcome = {
    ...seatFacts(seat, log.local),
    status: "dropped",
    reason: why.reason,
    detail: why.detail,
    retry_after_ms: why.retryAfterMs ?? null,
    latency_ms: Math.max(0, Math.round(at - log.since)),
    attempts: log.attempts,
    cost_usd: log.costUsd,
    usage: log.usage,
  };
  if (log.reached) REACHED.add(outcome);
  return outcome;
}

export const notAskedOutcome = (seat: SeatPlan): NotAskedOutcome => ({ ...seatFacts(seat, seat.local), status: "not-asked" });
