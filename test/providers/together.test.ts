/** together: the conformance suite, and what this service does its own way. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conformance } from "./conformance.ts";
import { failureOf, json, openRoom, replyOf, type Room } from "./setup.ts";
import { openAiWire } from "./wires.ts";

describe("together conforms", () => {
  conformance({ dialect: "together", basePath: "/v1", path: "/v1/chat/completions", wire: openAiWire });
});

const model = "Qwen/Qwen3.5-397B-A17B";
describe("together alone", () => {
  let room: Room;
  beforeAll(async () => {
    room = await openRoom({ dialect: "together", basePath: "/v1" });
  });
  afterAll(() => room.close());
  const ok = json(200, openAiWire.whole({ pieces: ["Hi"] }));

  test("sends the older field names and never lets an answer be shortened unseen", async () => {
    replyOf(await room.ask(ok, { max_tokens: 50, stop_sequences: ["\n"], messages: [{ role: "developer", content: "Be brief." }] }));
    expect(room.upstream.seen.at(-1)?.json).toEqual({
      model: "some-model",
      messages: [{ role: "system", content: "Be brief." }],
      stop: ["\n"],
      max_tokens: 50,
      context_length_exceeded_behavior: "error",
    });
  });
  test("a stream is asked for when somebody listens", async () => {
    replyOf(await room.ask(ok, {}, { onDelta: () => undefined }));
    expect(room.upstream.seen.at(-1)?.json).toMatchObject({ stream: true });
  });
  test("the least thinking is asked for in each model's own way", async () => {
    replyOf(await room.ask(ok, { model, effort: "low" }));
    expect(room.upstream.seen.at(-1)?.json).toMatchObject({ reasoning: { enabled: false } });
    replyOf(await room.ask(ok, { model: "openai/gpt-oss-120b", effort: "low" }));
    expect(room.upstream.seen.at(-1)?.json).toMatchObject({ reasoning_effort: "low" });
    replyOf(await room.ask(ok, { model: "meta-llama/Llama-3.3-70B-Instruct-Turbo", effort: "low" }));
    expect(room.upstream.seen.at(-1)?.json).not.toHaveProperty("reasoning_effort");
  });
  test("a 403 whose words are about the context is no refused key", async () => {
    const words = "The input (9000 tokens) is longer than the model's context length (8192 tokens).";
    const failed = failureOf(await room.ask(json(403, openAiWire.error("invalid_request_error", words))));
    expect(failed).toMatchObject({ reason: "context-too-long", trips: false });
  });
  test.each([["model_not_available"], ["dedicated_endpoint_not_running"]])("400 %s means that the model is gone", async (code) => {
    const failed = failureOf(await room.ask(json(400, openAiWire.error(code, "not serverless"))));
    expect(failed).toMatchObject({ reason: "misconfigured", modelGone: true });
  });
  test("`eos` is a stop", async () => {
    const whole = openAiWire.whole({ pieces: ["Hi"] }) as { choices: { finish_reason: string }[] };
    whole.choices[0]!.finish_reason = "eos";
    expect(replyOf(await room.ask(json(200, whole))).finish).toEqual({ unified: "stop", raw: "eos" });
  });
  test("its list of models is a bare array", async () => {
    room.upstream.reply = json(200, [{ id: "a/b", context_length: 4096 }, { id: "c" }, { nothing: 1 }]);
    expect(await room.provider.models?.(room.io())).toEqual([
      { id: "a/b", contextTokens: 4096 },
      { id: "c", contextTokens: null },
    ]);
    expect(room.upstream.seen.at(-1)).toMatchObject({ method: "GET", path: "/v1/models" });
  });
  test("a list that fails rejects with its reason", async () => {
    room.upstream.reply = json(401, {});
    await expect(room.provider.models?.(room.io())).rejects.toMatchObject({ failure: { reason: "unauthorized" } });
  });
});
