/** anthropic: the conformance suite, and what this service does its own way. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conformance } from "./conformance.ts";
import { answer, failureOf, inPieces, json, openRoom, replyOf, type Room } from "./setup.ts";
import { anthropicWire } from "./wires.ts";

describe("anthropic conforms", () => {
  conformance({ dialect: "anthropic", basePath: "", path: "/v1/messages", wire: anthropicWire });
});

describe("anthropic alone", () => {
  let room: Room;
  beforeAll(async () => {
    room = await openRoom({ dialect: "anthropic" });
  });
  afterAll(() => room.close());
  const ok = json(200, anthropicWire.whole({ pieces: ["Hi"] }));

  test("builds system, turns, tools and the required limit", async () => {
    const tool = { type: "function", function: { name: "look", description: "d", parameters: { type: "object" } } } as const;
    const reply = replyOf(
      await room.ask(ok, {
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "Look." },
          {
            role: "assistant",
            content: null,
            tool_calls: [{ id: "t1", type: "function", function: { name: "look", arguments: '{"at":1}' } }],
          },
          { role: "tool", content: "dark", tool_call_id: "t1" },
          { role: "user", content: "So?" },
        ],
        tools: [tool],
        tool_choice: "required",
        stop_sequences: ["END"],
        seed: 1,
      }),
    );
    expect(reply.ignored).toEqual(["seed"]);
    const { json: body, headers } = room.upstream.seen.at(-1) ?? {};
    expect(headers).toMatchObject({ "anthropic-version": "2026-10-21" });
    expect(body).toEqual({
      model: "some-model",
      max_tokens: 8192,
      system: "Be brief.",
      messages: [
        { role: "user", content: [{ type: "text", text: "Look." }] },
        { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "look", input: { at: 1 } }] },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "t1", content: "dark" },
            { type: "text", text: "So?" },
          ],
        },
      ],
      tools: [{ name: "look", description: "d", input_schema: { type: "object" } }],
      tool_choice: { type: "any" },
      stop_sequences: ["END"],
    });
  });
  test("asks for a schema by its own field, and cannot promise mere JSON", async () => {
    const schema = { type: "object" };
    replyOf(
      await room.ask(ok, {
        model: "claude-sonnet-5-5",
        effort: "low",
        response_format: { type: "json_schema", json_schema: { name: "r", schema } },
      }),
    );
    expect(room.upstream.seen.at(-1)?.json).toMatchObject({ output_config: { effort: "low", format: { type: "json_schema", schema } } });
    expect(replyOf(await room.ask(ok, { response_format: { type: "json_object" } })).ignored).toEqual(["response_format"]);
  });
  test("what the cache took counts as input", async () => {
    const whole = anthropicWire.whole({ pieces: ["Hi"] }) as { usage: unknown };
    whole.usage = { input_tokens: 3, cache_creation_input_tokens: 10, cache_read_input_tokens: 20, output_tokens: 1 };
    expect(replyOf(await room.ask(json(200, whole))).usage).toEqual({ input_tokens: 33, output_tokens: 1 });
  });
  test("only message_stop ends a stream", async () => {
    const frames = anthropicWire.frames({ pieces: ["Hi"] }).slice(0, -1);
    expect(failureOf(await room.ask(inPieces("text/event-stream", frames), {}, { onDelta: () => undefined })).reason).toBe("truncated");
  });
  test("an overloaded event in the middle is a fault of the server", async () => {
    const frames = [...anthropicWire.frames({ pieces: ["Hi"], finish: null }), anthropicWire.errorFrame("overloaded_error", "x")];
    const failed = failureOf(await room.ask(inPieces("text/event-stream", frames), {}, { onDelta: () => undefined }));
    expect(failed).toMatchObject({ reason: "unavailable", again: "never", textRead: true });
  });
  test("413 from the edge is a prompt that is too large", async () => {
    expect(failureOf(await room.ask(answer(413, "text/html", "<html>"))).reason).toBe("context-too-long");
  });
  test("its models carry their window", async () => {
    room.upstream.reply = json(200, { data: [{ id: "claude-x", max_input_tokens: 1000 }], has_more: false });
    expect(await room.provider.models?.(room.io())).toEqual([{ id: "claude-x", contextTokens: 1000 }]);
  });
});
