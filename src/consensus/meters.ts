/** What a finished run adds to the counters: runs, outcomes, degradations, tokens, money, times. Counts once, at the end. */
import type { Meter } from "../core/ports.ts";
import type { Report } from "../core/report.ts";
import { REMOTE_UNDER_LOCAL } from "./ladder.ts";

export function countRun(meter: Meter, report: Report): void {
  const strategy = String((report.request as { strategy?: string }).strategy ?? "auto");
  meter.count("runs", { status: report.status, mode: report.mode, how: report.verdict?.how ?? "none", strategy });
  for (const outcome of report.outcomes) {
    const reason = outcome.status === "dropped" ? outcome.reason : "";
    meter.count("outcomes", { member: outcome.member, status: outcome.status, reason });
    if (outcome.status === "answered") meter.observe("member_latency_ms", { member: outcome.member }, outcome.latency_ms);
  }
  for (const { code } of report.degradations) meter.count("degradations", { code });
  for (const step of report.adjudication?.ladder ?? []) {
    meter.count("adjudications", { result: step.result });
    if (step.detail === REMOTE_UNDER_LOCAL) meter.count("egress_refused", { why: "privacy" });
  }
  meter.count("input_tokens", {}, report.usage.input_tokens ?? 0);
  meter.count("output_tokens", {}, report.usage.output_tokens ?? 0);
  meter.count("wasted_output_tokens", {}, report.usage.wasted_output_tokens ?? 0);
  meter.count("cost_usd", {}, report.cost_usd.total ?? 0);
  meter.observe("run_duration_ms", { status: report.status }, report.timing_ms.total);
  meter.observe("engine_time_ms", {}, report.timing_ms.engine);
}
