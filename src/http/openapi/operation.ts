/** What is said of one operation, before it becomes OpenAPI. Holds types and the pieces that operations share. */
import type { ProblemSlug } from "../../core/problem.ts";
import type { JsonObject } from "./schemas.ts";

export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  description: string;
  schema: JsonObject;
}
export interface Answer {
  description: string;
  /** media type → component, or null for plain text */
  content?: Record<string, string | null>;
  /** reply headers worth naming */
  headers?: Record<string, string>;
}
export interface Operation {
  method: "get" | "post" | "delete";
  /** with `{name}` segments */
  path: string;
  tag: string;
  summary: string;
  description?: string;
  /** needs no key */
  open?: boolean;
  parameters?: Parameter[];
  /** component of the body */
  body?: string;
  answers: Record<number, Answer>;
  /** beside those that its guards make */
  problems?: readonly ProblemSlug[];
}

export const JSON_ONLY = "application/json";
export const EVENT_STREAM = "text/event-stream";
export const json = (description: string, component: string, headers?: Record<string, string>): Answer => ({
  description,
  content: { [JSON_ONLY]: component },
  headers,
});
export const plain = (description: string, type: string): Answer => ({ description, content: { [type]: null } });

export const pathId = (name: string, description: string): Parameter => ({
  name,
  in: "path",
  description,
  schema: { type: "string" },
});
export const PAGE: Parameter[] = [
  { name: "limit", in: "query", description: "Rows of one page.", schema: { type: "integer", minimum: 1, maximum: 100, default: 20 } },
  { name: "cursor", in: "query", description: "next_cursor of the page before.", schema: { type: "string" } },
];
export const REPORT_HEADERS: Record<string, string> = {
  "Consensus-Status": "complete or degraded; failed beside an error",
  "Consensus-Report": "id of the report",
};

/** How a run may end without an answer. */
export const RUN_PROBLEMS: readonly ProblemSlug[] = [
  "privacy-conflict",
  "budget-exceeded",
  "context-too-long",
  "no-members",
  "overloaded",
  "quorum-lost",
  "local-unavailable",
  "no-candidates",
  "deadline-exceeded",
];
export const BODY_PROBLEMS: readonly ProblemSlug[] = [
  "malformed-json",
  "duplicate-key",
  "payload-too-large",
  "unsupported-media-type",
  "validation-failed",
];
