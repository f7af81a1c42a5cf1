/** What a finished run comes to, for people: the answer as text, and a few lines about who stands behind it and what was lost. Pure. */
import type { Report } from "../core/report.ts";
import { cascadeWords } from "../consensus/cascade-words.ts";
import { supportWords } from "../consensus/support-words.ts";
import { dollars, seconds, share } from "./format.ts";
import type { Ink, Style } from "./ports.ts";
import { safe, safeJson, safeLine } from "./safe.ts";
import { fitted } from "./width.ts";

/** Ready to print, newline at the end; agreed tool calls as JSON when there is no text. */
export function answerText({ answer, tool_calls: calls }: Report): string {
  const text = answer === null || answer === "" ? (calls.length > 0 ? safeJson(calls) : "") : safe(answer);
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

const joined = (parts: readonly (string | null)[]): string => parts.filter((part) => part !== null).join(" · ");

function verdictLine({ verdict, mode, outcomes }: Report): string {
  if (verdict === null) return "no answer";
  const members = new Set(outcomes.map(({ member }) => member)).size;
  return joined([
    mode === "single-provider" ? "single provider" : null,
    verdict.how,
    verdict.agreement === null ? null : `agreement ${share(verdict.agreement)}`,
    verdict.confidence === null ? null : `confidence ${share(verdict.confidence)}`,
    `${verdict.supporters.length} of ${members} behind it`,
    verdict.winner === null ? null : `from ${verdict.winner}`,
  ]);
}

function ledgerLine({ id, usage, cost_usd: cost, timing_ms: timing, simulated, storage }: Report): string {
  const calls = `${usage.calls} call${usage.calls === 1 ? "" : "s"}`;
  return joined([
    id,
    calls,
    dollars(cost.total),
    seconds(timing.total),
    simulated ? "simulated" : null,
    storage.stored ? null : "not stored",
  ]);
}

function dissentLine({ members, value, excerpt }: NonNullable<Report["verdict"]>["dissents"][number]): string {
  const said = value === null ? excerpt : typeof value === "string" ? value : JSON.stringify(value);
  return `dissent: ${members.join(", ")}: ${said}`;
}

/** One line each, cut to `width` columns; no word of it is trusted, since a report may come from elsewhere. */
export function summaryLines(report: Report, width: number, style: Style): string {
  const losses = report.degradations.map(
    ({ code, member, detail }) => `degraded: ${code}${member === null ? "" : ` ${member}`}: ${detail}`,
  );
  const lines: [Ink, string][] = [
    ["bold", verdictLine(report)],
    ...(report.verdict?.support ? [["dim", `by field: ${supportWords(report.verdict.support)}`] satisfies [Ink, string]] : []),
    ...[...(report.verdict?.dissents ?? []).map(dissentLine), ...losses].map((line): [Ink, string] => ["yellow", line]),
    ...(report.cascade ? [["dim", `cascade: ${cascadeWords(report.cascade)}`] satisfies [Ink, string]] : []),
    ["dim", ledgerLine(report)],
  ];
  return lines.map(([ink, line]) => `${style(ink, fitted(safeLine(line), width))}\n`).join("");
}
