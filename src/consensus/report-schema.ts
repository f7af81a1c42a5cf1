/** The Report and the problem document as zod schemas, for those who publish them (MCP, OpenAPI). Describes what is sent; parses nothing on the way out. */
import { z } from "zod";
import { DEGRADATION_CODES, DROPOUT_REASONS } from "../core/reasons.ts";

/** Fields may be added later: nothing here refuses one it does not know. */
const count = z.int().min(0);
const unknownCount = count.nullable();
const dollars = z.number().min(0).nullable();
/** any JSON value */
const json = z.unknown();

const usage = z.looseObject({ input_tokens: unknownCount, output_tokens: unknownCount });
const toolCall = z.looseObject({
  id: z.string(),
  type: z.literal("function"),
  function: z.looseObject({ name: z.string(), arguments: z.string() }),
});
const attempt = z.looseObject({ started_ms: count, ended_ms: count, result: z.enum(["answered", ...DROPOUT_REASONS]) });
const seat = {
  member: z.string(),
  provider: z.string(),
  model: z.string(),
  seat: z.int().min(1),
  sample: z.int().min(1),
  local: z.boolean(),
};
const contextFit = z.looseObject({
  prompt_tokens: count,
  window_tokens: count,
  kept_tokens: count,
  cut_tokens: count,
  dropped_messages: count,
  cut_messages: count,
  folded_lines: count,
});

export const answeredOutcomeSchema = z.looseObject({
  ...seat,
  status: z.literal("answered"),
  text: z.string(),
  value: json,
  tool_calls: z.array(toolCall),
  reasoning: z.string().nullable(),
  finish_reason: z.looseObject({
    unified: z.enum(["stop", "length", "tool-calls", "content-filter", "other"]),
    raw: z.string().nullable(),
  }),
  served_model: z.string().nullable(),
  usage,
  cost_usd: dollars,
  latency_ms: count,
  attempts: z.array(attempt),
  context_fit: contextFit.nullable(),
  ignored_parameters: z.array(z.string()),
  flags: z.array(z.enum(["degenerate", "suspicious", "context-trimmed", "length"])),
  hedged_by: z.string().nullable(),
});
export const droppedOutcomeSchema = z.looseObject({
  ...seat,
  status: z.literal("dropped"),
  reason: z.enum(DROPOUT_REASONS),
  detail: z.string(),
  retry_after_ms: unknownCount,
  latency_ms: count,
  attempts: z.array(attempt),
  cost_usd: dollars,
  usage,
});
const notAskedOutcome = z.looseObject({ ...seat, status: z.literal("not-asked") });

export const verdictSchema = z.looseObject({
  how: z.enum(["agreed", "voted", "picked", "merged", "ranked", "survivor", "fallback"]),
  winner: z.string().nullable(),
  supporters: z.array(z.string()),
  agreement: z.number().min(0).max(1).nullable(),
  confidence: z.number().min(0).max(1).nullable(),
  rationale: z.string().nullable(),
  dissents: z.array(z.looseObject({ members: z.array(z.string()), value: json, excerpt: z.string(), weight: z.number().min(0) })),
  weights: z.array(z.looseObject({ member: z.string(), weight: z.number().min(0), source: z.enum(["request", "learned", "config"]) })),
  support: z
    .record(z.string(), z.number().min(0).max(1))
    .optional()
    .describe(
      "share of weight behind each field, by JSON pointer into the value (of tool calls: into {tool: arguments}); only where fields were counted one by one",
    ),
});
const cascade = z.looseObject({
  escalated: z.boolean().describe("whether a cloud member was asked"),
  reason: z.enum(["disagreement", "no-answer", "context", "low-confidence", "no-local-member", "stopped"]).nullable(),
  cost_usd: dollars.describe("what the cloud members cost; null = unknown"),
  saved_usd: dollars.describe("what the calls not made could have cost at most; null where a price is unknown"),
  saved_calls: count,
});
const adjudication = z.looseObject({
  adjudicator: z.string().nullable(),
  self_judged: z.boolean(),
  ladder: z.array(z.looseObject({ adjudicator: z.string(), result: z.string(), detail: z.string().nullable() })),
  orders: count,
  order_stable: z.boolean().nullable(),
  labels: z.record(z.string(), z.string()),
  prompt: z.looseObject({ name: z.string(), sha256: z.string() }),
  usage,
  cost_usd: dollars,
  latency_ms: count,
});

export const reportSchema = z.looseObject({
  schema: z.literal("consensus.report/1"),
  id: z.string(),
  created_at: z.string(),
  status: z.enum(["complete", "degraded", "failed"]),
  mode: z.enum(["consensus", "single-provider", "fallback"]),
  simulated: z.boolean(),
  problem: z.looseObject({ slug: z.string(), detail: z.string() }).nullable(),
  answer: z.string().nullable(),
  value: json,
  tool_calls: z.array(toolCall),
  verdict: verdictSchema.nullable(),
  outcomes: z.array(z.union([answeredOutcomeSchema, droppedOutcomeSchema, notAskedOutcome])),
  quorum: z.looseObject({ needed: count, usable: count, met: z.boolean() }),
  adjudication: adjudication.nullable(),
  degradations: z.array(z.looseObject({ code: z.enum(DEGRADATION_CODES), member: z.string().nullable(), detail: z.string() })),
  privacy: z.looseObject({
    class: z.enum(["local-only", "cloud-allowed"]),
    hosts: z.array(z.string()),
    tightened_by: z.array(z.string()).optional(),
  }),
  usage: z.looseObject({
    calls: count,
    retries: count,
    input_tokens: unknownCount,
    output_tokens: unknownCount,
    wasted_output_tokens: unknownCount,
  }),
  cost_usd: z.looseObject({ total: dollars, members: dollars, adjudication: dollars }),
  cascade: cascade.optional().describe("strategy cascade alone"),
  timing_ms: z.looseObject({ total: count, panel: count, adjudication: count, engine: count }),
  storage: z.looseObject({ stored: z.boolean() }),
  request: json,
});

/** RFC 9457. */
export const problemSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  request_id: z.string(),
  retryable: z.boolean(),
  errors: z.array(z.looseObject({ pointer: z.string(), code: z.string(), message: z.string() })).optional(),
  report: reportSchema.optional(),
});
