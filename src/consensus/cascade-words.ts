/** What a cascade did, in one line for people. Pure. */
import type { CascadeReport, EscalationReason } from "../core/report.ts";

const usd = (amount: number | null): string => (amount === null ? "an unknown cost" : amount === 0 ? "$0" : `$${amount.toPrecision(2)}`);
const REASONS: Record<EscalationReason, string> = {
  disagreement: "the local members disagreed",
  "no-answer": "no local member gave an answer",
  context: "the prompt did not fit the local members",
  "low-confidence": "the local answer was too uncertain",
  "no-local-member": "the panel has no local member",
  stopped: "the run was stopped before the cloud was asked",
};

export function cascadeWords({ escalated, reason, cost_usd, saved_usd, saved_calls }: CascadeReport): string {
  if (reason === null) {
    const most = saved_usd === null ? "at a price that is not known" : `at most ${usd(saved_usd)}`;
    return `the local members sufficed, ${saved_calls} cloud call${saved_calls === 1 ? "" : "s"} saved, ${most}`;
  }
  if (escalated) return `${REASONS[reason]}, so the cloud was asked for ${usd(cost_usd)}`;
  return reason === "stopped" ? REASONS[reason] : `${REASONS[reason]}, and no cloud member could be asked`;
}
