/** Reports as people read them: rounded shares, cut cells that say so, the judge's reason with its markup made harmless. */
import { expect, test } from "vitest";
import type { Report } from "../../src/core/report.ts";
import { reportHtml } from "../../src/http/render/html.ts";
import { reportMarkdown } from "../../src/http/render/markdown.ts";

const report = {
  id: "run_1",
  created_at: "2026-01-01T00:00:00.000Z",
  status: "complete",
  mode: "consensus",
  simulated: false,
  problem: null,
  answer: "yes",
  verdict: { how: "picked", winner: "a/x", agreement: 1 / 3, confidence: null, rationale: "<b>A</b> is complete" },
  outcomes: [{ seat: 1, member: "a/x", status: "answered", text: "🦎".repeat(121), latency_ms: 5 }],
  degradations: [],
} as unknown as Report;

test("shares have two digits, and what is unknown says so", () => {
  for (const text of [reportMarkdown(report), reportHtml(report)]) expect(text).toContain("agreement 0.33, confidence unknown");
});
test("the judge's reason is shown, and is no markup", () => {
  expect(reportMarkdown(report)).toContain(String.raw`\<b\>A\</b\> is complete`);
  const listed = { ...report, verdict: { ...report.verdict, rationale: "- no item, ~~nor struck~~" } } as unknown as Report;
  expect(reportMarkdown(listed)).toContain(String.raw`reason: - no item, \~\~nor struck\~\~`);
  expect(reportHtml(report)).toContain("<p>&lt;b&gt;A&lt;/b&gt; is complete</p>");
});
test("a cell that leaves something out says so, and cuts no character in two", () => {
  expect(reportMarkdown(report)).toContain(`| ${"🦎".repeat(120)}… |`);
});
