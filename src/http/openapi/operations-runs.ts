/** Operations that ask, and that read what was asked: runs, jobs, reports. Holds words only. */
import { EVENT_STREAM, JSON_ONLY, json, type Operation, PAGE, pathId, REPORT_HEADERS, RUN_PROBLEMS } from "./operation.ts";

const REPORT_ID = pathId("id", "Id of the report: run_ and 32 hex digits.");
const JOB_ID = pathId("id", "Id of the job: job_ and 32 hex digits.");
const STREAMED = { [JSON_ONLY]: "Report", [EVENT_STREAM]: "ConsensusEvent" };

export const ASKING: Operation[] = [
  {
    method: "post",
    path: "/consensus",
    tag: "Ask",
    summary: "Ask the panel",
    description:
      "One answer and the report of how it came about. With Accept: text/event-stream the same run as numbered events; with Prefer: respond-async a job. A usable candidate means 200; losses on the way are data in the report.",
    body: "ConsensusRequest",
    parameters: [
      {
        name: "Idempotency-Key",
        in: "header",
        description: "1–255 visible ASCII characters; the same key and body get the same bytes.",
        schema: { type: "string", minLength: 1, maxLength: 255 },
      },
      {
        name: "Prefer",
        in: "header",
        description:
          "respond-async: answer at once with a job; respond-async, wait=n: only if the run has not ended within n seconds (without Idempotency-Key).",
        schema: { type: "string" },
      },
      {
        name: "Last-Event-ID",
        in: "header",
        description: "With an Idempotency-Key whose stream has ended: only the events after this one.",
        schema: { type: "string" },
      },
    ],
    answers: {
      200: { description: "The report, or the run's events.", content: STREAMED, headers: REPORT_HEADERS },
      202: json("Accepted as a job.", "Job", {
        Location: "path of the job",
        "Preference-Applied": "respond-async",
        "Retry-After": "seconds to the first look",
      }),
    },
    problems: [...RUN_PROBLEMS, "bad-idempotency-key", "idempotency-in-progress", "idempotency-key-reused", "store-unavailable"],
  },
  {
    method: "get",
    path: "/jobs",
    tag: "Ask",
    summary: "List jobs, newest first",
    parameters: PAGE,
    answers: { 200: json("One page.", "JobPage") },
    problems: ["validation-failed", "store-unavailable"],
  },
  {
    method: "get",
    path: "/jobs/{id}",
    tag: "Ask",
    summary: "State and progress of a job",
    parameters: [JOB_ID],
    answers: { 200: json("The job.", "Job") },
    problems: ["not-found", "store-unavailable"],
  },
  {
    method: "delete",
    path: "/jobs/{id}",
    tag: "Ask",
    summary: "Cancel a job",
    parameters: [JOB_ID],
    answers: { 200: json("The job, cancelled.", "Job") },
    problems: ["not-found", "job-already-finished", "store-unavailable"],
  },
];

export const REPORTS: Operation[] = [
  {
    method: "get",
    path: "/reports",
    tag: "Reports",
    summary: "List reports, newest first",
    parameters: PAGE,
    answers: { 200: json("One page.", "ReportPage") },
    problems: ["validation-failed", "store-unavailable"],
  },
  {
    method: "get",
    path: "/reports/{id}",
    tag: "Reports",
    summary: "One report",
    parameters: [REPORT_ID],
    answers: {
      200: {
        description: "The report in the accepted form.",
        content: { [JSON_ONLY]: "Report", "text/markdown": null, "text/html": null },
      },
    },
    problems: ["not-found", "store-unavailable"],
  },
  {
    method: "delete",
    path: "/reports/{id}",
    tag: "Reports",
    summary: "Delete a report",
    parameters: [REPORT_ID],
    answers: { 204: { description: "It is gone." } },
    problems: ["not-found", "store-unavailable"],
  },
  {
    method: "get",
    path: "/reports/{id}/events",
    tag: "Reports",
    summary: "The events of a finished run once more",
    parameters: [
      REPORT_ID,
      { name: "Last-Event-ID", in: "header", description: "Number of the last event that was seen.", schema: { type: "string" } },
    ],
    answers: {
      200: { description: "The events after it.", content: { [EVENT_STREAM]: "ConsensusEvent" } },
      204: { description: "There is nothing more." },
    },
    problems: ["not-found", "store-unavailable"],
  },
  {
    method: "post",
    path: "/reports/{id}/feedback",
    tag: "Reports",
    summary: "Tell what was right",
    description: "Teaches the reliability of the members; takes effect with the next run.",
    parameters: [REPORT_ID],
    body: "FeedbackRequest",
    answers: { 200: json("Noted.", "Learned") },
    problems: ["not-found", "store-unavailable"],
  },
  {
    method: "post",
    path: "/reports/{id}/adjudicate",
    tag: "Reports",
    summary: "Decide again from the stored candidates",
    description: "With another strategy or adjudicator. No member is called.",
    parameters: [REPORT_ID],
    body: "AdjudicateRequest",
    answers: { 200: json("A new report.", "Report", REPORT_HEADERS) },
    problems: ["not-found", "expired", "overloaded", "store-unavailable"],
  },
];
