/** A report and a problem as plain HTML without script, image or any request but for its style. Everything that others wrote is escaped. Pure. */
import type { Outcome, Report } from "../../core/report.ts";
import { cascadeWords } from "../../consensus/cascade-words.ts";
import { supportWords } from "../../consensus/support-words.ts";
import { escapeHtml, share } from "./text.ts";

export const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/docs.css"><title>${escapeHtml(title)}</title></head><body>${body}</body></html>`;

const state = (outcome: Outcome): string => (outcome.status === "dropped" ? `dropped: ${outcome.reason}` : outcome.status);
const said = (outcome: Outcome): string =>
  outcome.status === "answered" ? outcome.text : outcome.status === "dropped" ? outcome.detail : "";
const row = (outcome: Outcome): string =>
  `<tr><td>${outcome.seat}</td><td>${escapeHtml(outcome.member)}</td><td>${escapeHtml(state(outcome))}</td><td><pre>${escapeHtml(said(outcome))}</pre></td></tr>`;

export function reportHtml(report: Report): string {
  const { verdict, problem } = report;
  const head = `<h1>Report ${escapeHtml(report.id)}</h1><p>${escapeHtml(report.created_at)} · ${report.status} · ${report.mode}${report.simulated ? " · simulated" : ""}</p>`;
  const answer = problem
    ? `<p><strong>${escapeHtml(problem.slug)}</strong>: ${escapeHtml(problem.detail)}</p>`
    : `<h2>Answer</h2><pre>${escapeHtml(report.answer ?? "")}</pre>`;
  const how = verdict
    ? `<p>${verdict.how}, winner ${escapeHtml(verdict.winner ?? "none")}, agreement ${share(verdict.agreement)}, confidence ${share(verdict.confidence)}</p>${verdict.rationale ? `<p>${escapeHtml(verdict.rationale)}</p>` : ""}`
    : "";
  const support = verdict?.support ? `<p>support by field: ${escapeHtml(supportWords(verdict.support))}</p>` : "";
  const cascade = report.cascade ? `<p>cascade: ${escapeHtml(cascadeWords(report.cascade))}</p>` : "";
  const losses = report.degradations.map(
    ({ code, member, detail }) => `<li>${escapeHtml(code)} ${escapeHtml(member ?? "")}: ${escapeHtml(detail)}</li>`,
  );
  const table = `<h2>Members</h2><table><tr><th>seat</th><th>member</th><th>state</th><th>said</th></tr>${report.outcomes.map(row).join("")}</table>`;
  return page(
    `Report ${report.id}`,
    `${head}${answer}${how}${support}${cascade}${table}${losses.length > 0 ? `<h2>Losses</h2><ul>${losses.join("")}</ul>` : ""}`,
  );
}
