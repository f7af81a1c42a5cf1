/** groq: the conformance suite, and what this service does its own way. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conformance } from "./conformance.ts";
import { failureOf, inPieces, json, openRoom, replyOf, type Room } from "./setup.ts";
import { openAiWire } from "./wires.ts";

describe("groq conforms", () => {
  conformance({ dialect: "groq", basePath: "", path: "/openai/v1/chat/completions", wire: openAiWire });
});

describe("groq alone", () => {
  let room: Room;
  beforeAll(async () => {
    room = await openRoom({ dialect: "groq" });
  });
  afterAll(() => room.close());
  const ok = json(200, openAiWire.whole({ pieces: ["Hi"] }));
  const sse = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

  test("sends max_completion_tokens, and asks for parsed reasoning where a model has a switch", async () => {
    replyOf(await room.ask(ok, { model: "qwen/qwen3.8-27b", max_tokens: 9, effort: "low" }));
    expect(room.upstream.seen.at(-1)?.json).toMatchObject({
      max_completion_tokens: 9,
      reasoning_format: "parsed",
      reasoning_effort: "none",
    });
    replyOf(await room.ask(ok, { model: "openai/gpt-oss-120b", effort: "low" }));
    expect(room.upstream.seen.at(-1)?.json).toMatchObject({ reasoning_effort: "low" });
    expect(room.upstream.seen.at(-1)?.json).not.toHaveProperty("reasoning_format");
  });
  test("413 for tokens per minute: smaller output first", async () => {
    const body = { error: { message: "Request too large", type: "tokens", code: "rate_limit_exceeded" } };
    expect(failureOf(await room.ask(json(413, body)))).toMatchObject({ reason: "rate-limited", again: "shrink" });
  });
  test.each([["json_validate_failed"], ["tool_use_failed"]])("400 %s is tried once more", async (code) => {
    const body = { error: { message: "Failed to generate", type: "invalid_request_error", code, failed_generation: "SECRET" } };
    expect(failureOf(await room.ask(json(400, body)))).toMatchObject({ reason: "bad-response", again: "once" });
  });
  test("400 context_length_exceeded and model_decommissioned", async () => {
    const long = {
      error: {
        message: "Please reduce the length of the messages or completion.",
        type: "invalid_request_error",
        code: "context_length_exceeded",
      },
    };
    expect(failureOf(await room.ask(json(400, long))).reason).toBe("context-too-long");
    const gone = { error: { message: "decommissioned", type: "invalid_request_error", code: "model_decommissioned" } };
    expect(failureOf(await room.ask(json(400, gone)))).toMatchObject({ reason: "misconfigured", modelGone: true });
  });
  test("usage comes in x_groq, an error in it ends the answer", async () => {
    const start = sse({ model: "m", choices: [{ index: 0, delta: { content: "Hi" }, finish_reason: null }] });
    const end = { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };
    const used = [
      start,
      sse({ ...end, x_groq: { id: "r", usage: { prompt_tokens: 5, completion_tokens: 2, total_time: 0.1 } } }),
      "data: [DONE]\n\n",
    ];
    const onDelta = (): void => undefined;
    expect(replyOf(await room.ask(inPieces("text/event-stream", used), {}, { onDelta })).usage).toEqual({
      input_tokens: 5,
      output_tokens: 2,
    });
    const broken = [start, sse({ ...end, x_groq: { id: "r", error: "over_capacity" } })];
    expect(failureOf(await room.ask(inPieces("text/event-stream", broken), {}, { onDelta })).reason).toBe("unavailable");
  });
  test("its models carry their window", async () => {
    room.upstream.reply = json(200, { object: "list", data: [{ id: "openai/gpt-oss-20b", context_window: 131_072 }] });
    expect(await room.provider.models?.(room.io())).toEqual([{ id: "openai/gpt-oss-20b", contextTokens: 131_072 }]);
    expect(room.upstream.seen.at(-1)?.path).toBe("/openai/v1/models");
  });
});
