/** What was known of each model on the day it was looked up: windows, prices, what it does not take. Data only; configuration overrides it. */

/** One line: dollars are per million tokens, null = unknown. */
export interface ModelEntry {
  contextTokens: number | null;
  maxOutputTokens: number | null;
  inputUsdPerMtok: number | null;
  outputUsdPerMtok: number | null;
  family: string;
  unsupported?: readonly string[];
  structured?: boolean;
  checked: string;
  source: string;
}

/** Groq: no model takes these two by request name; both are OpenAI's own business elsewhere too. */
const K128 = 131_072;
const M1 = 1_048_576;
/** Reasoning models of OpenAI, and Claude after Opus 4.6, refuse any temperature but 1. */
const FIXED_SAMPLING = ["temperature", "top_p"] as const;
const CLAUDE = ["temperature", "top_p", "seed"] as const;
const OLDER_CLAUDE = ["seed"] as const;

const PI = "pi-ai 1.5.2";
const GENAI = "genai-prices 0.1.8";
const GATEWAY = "llmgateway models 1.324.0";
const THREADS = "provider threads on GitHub";

type Row = [
  context: number | null,
  maxOutput: number | null,
  input: number | null,
  output: number | null,
  family: string,
  checked: string,
  source: string,
  more?: { unsupported?: readonly string[]; structured?: boolean },
];
const entry = ([contextTokens, maxOutputTokens, inputUsdPerMtok, outputUsdPerMtok, family, checked, source, more]: Row): ModelEntry => ({
  contextTokens,
  maxOutputTokens,
  inputUsdPerMtok,
  outputUsdPerMtok,
  family,
  checked,
  source,
  ...more,
});
const structured = { structured: true };

/** Where sources disagree the dearer price stands: a budget is a promise. */
const ROWS: Record<string, Row> = {
  "groq/openai/gpt-oss-120b": [K128, 65_536, 0.15, 0.75, "openai", "2026-11-10", `${PI}, ${GATEWAY}`, structured],
  "groq/openai/gpt-oss-20b": [K128, 65_536, 0.1, 0.5, "openai", "2026-11-10", `${PI}, ${GATEWAY}`, structured],
  "groq/qwen/qwen3.8-27b": [131_042, 16_384, 0.8, 4, "qwen", "2026-09-15", THREADS],
  "groq/qwen/qwen3.6-27b": [K128, 16_384, 0.6, 3, "qwen", "2026-07-15", THREADS],
  "together/meta-llama/Llama-3.3-70B-Instruct-Turbo": [K128, K128, 0.88, 0.88, "meta", "2026-11-10", PI, structured],
  "together/openai/gpt-oss-120b": [K128, 32_768, 0.15, 0.6, "openai", "2026-11-10", `${PI}, ${GATEWAY}`, structured],
  "together/Qwen/Qwen3-235B-A22B-Instruct-2507-tput": [262_144, 262_144, 0.2, 0.6, "qwen", "2026-11-10", PI, structured],
  "together/Qwen/Qwen3.8-2.4T-A95B": [1_010_000, 909_000, 2, 6, "qwen", "2026-09-23", GATEWAY, structured],
  "together/deepseek-ai/DeepSeek-V4.1-Flash": [M1, 393_216, 0.3, 1.2, "deepseek", "2026-09-23", GATEWAY, structured],
  "together/deepseek-ai/DeepSeek-V4-Pro-0813": [M1, 163_840, 1.32, 3.96, "deepseek", "2026-09-23", GATEWAY, structured],
  "together/zai-org/GLM-5.3-Flash": [M1, 943_717, 0.15, 0.5, "zai", "2026-09-23", GATEWAY, structured],
  "together/MiniMaxAI/MiniMax-M3": [524_288, K128, 0.3, 1.2, "minimax", "2026-09-23", GATEWAY, structured],
  "anthropic/claude-opus-5-5": [1_000_000, 128_000, 4, 20, "anthropic", "2026-09-23", GENAI, { unsupported: CLAUDE, structured: true }],
  "anthropic/claude-sonnet-5-5": [1_000_000, null, 2, 10, "anthropic", "2026-09-23", GENAI, { unsupported: CLAUDE, structured: true }],
  "anthropic/claude-haiku-5-5": [
    200_000,
    null,
    null,
    null,
    "anthropic",
    "2026-11-20",
    "Anthropic SDK",
    { unsupported: CLAUDE, structured: true },
  ],
  "anthropic/claude-haiku-4-5": [200_000, 64_000, 1, 5, "anthropic", "2026-11-10", PI, { unsupported: OLDER_CLAUDE, structured: true }],
  "anthropic/claude-sonnet-4-5": [
    200_000,
    64_000,
    3,
    15,
    "anthropic",
    "2026-11-20",
    "Anthropic SDK",
    { unsupported: OLDER_CLAUDE, structured: true },
  ],
  "openai/gpt-6-sol": [1_050_000, 128_000, 4, 15, "openai", "2026-09-23", GENAI, { unsupported: FIXED_SAMPLING, structured: true }],
  "openai/gpt-6-luna": [1_050_000, 128_000, 0.1, 0.5, "openai", "2026-09-23", GATEWAY, { unsupported: FIXED_SAMPLING, structured: true }],
  "openai/gpt-5.6-luna": [1_050_000, 128_000, 0.4, 1.8, "openai", "2026-09-23", GENAI, { unsupported: FIXED_SAMPLING, structured: true }],
  "openai/gpt-5.4-nano": [400_000, 128_000, 0.2, 1.25, "openai", "2026-09-23", GATEWAY, { unsupported: FIXED_SAMPLING, structured: true }],
  "openai/gpt-4.1-mini": [1_047_576, 32_768, 0.4, 1.6, "openai", "2026-11-10", PI, structured],
  "openai/gpt-4o-mini": [128_000, 16_384, 0.15, 0.6, "openai", "2026-11-10", PI, structured],
  // what the weights allow; the allocated window is `num_ctx`, or 4096 on most machines
  "ollama/llama3.1:8b": [K128, null, 0, 0, "meta", "2026-11-22", "Ollama library"],
  "ollama/llama3.2": [K128, null, 0, 0, "meta", "2026-11-22", "Ollama library"],
  "ollama/gemma3": [K128, null, 0, 0, "google", "2026-11-22", "Ollama library"],
  "ollama/qwen3:14b": [40_960, null, 0, 0, "qwen", "2026-11-22", "Ollama library"],
  "ollama/qwen3:4b": [262_144, null, 0, 0, "qwen", "2026-11-22", "Ollama library"],
};

/** By `provider/model`. */
export const MODEL_TABLE: ReadonlyMap<string, ModelEntry> = new Map(Object.entries(ROWS).map(([member, row]) => [member, entry(row)]));
