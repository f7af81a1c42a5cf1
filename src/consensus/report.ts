/** The truth about one run: joins plan, outcomes and decision into the Report. Pure; stores nothing and asks nobody. */
import type { Decision, Json } from "../../adjudicator/index.ts";
import type { Problem } from "../core/problem.ts";
import type { Degradation } from "../core/reasons.ts";
import type { CascadeReport, DroppedOutcome, Outcome, Report, RunMode } from "../core/report.ts";
import type { CallLedger } from "../panel/panel.ts";
import type { RunPlan } from "./plan.ts";
import { usableMembers } from "./settle.ts";

export interface RunFacts {
  plan: RunPlan;
  outcomes: Outcome[];
  /** null on a failed run */
  decision: Decision | null;
  problem: Problem | null;
  ledger: CallLedger;
  /** strategy `cascade` alone */
  cascade?: CascadeReport | undefined;
  createdAt: number;
  /** monotonic ms spent waiting for members, and for adjudicators */
  panelMs: number;
  adjudicationMs: number;
  totalMs: number;
  simulated: boolean;
}

/** A sum that is unknown as soon as one part is. */
export const sumOrNull = (parts: (number | null)[]): number | null =>
  parts.reduce<number | null>((sum, part) => (sum === null || part === null ? null : sum + part), 0);

const isDropped = (outcome: Outcome): outcome is DroppedOutcome => outcome.status === "dropped";
/** Nothing is known to have been billed for a call that reported no usage; reported usage at an unknown price makes the cost unknown. */
const droppedCost = (outcome: DroppedOutcome): number | null =>
  outcome.cost_usd ?? (outcome.usage.input_tokens === null && outcome.usage.output_tokens === null ? 0 : null);

function seatDegradations(outcomes: Outcome[]): Degradation[] {
  return outcomes.flatMap((outcome): Degradation[] => {
    if (isDropped(outcome) && outcome.reason !== "late")
      return [{ code: "member-dropped", member: outcome.member, detail: outcome.reason }];
    if (outcome.status === "answered" && outcome.context_fit !== null) {
      return [
        { code: "context-trimmed", member: outcome.member, detail: `${outcome.context_fit.cut_tokens} tokens of the prompt were cut` },
      ];
    }
    return [];
  });
}

function runDegradations(facts: RunFacts, usable: number): Degradation[] {
  const { plan, outcomes } = facts;
  const asked = new Set(outcomes.filter((outcome) => outcome.status !== "not-asked").map((outcome) => outcome.member)).size;
  const losses: Degradation[] = [];
  if (usable < neededOf(facts))
    losses.push({ code: "quorum-missed", member: null, detail: `${usable} of ${neededOf(facts)} members usable` });
  if (usable === 1 && asked > 1 && plan.request.strategy !== "fallback") {
    const survivor = outcomes.find((outcome) => outcome.status === "answered");
    losses.push({ code: "single-provider", member: survivor?.member ?? null, detail: `one usable member of ${asked}` });
  }
  return losses;
}

/** `cascade` counts its quorum over the members that it asked. */
function neededOf({ plan, outcomes }: RunFacts): number {
  if (plan.request.strategy !== "cascade") return plan.quorumNeeded;
  const asked = new Set(outcomes.filter((outcome) => outcome.status !== "not-asked").map((outcome) => outcome.member)).size;
  return Math.max(1, Math.min(plan.quorumNeeded, asked));
}

function modeOf(plan: RunPlan, usable: number): RunMode {
  if (plan.request.strategy === "fallback") return "fallback";
  return usable === 1 ? "single-provider" : "consensus";
}

function usageOf({ outcomes, decision, ledger }: RunFacts): Report["usage"] {
  const before = ledger.before ?? { input_tokens: 0, output_tokens: 0 };
  const answered = outcomes.filter((outcome) => outcome.status === "answered").map((outcome) => outcome.usage);
  const dropped = outcomes.filter(isDropped).map((outcome) => outcome.usage);
  const judged = decision?.adjudication ? [decision.adjudication.usage] : [];
  const total = (field: "input_tokens" | "output_tokens"): number | null =>
    sumOrNull([
      before[field],
      ...answered.map((usage) => usage[field]),
      ...judged.map((usage) => usage[field]),
      ...dropped.map((usage) => usage[field] ?? 0),
    ]);
  return {
    calls: ledger.calls,
    retries: ledger.retries,
    input_tokens: total("input_tokens"),
    output_tokens: total("output_tokens"),
    wasted_output_tokens: dropped.reduce((sum, usage) => sum + (usage.output_tokens ?? 0), before.output_tokens),
  };
}

export const costOfSeats = (outcomes: readonly Outcome[]): number | null =>
  sumOrNull(
    outcomes.map((outcome) => {
      if (outcome.status === "not-asked") return 0;
      return isDropped(outcome) ? droppedCost(outcome) : outcome.cost_usd;
    }),
  );

function costOf({ outcomes, decision }: RunFacts): Report["cost_usd"] {
  const members = costOfSeats(outcomes);
  const adjudication = decision?.adjudication ? decision.adjudication.cost_usd : 0;
  return { total: sumOrNull([members, adjudication]), members, adjudication };
}

/** `prompt` is not echoed: it is the one user message. Absent fields stay absent. */
function requestOf(plan: RunPlan): Json {
  const { panel_named: _, ...request } = plan.request;
  return request as unknown as Json;
}

function privacyOf({ passage, tightenedBy }: RunPlan): Report["privacy"] {
  const known = { class: passage.privacy, hosts: [...passage.hosts].sort() };
  return tightenedBy === null ? known : { ...known, tightened_by: tightenedBy };
}

export function buildReport(facts: RunFacts): Report {
  const { plan, outcomes, decision, problem } = facts;
  const usable = usableMembers(outcomes);
  const needed = neededOf(facts);
  const degradations: Degradation[] = [...seatDegradations(outcomes), ...runDegradations(facts, usable), ...(decision?.degradations ?? [])];
  const total = Math.round(facts.totalMs);
  const panel = Math.round(facts.panelMs);
  const adjudication = Math.round(facts.adjudicationMs);
  return {
    schema: "consensus.report/1",
    id: plan.id,
    created_at: new Date(facts.createdAt).toISOString(),
    status: problem ? "failed" : degradations.length > 0 ? "degraded" : "complete",
    mode: modeOf(plan, usable),
    simulated: facts.simulated,
    problem: problem ? { slug: problem.slug, detail: problem.detail } : null,
    answer: decision?.answer ?? null,
    value: decision?.value ?? null,
    tool_calls: decision?.toolCalls ?? [],
    verdict: decision?.verdict ?? null,
    outcomes,
    quorum: { needed, usable, met: usable >= needed },
    adjudication: decision?.adjudication ?? null,
    degradations,
    privacy: privacyOf(plan),
    usage: usageOf(facts),
    cost_usd: costOf(facts),
    ...(facts.cascade ? { cascade: facts.cascade } : {}),
    timing_ms: { total, panel, adjudication, engine: Math.max(0, total - panel - adjudication) },
    storage: { stored: false },
    request: requestOf(plan),
  };
}
