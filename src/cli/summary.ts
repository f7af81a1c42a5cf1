/** What a finished run comes to, for people: the answer as text, and a few lines about who stands behind it and what was lost. Pure. */
import type { Report } from "../core/report.ts";
import { dollars, seconds, share } from "./format.ts";
import type { Style } from "./ports.ts";
import { safe, safeJson, safeLine } from "./safe.ts";

/** Ready to print, newline at the end; agreed tool calls as JSON when there is no text. */
export function answerText({ answer, tool_calls: calls }: Report): string {
  const text = answer === null || answer === "" ? (calls.length > 0 ? safeJson(calls) : "") : safe(answer);
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

function verdictLine(report: Report): string {
  const { verdict, mode, cost_usd: cost, timing_ms: timing, usage } = report;
  const parts = [
    mode === "single-provider" ? "single provider" : null,
    verdict?.how ?? "no answer",
    verdict?.winner ? `from ${safeLine(verdict.winner)}` : null,
    verdict ? `${verdict.supporters.length} of ${new Set(report.outcomes.map(({ member }) => member)).size} behind it` : null,
    verdict ? `agreement ${share(verdict.agreement)}` : null,
    verdict?.confidence == null ? null : `confidence ${share(verdict.confidence)}`,
    `${usage.calls} call${usage.calls === 1 ? "" : "s"}`,
    dollars(cost.total),
    seconds(timing.total),
  ];
  return parts.filter((part) => part !== null).join(" · ");
}

export function summaryLines(report: Report, style: Style): string {
  const lines = [style("bold", verdictLine(report))];
  for (const { members, value, excerpt } of report.verdict?.dissents ?? []) {
    const said = value === null ? excerpt : typeof value === "string" ? value : JSON.stringify(value);
    lines.push(style("yellow", `dissent: ${members.map(safeLine).join(", ")}: ${safeLine(said).slice(0, 120)}`));
  }
  for (const { code, member, detail } of report.degradations) {
    lines.push(style("yellow", `degraded: ${code}${member === null ? "" : ` ${safeLine(member)}`}: ${safeLine(detail)}`));
  }
  const marks = [report.id, report.simulated ? "simulated" : null, report.storage.stored ? null : "not stored"];
  lines.push(style("dim", marks.filter((mark) => mark !== null).join(" · ")));
  return lines.map((line) => `${line}\n`).join("");
}
