/** CONSENSUS_MODELS: what the operator knows better than the built-in table, by `provider/model`. */
import { z } from "zod";
import type { ModelFacts } from "../../providers/provider.ts";
import { isMember, readJson } from "./read.ts";

const count = z.number().int().min(1).max(100_000_000);
const usd = z.number().min(0).max(1_000_000);
const overrides = z.strictObject({
  context_tokens: count.optional(),
  max_output_tokens: count.optional(),
  input_usd_per_mtok: usd.optional(),
  output_usd_per_mtok: usd.optional(),
  timeout_ms: z.number().int().min(1).max(600_000).optional(),
  max_concurrency: z.number().int().min(1).max(1_024).optional(),
  num_ctx: count.optional(),
  weight: z.number().min(0).max(100).optional(),
});
type Overrides = z.infer<typeof overrides>;

const schema = z.record(z.string().refine(isMember, "the name is not provider/model"), overrides);
const ACCEPTS =
  "a JSON map of provider/model to context_tokens, max_output_tokens, input_usd_per_mtok, output_usd_per_mtok, timeout_ms, max_concurrency, num_ctx, weight";

const FIELDS = {
  context_tokens: "contextTokens",
  max_output_tokens: "maxOutputTokens",
  input_usd_per_mtok: "inputUsdPerMtok",
  output_usd_per_mtok: "outputUsdPerMtok",
  timeout_ms: "timeoutMs",
  max_concurrency: "maxConcurrency",
  num_ctx: "numCtx",
  weight: "weight",
} as const satisfies Record<keyof Overrides, keyof ModelFacts>;

const toFacts = (given: Overrides): Partial<ModelFacts> =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [FIELDS[name as keyof Overrides], value]));

export function readModels(text: string): Record<string, Partial<ModelFacts>> {
  const read = readJson(text, schema, ACCEPTS);
  return Object.fromEntries(Object.entries(read).map(([member, given]) => [member, toFacts(given)]));
}

/** Substitutes for silent members. */
export function readHedge(text: string): Record<string, string> {
  const member = z.string().refine(isMember, "not provider/model");
  return readJson(text, z.record(member, member), "a JSON map of provider/model to the provider/model asked in its place");
}
