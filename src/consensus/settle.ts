/** When the panel may stop waiting: decided by counting, or grace after quorum. Asked after every outcome; keeps no state. */
import { type Candidate, isDecided } from "../../adjudicator/index.ts";
import type { Outcome } from "../core/report.ts";
import type { Settling } from "../panel/panel.ts";
import { toolSpecs, type Weigh } from "./candidates.ts";
import type { RunPlan } from "./plan.ts";

export const usableMembers = (outcomes: readonly Outcome[]): number =>
  new Set(outcomes.filter((outcome) => outcome.status === "answered").map((outcome) => outcome.member)).size;

export interface Rules {
  /** the seats still out cannot change the verdict, and nobody has to be asked to find it */
  decided(outcomes: readonly Outcome[]): boolean;
  settle(outcomes: Outcome[]): Settling;
}
export function settleRules(plan: RunPlan, read: (outcomes: readonly Outcome[]) => Candidate[], weigh: Weigh): Rules {
  const { request } = plan;
  const tools = toolSpecs(request);
  const quorumMet = (outcomes: readonly Outcome[]): boolean => usableMembers(outcomes) >= plan.quorumNeeded;
  const decided = (outcomes: readonly Outcome[]): boolean => {
    const { answer, strategy } = request;
    if (strategy === "merge" || strategy === "rank" || !quorumMet(outcomes)) return false;
    const heard = new Set(outcomes.map((outcome) => outcome.seat));
    const out = plan.seats
      .filter((seat) => !heard.has(seat.seat))
      .map((seat) => ({ backend: seat.member, weight: weigh(seat.member).weight }));
    return isDecided({ candidates: read(outcomes), out, answer, tools, strategy, quorumMet: true });
  };
  return {
    decided,
    settle(outcomes) {
      if (request.stop === "all" || !quorumMet(outcomes)) return "wait";
      return decided(outcomes) ? "stop" : "grace";
    },
  };
}
