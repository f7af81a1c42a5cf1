/** ollama: the conformance suite, and what this service does its own way. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conformance } from "./conformance.ts";
import { answer, failureOf, json, openRoom, replyOf, type Room } from "./setup.ts";
import { ollamaWire } from "./wires.ts";

describe("ollama conforms", () => {
  conformance({ dialect: "ollama", basePath: "", path: "/api/chat", wire: ollamaWire });
});

describe("ollama alone", () => {
  let room: Room;
  beforeAll(async () => {
    room = await openRoom({ dialect: "ollama" });
  });
  afterAll(() => room.close());
  const ok = json(200, ollamaWire.whole({ pieces: ["Hi"] }));
  const show = (more: object): ReturnType<typeof json> =>
    json(200, {
      details: { family: "llama" },
      model_info: { "general.architecture": "llama", "llama.context_length": 8192 },
      capabilities: ["completion"],
      ...more,
    });
  const prove = async (reply: ReturnType<typeof json>, model = "llama3.2"): Promise<unknown> => {
    room.upstream.reply = reply;
    return room.provider.prove?.(model, room.io());
  };

  test("always streams, with one window per model and no silent cut", async () => {
    const call = {
      numCtx: 8192,
      max_tokens: 20,
      temperature: 0,
      seed: 1,
      stop_sequences: ["X"],
      response_format: { type: "json_object" },
    } as const;
    replyOf(await room.ask(ok, { ...call, stop_sequences: ["X"] }));
    expect(room.upstream.seen.at(-1)?.json).toEqual({
      model: "some-model",
      messages: [{ role: "user", content: "How many?" }],
      stream: true,
      options: { temperature: 0, seed: 1, stop: ["X"], num_ctx: 8192, num_predict: 20 },
      format: "json",
      keep_alive: "10m",
      truncate: false,
      shift: false,
    });
  });
  test("speaks of tools with objects as arguments, and names a choice it cannot make", async () => {
    const tools = [{ type: "function", function: { name: "look" } }] as const;
    const reply = replyOf(
      await room.ask(ok, {
        tools: [...tools],
        tool_choice: "required",
        messages: [
          {
            role: "assistant",
            content: null,
            tool_calls: [{ id: "t1", type: "function", function: { name: "look", arguments: '{"at":1}' } }],
          },
          { role: "tool", content: "dark", tool_call_id: "t1" },
        ],
      }),
    );
    expect(reply.ignored).toEqual(["tool_choice"]);
    expect(room.upstream.seen.at(-1)?.json).toMatchObject({
      messages: [
        { role: "assistant", content: "", tool_calls: [{ id: "t1", function: { name: "look", arguments: { at: 1 } } }] },
        { role: "tool", content: "dark", tool_call_id: "t1", tool_name: "look" },
      ],
    });
  });
  test("a schema goes into `format`", async () => {
    const schema = { type: "object", properties: {} };
    replyOf(await room.ask(ok, { response_format: { type: "json_schema", json_schema: { name: "r", schema } } }));
    expect(room.upstream.seen.at(-1)?.json).toMatchObject({ format: schema });
  });
  test("models that think are told not to, by what the server says of them, else by name", async () => {
    const think = async (model: string): Promise<unknown> => {
      replyOf(await room.ask(ok, { model }));
      return (room.upstream.seen.at(-1)?.json as { think?: unknown } | undefined)?.think;
    };
    expect(await think("llama3.2")).toBeUndefined();
    expect(await think("qwen3:4b")).toBe(false);
    expect(await think("gpt-oss:20b")).toBe("low");
    await prove(show({ capabilities: ["completion", "thinking"] }), "house-model");
    expect(await think("house-model")).toBe(false);
    await prove(show({}), "qwen3:instruct-fork");
    expect(await think("qwen3:instruct-fork")).toBeUndefined();
    await prove(show({}), "o1");
    expect(await think("o1")).toBeUndefined();
  });
  test("an error that is JSON inside a text is read twice", async () => {
    const inner = JSON.stringify({
      error: { code: 400, message: "request exceeds", type: "exceed_context_size_error", n_prompt_tokens: 9000, n_ctx: 4096 },
    });
    expect(failureOf(await room.ask(json(400, { error: inner }))).reason).toBe("context-too-long");
    const plain = "the prompt is longer than the context length currently available to the model; try again";
    expect(failureOf(await room.ask(json(400, { error: plain }))).reason).toBe("context-too-long");
  });
  test("a dead runner is tried once more, a full queue like any 503", async () => {
    expect(
      failureOf(await room.ask(json(500, { error: "model runner has unexpectedly stopped, this may be due to resource limitations" }))),
    ).toMatchObject({ reason: "unavailable", again: "once" });
    expect(
      failureOf(await room.ask(json(503, { error: "server busy, please try again.  maximum pending requests exceeded" }))),
    ).toMatchObject({ reason: "unavailable", again: "twice" });
    expect(failureOf(await room.ask(json(400, { error: '"some-model" does not support tools' }))).reason).toBe("misconfigured");
    expect(failureOf(await room.ask(answer(403, "text/plain", "")))).toMatchObject({
      reason: "unauthorized",
      detail: expect.stringContaining("Host"),
    });
  });
  test("`done: false` in a whole reply is a cut one", async () => {
    expect(failureOf(await room.ask(json(200, { model: "m", message: { content: "Hello" }, done: false }))).reason).toBe("truncated");
  });
  test("a whole reply over several lines is read too", async () => {
    const pretty = JSON.stringify(ollamaWire.whole({ pieces: ["Hi"] }), null, 2);
    expect(replyOf(await room.ask(answer(200, "application/json; charset=utf-8", pretty))).text).toBe("Hi");
  });
  test("lines that claim to be one JSON text are read as lines", async () => {
    const lines = ollamaWire.frames({ pieces: ["Hel", "lo"] }).join("");
    expect(replyOf(await room.ask(answer(200, "application/json", lines))).text).toBe("Hello");
  });
  test("counts of zero are left out by the server", async () => {
    const said = { model: "m", message: { content: "" }, done: true, done_reason: "stop", prompt_eval_count: 9 };
    expect(failureOf(await room.ask(json(200, said)))).toMatchObject({ reason: "empty", usage: { input_tokens: 9, output_tokens: 0 } });
  });

  test("is proved by /api/show before anything else is sent", async () => {
    expect(await prove(show({}))).toEqual({ proved: true, contextTokens: 8192, capabilities: ["completion"] });
    expect(room.upstream.seen.at(-1)).toMatchObject({ method: "POST", path: "/api/show", json: { model: "llama3.2" } });
  });
  test.each([
    ["a relay", show({ remote_host: "https://ollama.com:443" }), "llama3.2", "privacy-excluded"],
    ["a relayed model", show({ remote_model: "x" }), "llama3.2", "privacy-excluded"],
    ["a cloud name", show({}), "gpt-oss:120b-cloud", "privacy-excluded"],
    ["a cloud tag", show({}), "glm:cloud", "privacy-excluded"],
    ["a model that is not there", json(404, { error: "model 'x' not found" }), "x", "misconfigured"],
    ["another service's 404", answer(404, "text/html", "<html>"), "x", "misconfigured"],
    ["another service's page", answer(200, "text/html", "<html>"), "x", "misconfigured"],
    ["another service's JSON", json(200, { ok: true }), "x", "misconfigured"],
    ["a fault of the server", json(500, { error: "x" }), "x", "unavailable"],
  ] satisfies [string, ReturnType<typeof json>, string, string][])("%s proves nothing", async (_name, reply, model, reason) => {
    expect(await prove(reply, model)).toMatchObject({ proved: false, reason });
  });
  test("a port that is closed and a proof that takes too long", async () => {
    const closed = await openRoom({ dialect: "ollama", origin: "http://127.0.0.1:1" });
    expect(await closed.provider.prove?.("m", closed.io())).toMatchObject({ proved: false, reason: "unavailable" });
    await closed.close();
    room.upstream.reply = () => undefined;
    const proof = await room.provider.prove?.("m", room.io({ signal: AbortSignal.timeout(20) }));
    expect(proof).toMatchObject({ proved: false, reason: "timeout" });
  });
  test("tells what is in memory, loads without a prompt, lists what is installed", async () => {
    room.upstream.reply = json(200, { models: [{ name: "llama3.2:latest", model: "llama3.2:latest" }] });
    expect(await room.provider.loaded?.("llama3.2", room.io())).toBe(true);
    expect(await room.provider.loaded?.("qwen3:4b", room.io())).toBe(false);
    room.upstream.reply = json(500, {});
    expect(await room.provider.loaded?.("llama3.2", room.io())).toBeNull();
    room.upstream.reply = json(200, { model: "m", message: { content: "" }, done: true, done_reason: "load" });
    await room.provider.warm?.("m", 4096, room.io());
    expect(room.upstream.seen.at(-1)?.json).toMatchObject({ model: "m", messages: [], options: { num_ctx: 4096 }, keep_alive: "10m" });
    room.upstream.reply = json(200, { models: [{ name: "a:latest", details: { context_length: 4096 } }, { name: "b" }] });
    expect(await room.provider.models?.(room.io())).toEqual([
      { id: "a:latest", contextTokens: 4096 },
      { id: "b", contextTokens: null },
    ]);
  });
  test("asks one at a time and waits two minutes unless told otherwise", () => {
    expect(room.provider).toMatchObject({ maxConcurrency: 1, timeoutMs: 120_000, local: true });
  });
});
