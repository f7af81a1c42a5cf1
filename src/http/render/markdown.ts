/** A report as Markdown: what was answered, who stood behind it, what was lost. Model text stands fenced. Pure. */
import type { Outcome, Report } from "../../core/report.ts";
import { cascadeWords } from "../../consensus/cascade-words.ts";
import { supportWords } from "../../consensus/support-words.ts";
import { cell, fenced, share } from "./text.ts";

const state = (outcome: Outcome): string => (outcome.status === "dropped" ? `dropped: ${outcome.reason}` : outcome.status);
/** Whole characters, and a sign where something was left out. */
const brief = (text: string): string => {
  const start = Array.from(text.slice(0, 242)).slice(0, 120).join("");
  return start.length < text.length ? `${start}…` : text;
};
const row = (outcome: Outcome): string => {
  const time = outcome.status === "not-asked" ? "" : `${outcome.latency_ms} ms`;
  const said = outcome.status === "answered" ? brief(outcome.text) : outcome.status === "dropped" ? outcome.detail : "";
  return `| ${outcome.seat} | ${cell(outcome.member)} | ${state(outcome)} | ${time} | ${cell(said)} |`;
};

export function reportMarkdown(report: Report): string {
  const { verdict, problem } = report;
  const head = [
    `# Report ${report.id}`,
    "",
    `${report.created_at} · ${report.status} · ${report.mode}${report.simulated ? " · simulated" : ""}`,
    "",
  ];
  const answer = problem ? [`**${problem.slug}**: ${cell(problem.detail)}`] : ["## Answer", "", fenced(report.answer ?? "")];
  const how = verdict
    ? [
        `${verdict.how}, winner ${cell(verdict.winner ?? "none")}, agreement ${share(verdict.agreement)}, confidence ${share(verdict.confidence)}`,
        // a word of ours comes first, so that no line begins with theirs
        ...(verdict.support ? ["", `support by field: ${cell(supportWords(verdict.support))}`] : []),
        ...(verdict.rationale ? ["", `reason: ${cell(verdict.rationale)}`] : []),
      ]
    : [];
  const cascade = report.cascade ? ["", `cascade: ${cascadeWords(report.cascade)}`] : [];
  const losses = report.degradations.map(({ code, member, detail }) => `- ${code}${member ? ` (${cell(member)})` : ""}: ${cell(detail)}`);
  const table = ["| seat | member | state | time | said |", "| --- | --- | --- | --- | --- |", ...report.outcomes.map(row)];
  return [
    ...head,
    ...answer,
    "",
    ...how,
    ...cascade,
    "",
    "## Members",
    "",
    ...table,
    "",
    ...(losses.length > 0 ? ["## Losses", "", ...losses, ""] : []),
  ].join("\n");
}
