/** openai: the conformance suite, and what this service does its own way. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { factsOf } from "../../src/providers/models.ts";
import { conformance } from "./conformance.ts";
import { failureOf, inPieces, json, openRoom, replyOf, type Room } from "./setup.ts";
import { openAiWire } from "./wires.ts";

describe("openai conforms", () => {
  conformance({ dialect: "openai", basePath: "/v1", path: "/v1/chat/completions", wire: openAiWire });
});

describe("openai alone", () => {
  let room: Room;
  beforeAll(async () => {
    room = await openRoom({ dialect: "openai", basePath: "/v1" });
  });
  afterAll(() => room.close());
  const ok = json(200, openAiWire.whole({ pieces: ["Hi"] }));

  test("leaves sampling out for reasoning models, keeps the role developer, counts a stream's tokens", async () => {
    const model = "gpt-6-luna";
    const call = { model, facts: factsOf("openai", model), temperature: 0.2, max_tokens: 9, effort: "low" } as const;
    const messages = [{ role: "developer", content: "Be brief." }] as const;
    const reply = replyOf(await room.ask(ok, { ...call, messages: [...messages] }, { onDelta: () => undefined }));
    expect(reply.ignored).toEqual(["temperature"]);
    expect(room.upstream.seen.at(-1)?.json).toEqual({
      model,
      messages,
      max_completion_tokens: 9,
      stream: true,
      stream_options: { include_usage: true },
      reasoning_effort: "low",
    });
  });
  test("hands on a schema where the model has structured output, and names it where not", async () => {
    const response_format = { type: "json_schema", json_schema: { name: "r", schema: { type: "object" }, strict: true } } as const;
    replyOf(await room.ask(ok, { response_format }));
    expect(room.upstream.seen.at(-1)?.json).toMatchObject({ response_format });
    const plain = { ...room.call().facts, structured: false };
    expect(replyOf(await room.ask(ok, { response_format, facts: plain })).ignored).toEqual(["response_format"]);
  });
  test("a refusal field is a refusal, though the finish is a stop", async () => {
    const whole = openAiWire.whole({ pieces: [] }) as { choices: { message: Record<string, unknown> }[] };
    whole.choices[0]!.message = { role: "assistant", content: null, refusal: "I can't help with that." };
    expect(failureOf(await room.ask(json(200, whole))).reason).toBe("refused");
  });
  test.each([
    ["credit_balance_exhausted"],
    ["organization_spend_limit_exceeded"],
    ["project_spend_limit_exceeded"],
    ["organization_usage_limit_exceeded"],
  ])("429 %s is about money, not about waiting", async (code) => {
    const body = { error: { message: "x", type: "insufficient_quota", code } };
    expect(failureOf(await room.ask(json(429, body, { "retry-after": "1" })))).toMatchObject({
      reason: "unauthorized",
      again: "never",
      trips: true,
    });
  });
  test("content in parts is text, an image among them is nothing we asked for", async () => {
    const whole = openAiWire.whole({ pieces: [] }) as { choices: { message: Record<string, unknown> }[] };
    whole.choices[0]!.message = {
      role: "assistant",
      content: [
        { type: "text", text: "He" },
        { type: "text", text: "llo" },
      ],
    };
    expect(replyOf(await room.ask(json(200, whole))).text).toBe("Hello");
    whole.choices[0]!.message = { role: "assistant", content: [{ type: "image_url", image_url: { url: "http://x.invalid/" } }] };
    expect(failureOf(await room.ask(json(200, whole))).reason).toBe("bad-response");
  });
  test("several tool calls stay apart, with and without an index", async () => {
    const tools = [{ type: "function", function: { name: "a" } }] as const;
    const one = (id: string, at?: number): unknown => ({
      ...(at === undefined ? {} : { index: at }),
      id,
      type: "function",
      function: { name: "a", arguments: `{"id":"${id}"}` },
    });
    for (const calls of [
      [one("x", 0), one("y", 1)],
      [one("x"), one("y")],
    ]) {
      const chunk = { choices: [{ index: 0, delta: { tool_calls: calls }, finish_reason: "tool_calls" }] };
      const frames = [`data: ${JSON.stringify(chunk)}\n\n`, "data: [DONE]\n\n"];
      const reply = replyOf(await room.ask(inPieces("text/event-stream", frames), { tools: [...tools] }, { onDelta: () => undefined }));
      expect(reply.toolCalls.map(({ function: called }) => called.arguments)).toEqual(['{"id":"x"}', '{"id":"y"}']);
    }
  });
});
