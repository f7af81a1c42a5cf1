/** Tells a stored run again as its events, from the report alone. Pure; asks nobody. What it cannot know is said at `eventsAfter`. */
import { inspectAnswer, measureAgreement, type Candidate } from "../../adjudicator/index.ts";
import { Problem, problemDocument } from "../core/problem.ts";
import type { AnsweredOutcome, ConsensusEvent, Outcome, Report } from "../core/report.ts";
import { toolSpecs } from "./candidates.ts";
import type { RunRequest } from "./consensus.ts";

interface Numbered {
  id: number;
  event: ConsensusEvent;
}

const endOf = (outcome: Outcome): number =>
  outcome.status === "not-asked" ? 0 : Math.max(0, ...outcome.attempts.map((attempt) => attempt.ended_ms));

/** In the order of their last attempt's end; seats that were never called come first, as they did. */
const arrivals = ({ outcomes }: Report): ConsensusEvent[] =>
  outcomes
    .toSorted((a, b) => endOf(a) - endOf(b) || a.seat - b.seat)
    .flatMap((outcome): ConsensusEvent[] => {
      if (outcome.status === "answered") return [{ type: "candidate-arrived", data: outcome }];
      return outcome.status === "dropped" ? [{ type: "member-dropped", data: outcome }] : [];
    });

function toCandidate(outcome: AnsweredOutcome, { verdict, request }: Report): Candidate {
  const { seat, member, text, tool_calls: toolCalls, finish_reason, flags } = outcome;
  const { answer, tools } = request as unknown as RunRequest;
  const finish = finish_reason.unified;
  const { reading } = inspectAnswer({ text, toolCalls, finish, answer, tools: toolSpecs({ tools }) });
  const weighed = verdict?.weights.find((one) => one.member === member);
  const weight = { weight: weighed?.weight ?? 1, weightSource: weighed?.source ?? ("config" as const) };
  const backend = outcome.hedged_by ?? member;
  return { seat, member, backend, family: null, text, toolCalls, finish, flags, reading, ...weight, reliability: null, order: seat };
}

/** Counted anew from the texts; where none were kept, the share alone is known. */
function measured(report: Report): ConsensusEvent {
  const answered = report.outcomes.filter((outcome) => outcome.status === "answered");
  const kept = answered.some(({ text, tool_calls: calls }) => text !== "" || calls.length > 0);
  const { share, classes } = measureAgreement(kept ? answered.map((outcome) => toCandidate(outcome, report)) : []);
  const data = classes.map(({ members, value, weight }) => ({ members, value, weight }));
  return { type: "agreement-measured", data: { agreement: kept ? share : (report.verdict?.agreement ?? null), classes: data } };
}

function failed(report: Report, requestId: string): ConsensusEvent[] {
  const { slug, detail } = report.problem ?? { slug: "internal" as const, detail: "the run left no answer" };
  const problem = new Problem(slug, detail, slug === "context-too-long" ? {} : { report });
  return [{ type: "error", data: problemDocument<Report>(problem, `/reports/${report.id}`, requestId), retryAfterS: null }];
}

function eventsOf(report: Report, requestId: string): ConsensusEvent[] {
  const members = [...new Set(report.outcomes.map(({ member }) => member))];
  const start: ConsensusEvent = { type: "run-start", data: { id: report.id, members } };
  const { answer, verdict, outcomes } = report;
  const spoken: ConsensusEvent[] = answer ? [{ type: "answer-delta", data: { text: answer } }] : [];
  const alone = outcomes.length === 1;
  const begun = [start, ...(alone ? spoken : []), ...arrivals(report)];
  if (verdict === null) return [...begun, ...failed(report, requestId)];
  const ended: ConsensusEvent[] = [
    { type: "verdict-reached", data: verdict },
    { type: "run-end", data: report },
  ];
  return [...begun, measured(report), ...(alone ? [] : spoken), ...ended];
}

/**
 * The events after the one with the id `last`. They have the ids that they had, unless one seat alone was asked, whose answer came in pieces:
 * in how many is not kept. Then everything after the pieces is told again under ids that follow `last`, and the pieces are not, since the
 * text stands whole in `run-end`.
 */
export function eventsAfter(report: Report, last: number, requestId: string): Numbered[] {
  const events = eventsOf(report, requestId).map((event, index): Numbered => ({ id: index + 1, event }));
  const spoken = events.find(({ event }) => event.type === "answer-delta")?.id;
  if (report.outcomes.length > 1 || spoken === undefined || last < spoken) return events.filter(({ id }) => id > last);
  return events.slice(spoken).map(({ event }, index) => ({ id: last + 1 + index, event }));
}
