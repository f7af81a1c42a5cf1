/** The request on the wire as one zod schema: shapes, limits and their sentences. Fills no default (request.ts does) and knows no HTTP. */
import { z } from "zod";
import type { Json, JsonSchema } from "../../adjudicator/index.ts";

const json: z.ZodType<Json> = z.json() as z.ZodType<Json>;
const jsonObject: z.ZodType<JsonSchema> = z.record(z.string(), json);

/** `provider/model`, split at the first slash: a lower-case provider name, then the provider's own id in visible ASCII. */
export const MEMBER_PATTERN = /^[a-z][a-z0-9_-]{0,63}\/[\x21-\x7e]{1,199}$/;
export const memberName = z.string().regex(MEMBER_PATTERN, 'must be written "provider/model", e.g. "groq/openai/gpt-oss-120b"');

const textPart = z.strictObject({ type: z.literal("text", 'only text parts are accepted: {"type":"text","text":"…"}'), text: z.string() });
const content = z.union([z.string(), z.array(textPart).min(1)]);
const toolCall = z.strictObject({
  id: z.string().min(1).max(256),
  type: z.literal("function"),
  function: z.strictObject({ name: z.string().min(1).max(256), arguments: z.string() }),
});
const name = z.string().min(1).max(64).optional();
export const message = z.discriminatedUnion("role", [
  z.strictObject({ role: z.literal("system"), content, name }),
  z.strictObject({ role: z.literal("developer"), content, name }),
  z.strictObject({ role: z.literal("user"), content, name }),
  z.strictObject({
    role: z.literal("assistant"),
    content: content.nullish(),
    tool_calls: z.array(toolCall).min(1).max(128).optional(),
    name,
  }),
  z.strictObject({ role: z.literal("tool"), content, tool_call_id: z.string().min(1).max(256) }),
]);

export const panelMember = z.union([
  memberName,
  z.strictObject({
    model: memberName,
    samples: z.int().min(1).max(8).optional(),
    weight: z.number().min(0).max(100).optional(),
    timeout_ms: z.int().min(1).max(600_000).optional(),
    temperature: z.number().min(0).max(2).optional(),
  }),
]);

export const answerSpec = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text") }),
  z.strictObject({ type: z.literal("number") }),
  z.strictObject({
    type: z.literal("choice"),
    choices: z
      .array(
        z
          .string()
          .max(500)
          .refine((choice) => choice.trim() !== "", "must not be blank"),
      )
      .min(2)
      .max(100)
      // never trimmed: the value of the answer is the choice as the request wrote it
      .refine((choices) => new Set(choices.map((choice) => choice.trim())).size === choices.length, "choices must differ from each other"),
  }),
  z.strictObject({ type: z.literal("exact") }),
  z.strictObject({ type: z.literal("json"), schema: jsonObject.optional() }),
]);

export const tool = z.strictObject({
  type: z.literal("function"),
  function: z.strictObject({
    name: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, "must be 1–64 letters, digits, _, . or -"),
    description: z.string().optional(),
    parameters: jsonObject.optional(),
    strict: z.boolean().nullish(),
  }),
  annotations: z.looseObject({ readOnlyHint: z.boolean().optional() }).optional(),
});
export const toolChoice = z.union([
  z.enum(["none", "auto", "required"]),
  z.strictObject({ type: z.literal("function"), function: z.strictObject({ name: z.string().min(1) }) }),
]);
export const responseFormat = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text") }),
  z.strictObject({ type: z.literal("json_object") }),
  z.strictObject({
    type: z.literal("json_schema"),
    json_schema: z.strictObject({
      name: z.string().min(1).max(64),
      description: z.string().optional(),
      schema: jsonObject.optional(),
      strict: z.boolean().nullish(),
    }),
  }),
]);

const metadata = z
  .record(z.string().min(1).max(64, "keys have at most 64 characters"), z.string().max(512, "values have at most 512 characters"))
  .refine((pairs) => Object.keys(pairs).length <= 16, "at most 16 pairs");

export const STRATEGY_NAMES = ["auto", "vote", "pick", "merge", "rank", "cascade", "fallback"] as const;

/** Every field of `POST /consensus`. */
export const requestFields = {
  messages: z.array(message).min(1).max(1000).optional(),
  prompt: z.string().optional(),
  panel: z.array(panelMember).min(1).max(16).optional(),
  strategy: z.enum(STRATEGY_NAMES).optional(),
  answer: answerSpec.optional(),
  adjudicators: z.array(memberName).max(16).optional(),
  orders: z.union([z.literal(1), z.literal(2)]).optional(),
  quorum: z.int().min(1).max(16).optional(),
  require_quorum: z.boolean().optional(),
  stop: z.enum(["decided", "all"]).optional(),
  deadline_ms: z.int().min(1).max(600_000).optional(),
  grace_ms: z.int().min(0).max(600_000).optional(),
  privacy: z.enum(["local-only", "cloud-allowed", "auto"]).optional(),
  max_cost_usd: z.number().min(0).max(1_000_000).optional(),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  max_tokens: z.int().min(1).max(10_000_000).optional(),
  seed: z.int().optional(),
  stop_sequences: z.array(z.string().min(1).max(500)).min(1).max(16).optional(),
  tools: z.array(tool).min(1).max(128).optional(),
  tool_choice: toolChoice.optional(),
  response_format: responseFormat.optional(),
  metadata: metadata.optional(),
};
export const requestSchema = z.strictObject(requestFields);
export type WireRequest = z.infer<typeof requestSchema>;
