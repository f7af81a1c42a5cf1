/** What a tool call says in the end: the report with its answer as text, or a problem as a tool error. Pure. */
import type { CallToolResult } from "@modelcontextprotocol/server";
import { Problem, problemDocument } from "../core/problem.ts";
import type { Outcome, ProblemDocument, Report } from "../core/report.ts";

type Block = { type: "text"; text: string };
const block = (text: string): Block => ({ type: "text", text });
const structured = (value: object): Record<string, unknown> => value as Record<string, unknown>;

/** The answer comes first and alone, so that a host may hand on its bytes. */
export function answered(report: Report): CallToolResult {
  const calls = report.tool_calls.length > 0 ? [block(JSON.stringify(report.tool_calls))] : [];
  return { content: [block(report.answer ?? ""), ...calls], structuredContent: structured(report) };
}

function sideOf(outcome: Outcome): string {
  const { member } = outcome;
  switch (outcome.status) {
    case "answered":
      return `${member} answered:\n${outcome.text}`;
    case "dropped":
      return `${member} dropped out: ${outcome.reason} (${outcome.detail})`;
    case "not-asked":
      return `${member} was not asked`;
    default:
      return outcome satisfies never;
  }
}
/** The verdict's answer, then one block for each seat, in the order of the panel. */
export function compared(report: Report): CallToolResult {
  const { content, structuredContent } = answered(report);
  return { content: [...content, ...report.outcomes.map((outcome) => block(sideOf(outcome)))], structuredContent };
}

/** A stored report may be one of a failed run: it was found all the same. */
export const found = (report: Report): CallToolResult => {
  const text = report.problem ? `${report.problem.slug}: ${report.problem.detail}` : (report.answer ?? "");
  return { content: [block(text)], structuredContent: structured(report) };
};

/** The text leaves out the report, which the structured form has. */
export function failed(document: ProblemDocument): CallToolResult {
  const { report: _, ...rest } = document;
  return { isError: true, content: [block(JSON.stringify(rest))], structuredContent: structured(document) };
}
export const refused = (problem: Problem, requestId: string): CallToolResult => failed(problemDocument<Report>(problem, "/mcp", requestId));

/** A cancelled call is owed no answer; this one only closes its stream. */
export const cancelled = (): CallToolResult => ({ isError: true, content: [block("cancelled")] });
