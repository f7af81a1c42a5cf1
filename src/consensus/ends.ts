/** How a run without an answer ends: the ordered rules that turn outcomes into one problem. Pure. */
import { Problem, type ProblemSlug } from "../core/problem.ts";
import type { DropoutReason } from "../core/reasons.ts";
import type { DroppedOutcome, Outcome } from "../core/report.ts";
import { wasReached } from "../panel/outcome.ts";
import type { Struck } from "./ask.ts";
import { usableMembers } from "./settle.ts";
import { DEFAULT_RETRY_S, QUEUES_FULL, type RunPlan } from "./plan.ts";

const isDropped = (outcome: Outcome): outcome is DroppedOutcome => outcome.status === "dropped";
/** Reasons of a member that was not reached or not proved, unless it replied with a fault of its own. */
const NOT_REACHED: ReadonlySet<DropoutReason> = new Set(["unavailable", "circuit-open", "misconfigured"]);
const isOut = (outcome: DroppedOutcome): boolean =>
  outcome.reason === "privacy-excluded" || (NOT_REACHED.has(outcome.reason) && !wasReached(outcome));

/** Whole seconds until the earliest member may answer again. */
function retryAfterS(dropped: DroppedOutcome[]): number {
  const waits = dropped.map((outcome) => outcome.retry_after_ms).filter((ms): ms is number => ms !== null && ms > 0);
  return waits.length === 0 ? DEFAULT_RETRY_S : Math.max(1, Math.ceil(Math.min(...waits) / 1000));
}

/** " (groq/a: timeout, ollama/b: unavailable)": callers that are shown no report still learn who failed, and how. */
function losses(dropped: DroppedOutcome[]): string {
  const each = new Set(dropped.map(({ member, reason }) => `${member}: ${reason}`));
  return each.size > 0 ? ` (${[...each].join(", ")})` : "";
}

function nobodyAsked(plan: RunPlan, dropped: DroppedOutcome[]): { slug: ProblemSlug; detail: string } {
  if (plan.passage.privacy === "local-only")
    return { slug: "local-unavailable", detail: "no local member could be reached and proved local" };
  const asked = dropped.filter((outcome) => outcome.reason !== "misconfigured" && outcome.reason !== "privacy-excluded");
  if (asked.length > 0 && asked.every((outcome) => outcome.reason === "overloaded")) {
    return { slug: "overloaded", detail: QUEUES_FULL };
  }
  return { slug: "no-members", detail: `no seat of the panel could be asked${losses(dropped)}` };
}

function withoutAnswer(plan: RunPlan, dropped: DroppedOutcome[], struck: Struck): { slug: ProblemSlug; detail: string } {
  if (dropped.length > 0 && dropped.every((outcome) => outcome.reason === "context-too-long")) {
    return { slug: "context-too-long", detail: "the prompt fits the context window of no member" };
  }
  if (dropped.every((outcome) => outcome.attempts.length === 0 && outcome.reason !== "timeout")) return nobodyAsked(plan, dropped);
  const local = dropped.filter((outcome) => outcome.local || outcome.reason === "privacy-excluded");
  if (plan.passage.privacy === "local-only" && local.every(isOut)) {
    return { slug: "local-unavailable", detail: "no local member could be reached and proved local" };
  }
  if (struck === "stop") return { slug: "deadline-exceeded", detail: "the service stopped before there was a usable answer" };
  if (struck) return { slug: "deadline-exceeded", detail: `no usable answer within ${plan.request.deadline_ms} ms` };
  return { slug: "no-candidates", detail: `members were asked, and none gave a usable answer${losses(dropped)}` };
}

/** null = there is an answer to decide on. `struck`: what ended the wait for a seat that was still out. */
export function failure(plan: RunPlan, outcomes: Outcome[], struck: Struck): Problem | null {
  const usable = usableMembers(outcomes);
  const dropped = outcomes.filter(isDropped);
  if (usable === 0) {
    const { slug, detail } = withoutAnswer(plan, dropped, struck);
    const hopeless =
      slug === "context-too-long" || (slug === "no-members" && dropped.every((outcome) => outcome.reason === "misconfigured"));
    return new Problem(slug, detail, hopeless ? {} : { retryAfterS: retryAfterS(dropped) });
  }
  if (plan.request.require_quorum && usable < plan.quorumNeeded) {
    const detail = `${usable} of the ${plan.quorumNeeded} members needed gave a usable answer`;
    return new Problem("quorum-lost", detail, { retryAfterS: retryAfterS(dropped) });
  }
  return null;
}
