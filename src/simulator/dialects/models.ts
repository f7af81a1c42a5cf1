/** The models that each simulated service lists: real ids with their context windows (checked 2026-11). Holds data only. */
import type { ProviderName } from "../asked.ts";

export interface ListedModel {
  id: string;
  contextTokens: number;
  maxOutputTokens: number;
  /** US dollars per million tokens */
  input: number;
  output: number;
  /** writes reasoning beside its answer */
  thinks: boolean;
}
const model = (id: string, contextTokens: number, maxOutputTokens: number, input: number, output: number, thinks = false): ListedModel => ({
  id,
  contextTokens,
  maxOutputTokens,
  input,
  output,
  thinks,
});

export const MODELS: Record<ProviderName, ListedModel[]> = {
  together: [
    model("meta-llama/Llama-3.3-70B-Instruct-Turbo", 131_072, 131_072, 0.88, 0.88),
    model("openai/gpt-oss-120b", 131_072, 32_768, 0.15, 0.6, true),
    model("Qwen/Qwen3-235B-A22B-Instruct-2507-tput", 262_144, 262_144, 0.2, 0.6),
    model("deepseek-ai/DeepSeek-V4.1-Flash", 1_048_576, 393_216, 0.3, 1.2),
    model("zai-org/GLM-5.3-Flash", 1_048_576, 943_717, 0.15, 0.5),
  ],
  groq: [
    model("openai/gpt-oss-120b", 131_072, 65_536, 0.15, 0.6, true),
    model("openai/gpt-oss-20b", 131_072, 65_536, 0.075, 0.3, true),
    model("qwen/qwen3.8-27b", 131_042, 16_384, 0.8, 4, true),
    model("qwen/qwen3.6-27b", 131_072, 16_384, 0.6, 3, true),
  ],
  ollama: [
    model("llama3.2:latest", 131_072, 131_072, 0, 0),
    model("llama3.1:8b", 131_072, 131_072, 0, 0),
    model("qwen3:4b", 262_144, 262_144, 0, 0, true),
    model("gemma3:4b", 131_072, 131_072, 0, 0),
    model("gemma3:latest", 131_072, 131_072, 0, 0),
    model("qwen3:14b", 40_960, 40_960, 0, 0, true),
  ],
  openai: [
    model("gpt-4.1-mini", 1_047_576, 32_768, 0.4, 1.6),
    model("gpt-4o-mini", 128_000, 16_384, 0.15, 0.6),
    model("gpt-5.4-nano", 400_000, 128_000, 0.2, 1.25),
  ],
  anthropic: [model("claude-haiku-4-5", 200_000, 64_000, 1, 5), model("claude-sonnet-5-5", 1_000_000, 128_000, 2, 10)],
};

/** Ollama reads a name without a tag as `:latest`. */
export const findModel = (provider: ProviderName, id: string): ListedModel | undefined =>
  MODELS[provider].find((listed) => listed.id === id || listed.id === `${id}:latest`);
export const thinks = (provider: ProviderName, id: string): boolean => findModel(provider, id)?.thinks ?? false;
