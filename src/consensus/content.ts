/** A report without prompt and answer texts, for operators who keep none (`CONSENSUS_STORE_CONTENT=false`). Pure. */
import type { Json, Verdict } from "../../adjudicator/index.ts";
import type { Outcome, Report } from "../core/report.ts";

const bare = (outcome: Outcome): Outcome =>
  outcome.status === "answered" ? { ...outcome, text: "", value: null, tool_calls: [], reasoning: null } : outcome;

export function withoutContent(report: Report): Report {
  const { messages: _m, tools: _t, response_format: _r, metadata: _d, ...request } = report.request as { [key: string]: Json };
  const { verdict } = report;
  // its pointers are made of the answers' keys
  const { support: _s, ...rest } = verdict ?? {};
  return {
    ...report,
    answer: report.answer === null ? null : "",
    value: null,
    tool_calls: [],
    verdict: verdict && {
      ...(rest as Omit<Verdict, "support">),
      rationale: null,
      dissents: verdict.dissents.map((dissent) => ({ ...dissent, value: null, excerpt: "" })),
    },
    outcomes: report.outcomes.map(bare),
    request,
  };
}
