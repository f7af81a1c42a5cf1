/** Facts and prices of models: the table, the operator's word over it, and unknown that stays unknown. */
import { expect, test } from "vitest";
import { DIALECTS } from "../../src/providers/index.ts";
import { MODEL_TABLE } from "../../src/providers/model-table.ts";
import { costUsd, DEFAULT_MODELS, factsOf, familyOf, thinkingOf } from "../../src/providers/models.ts";
import { thinksInTags } from "../../src/providers/thinking.ts";

const used = { input_tokens: 1_000_000, output_tokens: 500_000 };

test("every line of the table is dated, sourced and believable", () => {
  for (const [member, entry] of MODEL_TABLE) {
    expect(entry.checked, member).toMatch(/^2026-\d\d-\d\d$/);
    expect(entry.source, member).not.toBe("");
    for (const price of [entry.inputUsdPerMtok, entry.outputUsdPerMtok]) expect(price ?? 0, member).toBeLessThan(100);
    expect(entry.contextTokens ?? 0, member).toBeGreaterThan(4000);
  }
});
test("each service has a default model that the table knows", () => {
  for (const dialect of DIALECTS.filter((name) => name !== "openai-compatible"))
    expect(MODEL_TABLE.has(`${dialect}/${DEFAULT_MODELS[dialect]}`), dialect).toBe(true);
});
test("a known model costs what the table says", () => {
  expect(costUsd(factsOf("together", "openai/gpt-oss-120b"), used)).toBeCloseTo(0.15 + 0.3, 10);
});
test("an unknown price or an unknown count makes an unknown cost, never 0", () => {
  expect(costUsd(factsOf("groq", "nobody/knows"), used)).toBeNull();
  expect(costUsd(factsOf("groq", "openai/gpt-oss-20b"), { input_tokens: 5, output_tokens: null })).toBeNull();
});
test("a local model costs nothing, even where it does not count; a cloud name on a local port costs an unknown sum", () => {
  expect(costUsd(factsOf("ollama", "llama3.2", {}, true), { input_tokens: null, output_tokens: null })).toBe(0);
  expect(costUsd(factsOf("lmstudio", "any", {}, true), used)).toBe(0);
  expect(costUsd(factsOf("ollama", "gpt-oss:120b-cloud", {}, true), used)).toBeNull();
  expect(costUsd(factsOf("ollama", "llama3.2", {}, false), used)).toBeNull();
});
test("the operator's word stands over the table, and only where it was given", () => {
  const facts = factsOf("groq", "openai/gpt-oss-120b", { inputUsdPerMtok: 9, contextTokens: undefined, numCtx: 4096 });
  expect(facts).toMatchObject({ inputUsdPerMtok: 9, contextTokens: 131_072, numCtx: 4096, structured: true });
});
test("a local server is taken to hold its models to a schema, a stranger in the cloud is not", () => {
  expect(factsOf("lmstudio", "any", {}, true).structured).toBe(true);
  expect(factsOf("openrouter", "any").structured).toBe(false);
  expect(factsOf("groq", "qwen/qwen3.8-27b").structured).toBe(false);
});
test("`:latest` is the same model", () => {
  expect(factsOf("ollama", "llama3.2:latest", {}, true).contextTokens).toBe(131_072);
});
test("new Claude and reasoning models of OpenAI take no sampling, strangers by those names neither", () => {
  expect(factsOf("anthropic", "claude-haiku-4-5").unsupported).toEqual(["seed"]);
  expect(factsOf("anthropic", "claude-next").unsupported).toContain("temperature");
  expect(factsOf("openai", "gpt-7").unsupported).toContain("temperature");
  expect(factsOf("openai", "gpt-4o").unsupported).toEqual([]);
});
test.each([
  ["meta-llama/Llama-3.3-70B-Instruct-Turbo", "meta"],
  ["openai/gpt-oss-120b", "openai"],
  ["deepseek-r1-distill-llama-70b", "deepseek"],
  ["Qwen/QwQ-32B", "qwen"],
  ["google/gemma-4-31B-it", "google"],
  ["nvidia/Llama-3_1-Nemotron-70B", "nvidia"],
  ["phi4:14b", "microsoft"],
  ["mystery", null],
])("%s is of the family %s", (model, family) => {
  expect(familyOf(model)).toBe(family);
});
test.each([
  ["openai/gpt-oss-20b", "levels"],
  ["o3-mini", "levels"],
  ["gpt-4o-mini", null],
  ["qwen/qwen3.8-27b", "switch"],
  ["Qwen/Qwen3-235B-A22B-Instruct-2507-tput", null],
  ["llama3.2", null],
])("%s thinks by %s", (model, kind) => {
  expect(thinkingOf(model)).toBe(kind);
});
test("only models known to think in tags are held back", () => {
  for (const model of ["deepseek-ai/DeepSeek-R1", "Qwen/QwQ-32B", "kimi-k2-thinking"]) expect(thinksInTags(model), model).toBe(true);
  for (const model of ["llama3.2", "gpt-oss:20b", "qwen3:4b", "r12b"]) expect(thinksInTags(model), model).toBe(false);
});
