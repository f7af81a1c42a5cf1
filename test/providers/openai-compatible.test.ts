/** openai-compatible: the conformance suite, and what this service does its own way. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conformance } from "./conformance.ts";
import type { ChatResult } from "../../src/providers/provider.ts";
import { failureOf, inPieces, json, openRoom, replyOf, type Room } from "./setup.ts";
import { openAiWire } from "./wires.ts";

describe("openai-compatible conforms", () => {
  conformance({ dialect: "openai-compatible", basePath: "/v1", path: "/v1/chat/completions", wire: openAiWire });
});

describe("openai-compatible alone", () => {
  let room: Room;
  beforeAll(async () => {
    room = await openRoom({ dialect: "openai-compatible", basePath: "/v1" });
  });
  afterAll(() => room.close());

  test("sends the names that old servers know", async () => {
    replyOf(await room.ask(json(200, openAiWire.whole({ pieces: ["Hi"] })), { max_tokens: 5 }));
    expect(room.upstream.seen.at(-1)?.json).toMatchObject({ max_tokens: 5 });
  });
  test("an error with a number as its code is read by that number", async () => {
    const said = json(200, { error: { code: 429, message: "slow down" } });
    expect(failureOf(await room.ask(said)).reason).toBe("rate-limited");
  });
  test("a named error event is an error, with or without a wrapper", async () => {
    const ask = (event: object): Promise<ChatResult> =>
      room.ask(inPieces("text/event-stream", [`event: error\ndata: ${JSON.stringify(event)}\n\n`]), {}, { onDelta: () => undefined });
    expect(failureOf(await ask({ type: "server_error", message: "boom" })).reason).toBe("unavailable");
    expect(failureOf(await ask({ error: { type: "rate_limit_exceeded" } })).reason).toBe("rate-limited");
    expect(failureOf(await ask({ odd: 1 })).reason).toBe("bad-response");
  });
  test("a whole reply without choices has the wrong shape, whatever else it says or leaves out", async () => {
    for (const body of [{ choices: [] }, { usage: { prompt_tokens: 1, completion_tokens: 1 } }, { choices: [], usage: {} }])
      expect(failureOf(await room.ask(json(200, body)))).toMatchObject({ reason: "bad-response", again: "once" });
  });
  test("a finish of `error` is no answer", async () => {
    const whole = openAiWire.whole({ pieces: [""] }) as { choices: { finish_reason: string }[] };
    whole.choices[0]!.finish_reason = "error";
    expect(failureOf(await room.ask(json(200, whole))).reason).toBe("bad-response");
  });
  test("reasoning under its other name, and arguments as an object", async () => {
    const whole = openAiWire.whole({ pieces: [] }) as { choices: { message: Record<string, unknown> }[] };
    const call = { function: { name: "look", arguments: { at: 1 } } };
    whole.choices[0]!.message = { role: "assistant", content: null, reasoning_content: "hm", tool_calls: [call, call] };
    const reply = replyOf(await room.ask(json(200, whole), { tools: [{ type: "function", function: { name: "look" } }] }));
    expect(reply.reasoning).toBe("hm");
    expect(reply.toolCalls).toEqual([
      { id: "call_1", type: "function", function: { name: "look", arguments: '{"at":1}' } },
      { id: "call_2", type: "function", function: { name: "look", arguments: '{"at":1}' } },
    ]);
  });
  test("is local or not as its endpoint is, with the limits that follow", () => {
    expect(room.provider).toMatchObject({ local: true, timeoutMs: 120_000, maxConcurrency: 16 });
  });
});
