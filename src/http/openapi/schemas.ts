/** The named schemas of the contract, made of the very schemas that requests are read by; and shapes that only replies have. Parses nothing. */
import { z } from "zod";
import { FIELD_WORDS } from "../../consensus/field-words.ts";
import { answeredOutcomeSchema, droppedOutcomeSchema, problemSchema, reportSchema, verdictSchema } from "../../consensus/report-schema.ts";
import { requestFields, requestSchema } from "../../consensus/schema.ts";
import { PROBLEMS, type ProblemSlug } from "../../core/problem.ts";

export type JsonObject = Record<string, unknown>;

const slug = z.enum(Object.keys(PROBLEMS) as [ProblemSlug, ...ProblemSlug[]]);
const when = z.string().describe("ISO 8601, UTC");
const text = z.string();
const page = <T extends z.ZodType>(row: T) => z.looseObject({ data: z.array(row), next_cursor: text.nullable() });
const store = z.looseObject({ ok: z.boolean(), detail: text.nullable() });
const count = z.int().min(0);

const reportRow = z.looseObject({
  id: text,
  created_at: when,
  status: z.enum(["complete", "degraded", "failed"]),
  mode: z.enum(["consensus", "single-provider", "fallback"]),
  how: text.nullable(),
  agreement: z.number().nullable(),
  excerpt: text,
  cost_usd: z.number().nullable(),
  total_ms: count,
});
const job = z.looseObject({
  id: text,
  state: z.enum(["queued", "running", "done", "failed", "cancelled", "dead"]),
  created_at: when,
  updated_at: when,
  attempts: count,
  progress: z.array(
    z.looseObject({ member: text, seat: count, status: z.enum(["waiting", "answered", "dropped", "not-asked"]), reason: text.nullable() }),
  ),
  report: text.nullable().describe("path of the report, once there is one"),
  problem: z.looseObject({ slug, detail: text }).nullable(),
});
const member = z.looseObject({
  member: text,
  local: z.boolean(),
  local_proved: z.boolean(),
  breaker: z.looseObject({ state: z.enum(["closed", "open", "half-open"]), retry_at: text.nullable() }),
  last_error: z.looseObject({ reason: text, at: when }).nullable(),
  latency_ms: z.looseObject({ p50: z.number().nullable(), p95: z.number().nullable() }),
  in_flight: count,
  queued: count,
});

const note = z
  .looseObject({
    report_id: text,
    status: z.enum(["complete", "degraded"]),
    mode: text,
    how: text.nullable(),
    agreement: z.number().nullable(),
    confidence: z.number().nullable(),
  })
  .describe("what the report says, in short");
const model = z.looseObject({ id: text, object: z.literal("model"), created: count, owned_by: text });
const ours = z.looseObject({}).optional().describe("our own request fields but the question itself: see ConsensusRequest");
const asked = {
  model: text.describe("consensus, consensus:<strategy>, or one provider/model alone"),
  stream: z.boolean().nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  consensus: ours,
};
const chatMessage = z.looseObject({ role: text, content: z.unknown().optional() });
const { strategy, adjudicators, orders, answer, deadline_ms } = requestFields;

/** What comes in: `io` input. */
const REQUESTS: Record<string, z.ZodType> = {
  ConsensusRequest: requestSchema,
  AdjudicateRequest: z.strictObject({
    strategy: strategy.unwrap().exclude(["cascade", "fallback"]).optional(),
    adjudicators,
    orders,
    answer,
    deadline_ms,
  }),
  FeedbackRequest: z.union([
    z.strictObject({ value: z.unknown().describe("the right answer") }).required(),
    z.strictObject({ useful: z.boolean().describe("whether the answer that was given was right") }),
  ]),
  ChatCompletionRequest: z.looseObject({ ...asked, messages: z.array(chatMessage).min(1) }),
  ResponsesRequest: z.looseObject({
    ...asked,
    input: z.union([text, z.array(z.looseObject({}))]).optional(),
    instructions: text.nullish(),
    max_output_tokens: count.nullish(),
  }),
  JsonRpcRequest: z.looseObject({
    jsonrpc: z.literal("2.0"),
    method: text,
    id: z.union([text, z.number()]).optional(),
    params: z.looseObject({}).optional(),
  }),
  FaultRequest: z.strictObject({ fault: text.min(1).max(64).nullable().describe("a fault's name, or null to put the plug back") }),
};

/** What goes out: `io` output. */
const REPLIES: Record<string, z.ZodType> = {
  Verdict: verdictSchema,
  AnsweredOutcome: answeredOutcomeSchema,
  DroppedOutcome: droppedOutcomeSchema,
  Report: reportSchema,
  Problem: problemSchema,
  ReportPage: page(reportRow),
  Job: job,
  JobPage: page(job),
  Status: z.looseObject({ version: text, simulated: z.boolean(), members: z.array(member), store }),
  Health: z.looseObject({ ok: z.boolean() }),
  Readiness: z.looseObject({ ready: z.boolean(), store }),
  Learned: z.looseObject({ id: text, learned: z.boolean() }),
  FaultState: z.looseObject({ provider: text, fault: text.nullable() }),
  ModelList: z.looseObject({ object: z.literal("list"), data: z.array(model) }),
  Model: model,
  ChatCompletion: z.looseObject({
    id: text,
    object: z.literal("chat.completion"),
    created: count,
    model: text,
    choices: z.array(
      z.looseObject({
        index: count,
        message: z.looseObject({ role: z.literal("assistant"), content: text.nullable() }),
        finish_reason: z.enum(["stop", "length", "tool_calls"]),
      }),
    ),
    usage: z.looseObject({ prompt_tokens: count, completion_tokens: count, total_tokens: count }),
    consensus: note,
  }),
  Response: z.looseObject({
    id: text,
    object: z.literal("response"),
    created_at: count,
    status: z.enum(["completed", "incomplete"]),
    model: text,
    output: z.array(z.looseObject({ type: text })),
    usage: z.looseObject({ input_tokens: count, output_tokens: count, total_tokens: count }),
    consensus: note,
  }),
  OpenaiError: z.looseObject({
    error: z.looseObject({ message: text, type: z.enum(["invalid_request_error", "api_error"]), code: slug, param: text.nullable() }),
  }),
  JsonRpcReply: z.looseObject({ jsonrpc: z.literal("2.0"), id: z.union([text, z.number(), z.null()]).optional() }),
};

/** The events of a run, by their names. */
const EVENTS: Record<string, JsonObject> = {
  "run-start": {
    type: "object",
    properties: { id: { type: "string" }, members: { type: "array", items: { type: "string" } } },
    required: ["id", "members"],
  },
  "candidate-arrived": { $ref: "#/components/schemas/AnsweredOutcome" },
  "member-dropped": { $ref: "#/components/schemas/DroppedOutcome" },
  "agreement-measured": {
    type: "object",
    properties: {
      agreement: { type: ["number", "null"] },
      classes: { type: "array", items: { type: "object", required: ["members", "value", "weight"] } },
    },
    required: ["agreement", "classes"],
  },
  "answer-delta": { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
  "verdict-reached": { $ref: "#/components/schemas/Verdict" },
  "run-end": { $ref: "#/components/schemas/Report" },
  error: { $ref: "#/components/schemas/Problem" },
};
export const EVENT_NAMES: readonly string[] = Object.keys(EVENTS);
const eventSchema: JsonObject = {
  description: "One event of a run: its id counts from 1, its data is JSON. The last is run-end or error.",
  oneOf: Object.entries(EVENTS).map(([event, data]) => ({
    type: "object",
    properties: { id: { type: "integer", minimum: 1 }, event: { const: event }, data },
    required: ["id", "event", "data"],
  })),
};

const isObject = (value: unknown): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);

/** The only recursive shape is "any JSON value": it says nothing, so it is written as nothing. What is a component by itself becomes a reference. */
function tidy(value: unknown, named: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => tidy(item, named));
  if (!isObject(value)) return value;
  if (typeof value["$ref"] === "string" && value["$ref"].startsWith("#/$defs/")) return {};
  const name = named.get(JSON.stringify(value));
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` };
  const fields = Object.entries(value).filter(
    ([key, item]) => !(key === "additionalProperties" && isObject(item) && Object.keys(item).length === 0),
  );
  return Object.fromEntries(fields.map(([key, item]) => [key, tidy(item, named)]));
}
function made(schema: z.ZodType, io: "input" | "output"): JsonObject {
  const { $schema: _, $defs: __, ...rest } = z.toJSONSchema(schema, { io, target: "draft-2020-12" }) as JsonObject;
  return rest;
}

function described(schema: JsonObject): JsonObject {
  const words: Record<string, string> = FIELD_WORDS;
  const fields = Object.entries(schema["properties"] as Record<string, JsonObject>);
  return { ...schema, properties: Object.fromEntries(fields.map(([name, field]) => [name, { description: words[name], ...field }])) };
}

/** Every component's schema, by name. */
export function componentSchemas(): Record<string, JsonObject> {
  const requests = Object.entries(REQUESTS).map(([name, schema]): [string, JsonObject] => [name, made(schema, "input")]);
  const replies = Object.entries(REPLIES).map(([name, schema]): [string, JsonObject] => [name, made(schema, "output")]);
  const all = [...requests, ...replies];
  const texts = new Map(all.map(([name, schema]) => [JSON.stringify(schema), name]));
  const one = ([name, schema]: [string, JsonObject]): [string, JsonObject] => {
    const whole = JSON.stringify(schema);
    const others = new Map([...texts].filter(([json]) => json !== whole));
    const tidied = tidy(schema, others) as JsonObject;
    return [name, name === "ConsensusRequest" ? described(tidied) : tidied];
  };
  return { ...Object.fromEntries(all.map(one)), ConsensusEvent: eventSchema };
}
