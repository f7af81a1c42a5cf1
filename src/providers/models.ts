/** Facts of any model: from the table, overridden by configuration, guessed by name where nothing is known; and what a call cost. Pure. */
import type { Usage } from "../core/chat.ts";
import { MODEL_TABLE } from "./model-table.ts";
import type { ModelFacts } from "./provider.ts";

/** Seated when nothing else is configured: alive, cheap, of different makers. */
export const DEFAULT_MODELS: Readonly<Record<string, string>> = {
  together: "meta-llama/Llama-3.3-70B-Instruct-Turbo",
  groq: "openai/gpt-oss-120b",
  ollama: "llama3.2",
  openai: "gpt-4.1-mini",
  anthropic: "claude-haiku-4-5",
};

/** Makers by the words in their models' names; the first that fits. */
const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/gpt|(?:^|\/)o\d(?:-|$)|davinci/i, "openai"],
  [/claude/i, "anthropic"],
  [/deepseek/i, "deepseek"],
  [/qwen|qwq/i, "qwen"],
  [/mistral|mixtral|magistral|codestral|devstral|ministral/i, "mistral"],
  [/gemma|gemini/i, "google"],
  [/nemotron/i, "nvidia"],
  [/llama|(?:^|\/)meta-/i, "meta"],
  [/kimi|moonshot/i, "moonshot"],
  [/glm|zai-org/i, "zai"],
  [/minimax/i, "minimax"],
  [/(?:^|[^a-z])phi-?\d/i, "microsoft"],
  [/command-?r|cohere|aya/i, "cohere"],
  [/granite/i, "ibm"],
  [/grok/i, "xai"],
];
export const familyOf = (model: string): string | null => FAMILIES.find(([pattern]) => pattern.test(model))?.[1] ?? null;

/**
 * How a model's thinking is turned down where it has any: by levels that cannot reach zero, or by a switch. Unknown models
 * are left alone, since a wrong field is refused.
 */
export function thinkingOf(model: string): "levels" | "switch" | null {
  if (/gpt-oss|(?:^|\/)gpt-[5-9]|(?:^|\/)o[134](?:-|$)/i.test(model)) return "levels";
  if (/qwen3(?!.*instruct)|kimi-k2\.5|glm-5/i.test(model)) return "switch";
  return null;
}
/** Models of Ollama's library that think unless told not to, for servers that do not say so. */
export const guessThinking = (model: string): boolean => thinkingOf(model) !== null || /deepseek-r1|magistral|qwq|gemma4/i.test(model);

/** Claude takes no seed, and new models no sampling; a stranger by that name is taken for a new one. */
const ANTHROPIC_UNSUPPORTED = ["temperature", "top_p", "seed"];
const REASONING_UNSUPPORTED = ["temperature", "top_p"];

function guessUnsupported(provider: string, model: string): readonly string[] {
  if (provider === "anthropic") return ANTHROPIC_UNSUPPORTED;
  return provider === "openai" && thinkingOf(model) === "levels" ? REASONING_UNSUPPORTED : [];
}
/** Whose every model, as far as known, can be held to a JSON schema; so can those of the usual local servers, by their samplers. */
const STRUCTURED_PROVIDERS: ReadonlySet<string> = new Set(["openai", "anthropic", "ollama"]);

/** `local` models cost nothing unless the operator says otherwise. */
export function factsOf(provider: string, model: string, overrides: Partial<ModelFacts> = {}, local = false): ModelFacts {
  const known = MODEL_TABLE.get(`${provider}/${model}`) ?? MODEL_TABLE.get(`${provider}/${model.replace(/:latest$/, "")}`);
  const isFree = local && !/[:-]cloud$/i.test(model);
  /** the table's prices of Ollama are those of a local one */
  const price = (listed: number | null | undefined): number | null => (isFree ? 0 : provider === "ollama" ? null : (listed ?? null));
  return {
    contextTokens: known?.contextTokens ?? null,
    maxOutputTokens: known?.maxOutputTokens ?? null,
    inputUsdPerMtok: price(known?.inputUsdPerMtok),
    outputUsdPerMtok: price(known?.outputUsdPerMtok),
    family: known?.family ?? familyOf(model),
    unsupported: known?.unsupported ?? guessUnsupported(provider, model),
    structured: known?.structured ?? (local || STRUCTURED_PROVIDERS.has(provider)),
    timeoutMs: null,
    maxConcurrency: null,
    numCtx: null,
    weight: null,
    checked: known?.checked ?? null,
    source: known?.source ?? null,
    ...withoutUndefined(overrides),
  };
}
const withoutUndefined = (overrides: Partial<ModelFacts>): Partial<ModelFacts> =>
  Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));

type Prices = Pick<ModelFacts, "inputUsdPerMtok" | "outputUsdPerMtok">;
export const isFree = (facts: Prices): boolean => facts.inputUsdPerMtok === 0 && facts.outputUsdPerMtok === 0;

/** What a call cost in US dollars by its reported usage; null when a price or a count that matters is unknown. */
export function costUsd(facts: Prices, usage: Usage): number | null {
  if (isFree(facts)) return 0;
  const input = product(facts.inputUsdPerMtok, usage.input_tokens);
  const output = product(facts.outputUsdPerMtok, usage.output_tokens);
  return input === null || output === null ? null : (input + output) / 1e6;
}

function product(usdPerMtok: number | null, tokens: number | null): number | null {
  if (usdPerMtok === 0 || tokens === 0) return 0;
  return usdPerMtok === null || tokens === null ? null : usdPerMtok * tokens;
}
