/** When the panel may stop waiting: decided by counting, or grace after quorum. Asked after every outcome; keeps no state. */
import { type Candidate, isDecided } from "../../adjudicator/index.ts";
import type { Outcome } from "../core/report.ts";
import type { Settling } from "../panel/panel.ts";
import { toolSpecs, type Weigh } from "./candidates.ts";
import type { RunPlan } from "./plan.ts";

export const usableMembers = (outcomes: readonly Outcome[]): number =>
  new Set(outcomes.filter((outcome) => outcome.status === "answered").map((outcome) => outcome.member)).size;

export function settleRule(
  plan: RunPlan,
  read: (outcomes: readonly Outcome[]) => Candidate[],
  weigh: Weigh,
): (outcomes: Outcome[]) => Settling {
  const { request } = plan;
  if (request.stop === "all") return () => "wait";
  const tools = toolSpecs(request);
  return (outcomes) => {
    if (usableMembers(outcomes) < plan.quorumNeeded) return "wait";
    const heard = new Set(outcomes.map((outcome) => outcome.seat));
    const out = plan.seats
      .filter((seat) => !heard.has(seat.seat))
      .map((seat) => ({ backend: seat.member, weight: weigh(seat.member).weight }));
    const { answer, strategy } = request;
    const counted = strategy !== "merge" && strategy !== "rank";
    if (counted && isDecided({ candidates: read(outcomes), out, answer, tools, strategy, quorumMet: true })) return "stop";
    return "grace";
  };
}
