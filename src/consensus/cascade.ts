/** What a cascade's escalation cost and what its absence saved. Decides on the local answers whether the cloud is asked; asks nobody. */
import { type Candidate, measureAgreement } from "../../adjudicator/index.ts";
import type { CascadeReport, EscalationReason, Outcome } from "../core/report.ts";
import type { SeatPlan } from "../panel/panel.ts";
import { addUsd, worstCaseUsd } from "../panel/purse.ts";
import type { ConsensusDeps } from "./deps.ts";
import type { Learned } from "./learning.ts";
import type { RunPlan } from "./plan.ts";
import { costOfSeats } from "./report.ts";
import { usableMembers } from "./settle.ts";

/** A local answer whose learned confidence is below this is not trusted alone. */
export const CASCADE_CONFIDENCE = 0.7;

/** Why the local members do not suffice; null = they answered whole, agree, and are not known to be unreliable together. */
export function escalationReason(
  candidates: Candidate[],
  outcomes: readonly Outcome[],
  learned: Learned,
  quorum: number,
): EscalationReason | null {
  const tooLong = outcomes.some((outcome) => outcome.status === "dropped" && outcome.reason === "context-too-long");
  const needed = Math.min(quorum, new Set(outcomes.map(({ member }) => member)).size);
  if (usableMembers(outcomes) < needed) return tooLong ? "context" : "no-answer";
  if (candidates.some((candidate) => candidate.flags.includes("context-trimmed"))) return "context";
  const agreement = measureAgreement(candidates);
  if (agreement.classes.length === 0) return "no-answer";
  if (agreement.classes.length > 1 || agreement.abstained.length > 0) return "disagreement";
  const confidence = learned.confidence(agreement, agreement.classes[0]?.key ?? null);
  return confidence === null || confidence >= CASCADE_CONFIDENCE ? null : "low-confidence";
}

/** The part of the report that only a cascade has. What was saved is the worst case of the calls that were not made, as a budget counts them. */
export function cascadeReport(
  deps: ConsensusDeps,
  plan: RunPlan,
  outcomes: readonly Outcome[],
  reason: EscalationReason | null,
): CascadeReport {
  const cloud = new Map(plan.seats.filter((seat) => !seat.local).map((seat) => [seat.seat, seat]));
  const ofCloud = outcomes.filter(({ seat }) => cloud.has(seat));
  const spared = ofCloud.flatMap(({ status, seat }): SeatPlan[] => {
    const planned = status === "not-asked" ? cloud.get(seat) : undefined;
    return planned && planned.dropped === null ? [planned] : [];
  });
  const worst = spared.map(({ member }) => worstCaseUsd(plan.request.messages, plan.request, deps.facts(member)));
  return {
    escalated: ofCloud.some(({ status, seat }) => status !== "not-asked" && cloud.get(seat)?.dropped === null),
    reason,
    cost_usd: costOfSeats(ofCloud),
    saved_usd: worst.reduce(addUsd, 0),
    saved_calls: spared.length,
  };
}
