/** The reply of a run whose process died before it could be kept: made again from its report, in the form that was asked for. Reads no store. */
import { Problem, problemDocument } from "../core/problem.ts";
import type { ConsensusEvent, Report } from "../core/report.ts";
import type { Call } from "./deps.ts";
import type { StoredReply } from "./idempotent.ts";
import { JSON_TYPE, PROBLEM_TYPE } from "./replies.ts";
import { frameEvent } from "./sse.ts";
import { SSE_HEADERS, SSE_TYPE } from "./stream.ts";

/** As the run itself ended: that problem alone comes without its report. It names its run, so that every retry gets the same bytes. */
function problemOf({ url }: Call, report: Report, problem: NonNullable<Report["problem"]>): ReturnType<typeof problemDocument<Report>> {
  const extras = problem.slug === "context-too-long" ? {} : { report };
  return problemDocument<Report>(new Problem(problem.slug, problem.detail, extras), url.pathname, report.id);
}

/** The events that are known of it; when each came is not. */
function eventsOf(call: Call, report: Report): ConsensusEvent[] {
  const events: ConsensusEvent[] = [
    { type: "run-start", data: { id: report.id, members: [...new Set(report.outcomes.map(({ member }) => member))] } },
  ];
  for (const outcome of report.outcomes) {
    if (outcome.status === "answered") events.push({ type: "candidate-arrived", data: outcome });
    if (outcome.status === "dropped") events.push({ type: "member-dropped", data: outcome });
  }
  if (report.problem !== null) return [...events, { type: "error", data: problemOf(call, report, report.problem), retryAfterS: null }];
  if (report.verdict !== null) events.push({ type: "verdict-reached", data: report.verdict });
  return [...events, { type: "run-end", data: report }];
}

export function rebuilt(call: Call, json: string, asStream: boolean): StoredReply {
  const report = JSON.parse(json) as Report;
  if (asStream) {
    const body = eventsOf(call, report)
      .map((event, index) => frameEvent(index + 1, event))
      .join("");
    return { status: 200, type: SSE_TYPE, headers: { ...SSE_HEADERS, "consensus-report": report.id }, body };
  }
  const known = { "consensus-status": report.status, "consensus-report": report.id };
  if (report.problem === null) return { status: 200, type: JSON_TYPE, headers: known, body: json };
  const document = problemOf(call, report, report.problem);
  return { status: document.status, type: PROBLEM_TYPE, headers: document.report ? known : {}, body: JSON.stringify(document) };
}
