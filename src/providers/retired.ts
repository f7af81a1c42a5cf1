/** Models that their providers have switched off, or have said when they will (checked 2026-11). Holds data only. */

export interface Retirement {
  /** ISO date of the last day, or of the first without it where only that was told */
  off: string;
  /** another model of the same provider that does the same work */
  instead: string | null;
  source: string;
}
const row = (off: string, instead: string | null, source: string): Retirement => ({ off, instead, source });

/** By `provider/model`. Groq's notice spares enterprise contracts. */
export const RETIRED: ReadonlyMap<string, Retirement> = new Map([
  ["groq/llama-3.3-70b-versatile", row("2026-08-16", "openai/gpt-oss-120b", "langchain#38363")],
  ["groq/llama-3.1-8b-instant", row("2026-08-16", "openai/gpt-oss-20b", "gptel#1478")],
  ["groq/qwen/qwen3-32b", row("2026-08-16", "qwen/qwen3.8-27b", "llm-zoomcamp#183")],
  ["groq/moonshotai/kimi-k2-instruct", row("2026-06-05", "openai/gpt-oss-120b", "llmgateway models 1.324.0")],
  ["together/openai/gpt-oss-20b", row("2026-09-15", "openai/gpt-oss-120b", "llmgateway#3889")],
  ["together/google/gemma-4-31B-it", row("2026-09-15", "zai-org/GLM-5.3-Flash", "llmgateway#3889")],
  ["anthropic/claude-sonnet-4-5", row("2026-11-30", "claude-sonnet-5-5", "Anthropic SDK")],
]);
