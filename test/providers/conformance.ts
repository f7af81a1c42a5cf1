/** What every adapter must do, whatever its wire format: one shared suite, run against a real loopback socket. */
import { createServer } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Tool } from "../../src/core/chat.ts";
import { answer, failureOf, hanging, inPieces, json, KEY, openRoom, replyOf, type Room, type RoomOptions } from "./setup.ts";
import type { Said, Wire } from "./wires.ts";

export interface Subject extends RoomOptions {
  wire: Wire;
  /** where chat calls arrive */
  path: string;
}
type Row = [name: string, reply: ReturnType<typeof json>, expected: Record<string, unknown>];

const HTML = "<!doctype html><html><body>Bad gateway: SECRET-PAGE-TEXT</body></html>";
const TOOL: Tool = { type: "function", function: { name: "look", parameters: { type: "object" } } };
const SERVER_FAULTS = ["server_error", "model runner has unexpectedly stopped"] as const;

export function conformance(subject: Subject): void {
  const { wire, dialect } = subject;
  const isOllama = dialect === "ollama";
  let room: Room;
  beforeAll(async () => {
    room = await openRoom(subject);
  });
  afterAll(() => room.close());
  beforeEach(() => {
    room.upstream.seen.length = 0;
  });
  const stream = (said: Said): ReturnType<typeof json> => inPieces(wire.streamType, wire.frames(said));
  const deltas = (): { list: string[]; onDelta: (text: string) => void } => {
    const list: string[] = [];
    return { list, onDelta: (text) => void list.push(text) };
  };
  const onDelta = (): void => undefined;

  describe("answers", () => {
    test("a whole reply and a streamed one give the same candidate", async () => {
      const said: Said = { pieces: ["  The ", "answer", " is 42.", "\n"], reasoning: "6 times 7", model: "served-1" };
      const whole = replyOf(await room.ask(json(200, wire.whole(said))));
      const heard = deltas();
      const streamed = replyOf(await room.ask(stream(said), {}, { onDelta: heard.onDelta }));
      expect(streamed).toEqual(whole);
      expect(whole).toMatchObject({
        text: "The answer is 42.",
        reasoning: "6 times 7",
        toolCalls: [],
        finish: { unified: "stop" },
        usage: { input_tokens: 12, output_tokens: 3 },
        servedModel: "served-1",
        ignored: [],
        relayedTo: null,
      });
      expect(heard.list.join("")).toBe("The answer is 42.");
    });
    test("a call that did not stream is read from a stream, and a stream from a whole reply", async () => {
      const said: Said = { pieces: ["Hel", "lo"] };
      expect(replyOf(await room.ask(stream(said))).text).toBe("Hello");
      const heard = deltas();
      expect(replyOf(await room.ask(json(200, wire.whole(said)), {}, { onDelta: heard.onDelta })).text).toBe("Hello");
      expect(heard.list.join("")).toBe("Hello");
    });
    test("think tags are reasoning, also unclosed, unopened and split anywhere", async () => {
      const cases: [string, string | null, string | null][] = [
        ["<think>why</think>\n\nHello", "Hello", "why"],
        ["why</think>Hello", "Hello", "why"],
        ["<think>why, and no end", null, null],
        ["Use `<think>` tags", "Use `<think>` tags", null],
        ["```\n<think>\n```\nHello", "```\n<think>\n```\nHello", null],
      ];
      for (const [text, visible, reasoning] of cases)
        for (const pieces of [[text], [...text]]) {
          const result = await room.ask(stream({ pieces }), {}, { onDelta });
          if (visible === null) expect(failureOf(result).reason).toBe("empty");
          else expect(replyOf(result)).toMatchObject({ text: visible, reasoning });
        }
    });
    test("no piece of thinking is streamed to the listener", async () => {
      const heard = deltas();
      const said: Said = { pieces: [..."<think>hidden</think>shown \u{1f600}"], reasoning: "apart" };
      replyOf(await room.ask(stream(said), {}, { onDelta: heard.onDelta }));
      expect(heard.list.join("")).toBe("shown \u{1f600}");
    });
    test("tool calls come in OpenAI's form, whole and streamed", async () => {
      const said: Said = { tool: { name: "look", arguments: { at: "sky", n: 2 } } };
      const call = { tools: [TOOL] };
      const whole = replyOf(await room.ask(json(200, wire.whole(said)), call));
      const streamed = replyOf(await room.ask(stream(said), call, { onDelta }));
      expect(streamed).toEqual(whole);
      expect(whole.text).toBe("");
      expect(whole.finish.unified).toBe("tool-calls");
      expect(whole.toolCalls).toEqual([{ id: "c1", type: "function", function: { name: "look", arguments: '{"at":"sky","n":2}' } }]);
    });
    test("a cut answer is kept with the finish `length`, a cut tool call is not", async () => {
      const said: Said = { pieces: ["Half an ans"], finish: "length" };
      expect(replyOf(await room.ask(json(200, wire.whole(said)))).finish.unified).toBe("length");
      expect(replyOf(await room.ask(stream(said), {}, { onDelta })).finish.unified).toBe("length");
      const tool: Said = { tool: { name: "look", arguments: {} }, finish: "length" };
      expect(failureOf(await room.ask(json(200, wire.whole(tool)), { tools: [TOOL] })).reason).toBe("truncated");
    });
    test("absurd counts of tokens are unknown ones", async () => {
      for (const count of [-3, 1e30, "12", 1.5, null]) {
        const said: Said = { pieces: ["Hello"], usage: { input: count, output: count } };
        expect(replyOf(await room.ask(json(200, wire.whole(said)))).usage).toEqual({ input_tokens: null, output_tokens: null });
        expect(replyOf(await room.ask(stream(said), {}, { onDelta })).usage.input_tokens).toBeNull();
      }
      const silent: Said = { pieces: ["Hello"], usage: null };
      expect(replyOf(await room.ask(json(200, wire.whole(silent)))).usage).toEqual({ input_tokens: null, output_tokens: null });
    });
    test("text is well-formed whatever was sent, and a pair split over chunks is whole", async () => {
      const heard = deltas();
      const said = stream({ pieces: ["a\ud83d", "\ude00b"] });
      expect(replyOf(await room.ask(said, {}, { onDelta: heard.onDelta })).text).toBe("a\u{1f600}b");
      expect(heard.list.join("")).toBe("a\u{1f600}b");
      expect(replyOf(await room.ask(json(200, wire.whole({ pieces: ["a\ud83db"] })))).text).toBe("a\ufffdb");
    });
    test("any split of the bytes gives the same reply", async () => {
      const said: Said = { pieces: ["Grüße \u{1f600} ", "из ", "東京"], reasoning: "ö" };
      const bytes = Buffer.from(wire.frames(said).join(""));
      const expected = replyOf(await room.ask(stream(said), {}, { onDelta }));
      for (const size of [1, 2, 3, 7, 64]) {
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
        expect(replyOf(await room.ask(inPieces(wire.streamType, pieces), {}, { onDelta }))).toEqual(expected);
      }
    });
    test("an answer that was complete is kept, though the connection then broke or time ran out", async () => {
      const frames = wire.frames({ pieces: ["Hello"] }).filter((frame) => !frame.includes("[DONE]"));
      const tear = (response: { destroy(): unknown }): void => void setTimeout(() => response.destroy(), 20);
      expect(replyOf(await room.ask(hanging(wire.streamType, frames, tear), {}, { onDelta })).text).toBe("Hello");
      const signal = AbortSignal.timeout(50);
      expect(replyOf(await room.ask(hanging(wire.streamType, frames), {}, { onDelta, signal })).text).toBe("Hello");
    });
    test("a stream that lingers after its last word is not waited for", async () => {
      const frames = wire.frames({ pieces: ["Hello"] });
      expect(replyOf(await room.ask(hanging(wire.streamType, frames), {}, { onDelta })).text).toBe("Hello");
      await expect.poll(() => room.inFlight()).toBe(0);
    });
  });

  describe("replies with 200 that are no answer", () => {
    const rows: Row[] = [
      ["HTML", answer(200, "text/html", HTML), { reason: "bad-response", again: "once" }],
      ["HTML that claims to be JSON", answer(200, "application/json", HTML), { reason: "bad-response" }],
      ["plain text", answer(200, "text/plain", "Ollama is running"), { reason: "bad-response" }],
      ["an empty body", answer(200, "application/json", ""), { reason: "empty", again: "once" }],
      ["a blank", answer(200, "application/json", " "), { reason: "bad-response" }],
      ["null", json(200, null), { reason: "bad-response", again: "once" }],
      ["a number", json(200, 42), { reason: "bad-response" }],
      ["a list", json(200, []), { reason: "bad-response" }],
      ["an object of no known shape", json(200, { ok: true }), { reason: "bad-response" }],
      [
        "cut JSON",
        answer(200, "application/json", JSON.stringify(wire.whole({ pieces: ["Hi"] })).slice(0, -9)),
        { reason: "bad-response" },
      ],
      ["NaN", answer(200, "application/json", '{"a": NaN}'), { reason: "bad-response" }],
      [
        "UTF-16",
        answer(200, "application/json", Buffer.from(JSON.stringify(wire.whole({ pieces: ["Hi"] })), "utf16le")),
        { reason: "bad-response" },
      ],
      ["deep nesting", answer(200, "application/json", `{"a":${"[".repeat(1e5)}${"]".repeat(1e5)}}`), { reason: "bad-response" }],
      ["an error object of no known kind", json(200, wire.error("strange", "what")), { reason: "bad-response" }],
      ["white space", json(200, wire.whole({ pieces: [" \n\u200b\u2060 "] })), { reason: "empty", again: "once" }],
      ["thinking alone", json(200, wire.whole({ pieces: [""], reasoning: "hm" })), { reason: "empty" }],
      ["thinking cut at the limit", json(200, wire.whole({ pieces: [""], reasoning: "hm", finish: "length" })), { reason: "truncated" }],
      [
        "a tool call nobody offered",
        json(200, wire.whole({ tool: { name: "look", arguments: {} } })),
        { reason: "bad-response", again: "once" },
      ],
      [
        "no finish marker",
        json(200, wire.whole({ pieces: ["Hello"], finish: null })),
        { reason: "truncated", again: "never", textRead: true },
      ],
    ];
    test.each(rows)("%s", async (_name, reply, expected) => {
      const failed = failureOf(await room.ask(reply));
      expect(failed).toMatchObject(expected);
      expect(failed.detail).not.toMatch(/SECRET|strange/);
    });
    test.each(rows.slice(0, 14))("%s, when a stream was asked for", async (_name, reply, { reason }) => {
      expect(failureOf(await room.ask(reply, {}, { onDelta })).reason).toBe(reason);
    });
    test("a repeated key or one that names the prototype", async () => {
      const text = JSON.stringify(wire.whole({ pieces: ["Hello"] }));
      for (const evil of [`{"__proto__":{"polluted":1},${text.slice(1)}`, `${text.slice(0, -1)},"model":"b","model":"c"}`])
        expect(failureOf(await room.ask(answer(200, "application/json", evil))).reason).toBe("bad-response");
      expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
    });
    test("an error object with a known code takes that code's reason", async () => {
      const said = isOllama ? wire.error("", SERVER_FAULTS[1]) : wire.error("server_error", "boom");
      expect(failureOf(await room.ask(json(200, said))).reason).toBe("unavailable");
      if (isOllama) return;
      expect(failureOf(await room.ask(json(200, wire.error("rate_limit_exceeded", "")))).reason).toBe("rate-limited");
      expect(failureOf(await room.ask(json(200, wire.error("insufficient_quota", "")))).reason).toBe("unauthorized");
      expect(failureOf(await room.ask(json(200, wire.error("context_length_exceeded", "")))).reason).toBe("context-too-long");
    });
    // Ollama has no word for either
    if (isOllama) return;
    test("a refusal, and a window that ran out", async () => {
      for (const said of [
        { pieces: [], finish: "refused" },
        { pieces: ["I cannot"], finish: "refused" },
      ] satisfies Said[]) {
        expect(failureOf(await room.ask(json(200, wire.whole(said)))).reason).toBe("refused");
        expect(failureOf(await room.ask(stream(said), {}, { onDelta })).reason).toBe("refused");
      }
      expect(failureOf(await room.ask(json(200, wire.whole({ pieces: ["Hm"], finish: "window" })))).reason).toBe("context-too-long");
    });
  });

  describe("statuses", () => {
    const error = wire.error("server_error", "SECRET words");
    const money = wire.error("insufficient_quota", "you exceeded your current quota");
    const context = wire.error("invalid_request_error", "prompt is too long: This model's maximum context length is 8192 tokens");
    const rows: Row[] = [
      ["400", json(400, wire.error("invalid_request_error", "bad value")), { reason: "misconfigured", again: "never", status: 400 }],
      ["400 without an error wrapper", json(400, { message: "bad value", code: "unsupported_value" }), { reason: "misconfigured" }],
      ["400 for a prompt that is too long", json(400, context), { reason: "context-too-long", again: "never" }],
      ["401", json(401, error), { reason: "unauthorized", again: "never", trips: true }],
      ["402", json(402, error), { reason: "unauthorized", trips: true }],
      ["403", json(403, error), { reason: "unauthorized", trips: true }],
      ["404 of a model", json(404, wire.error("model_not_found", "model 'x' not found")), { reason: "misconfigured", modelGone: true }],
      ["404 of a page", answer(404, "text/html", HTML), { reason: "misconfigured", modelGone: false }],
      ["410", json(410, error), { reason: "misconfigured", modelGone: true }],
      ["422", json(422, wire.error("invalid_request_error", "bad")), { reason: "misconfigured" }],
      ["408", json(408, error), { reason: "unavailable", again: "twice" }],
      ["409", json(409, error), { reason: "unavailable", again: "twice" }],
      ["498", json(498, wire.error("capacity_exceeded", "flex")), { reason: "unavailable", again: "twice" }],
      ["500", json(500, error), { reason: "unavailable", again: "twice", status: 500 }],
      ["501", json(501, error), { reason: "unavailable", again: "never" }],
      ["502 with HTML", answer(502, "text/html", HTML), { reason: "unavailable", again: "twice" }],
      ["503 with Retry-After", json(503, error, { "retry-after": "2" }), { reason: "unavailable", retryAfterMs: 2000 }],
      ["521", answer(521, "text/html", HTML), { reason: "unavailable", again: "never", trips: true }],
      ["524", answer(524, "text/html", HTML), { reason: "unavailable", again: "twice", trips: false }],
      ["529", json(529, wire.error("overloaded_error", "busy")), { reason: "unavailable", again: "twice" }],
      [
        "429",
        json(429, wire.error("rate_limit_exceeded", "slow"), { "retry-after": "1" }),
        { reason: "rate-limited", again: "once", retryAfterMs: 1000 },
      ],
      ["429 in milliseconds", json(429, error, { "retry-after-ms": "250", "retry-after": "9" }), { retryAfterMs: 250 }],
      ["429 with a Go duration", json(429, error, { "retry-after": "1m2.5s" }), { retryAfterMs: 62_500 }],
      [
        "429 with an HTTP date",
        json(429, error, { date: "Sun, 22 Nov 2026 02:00:00 GMT", "retry-after": "Sun, 22 Nov 2026 02:00:07 GMT" }),
        { retryAfterMs: 7000 },
      ],
      ["429 with a date gone by", json(429, error, { "retry-after": "Sun, 22 Nov 1987 02:00:07 GMT" }), { retryAfterMs: null }],
      ["429 with a negative wait", json(429, error, { "retry-after": "-5" }), { reason: "rate-limited", retryAfterMs: null }],
      ["429 with words", json(429, error, { "retry-after": "soon" }), { reason: "rate-limited", retryAfterMs: null }],
      ["429 with 1e12", json(429, error, { "retry-after": "1e12" }), { reason: "rate-limited", retryAfterMs: null }],
      ["429 with two headers", json(429, error, { "retry-after": ["1", "2"] }), { reason: "rate-limited", retryAfterMs: null }],
      ["a redirect", answer(302, "text/html", "", { location: "http://127.0.0.1:1/" }), { reason: "bad-response", again: "once" }],
    ];
    if (!isOllama) rows.push(["429 with a money code", json(429, money), { reason: "unauthorized", again: "never", trips: true }]);
    test.each(rows)("%s", async (_name, reply, expected) => {
      const failed = failureOf(await room.ask(reply));
      expect(failed).toMatchObject(expected);
      expect(failed.detail.length).toBeLessThanOrEqual(200);
      expect(failed.detail).not.toMatch(/SECRET|quota|flex/);
      expect(room.upstream.seen).toHaveLength(1);
    });
  });

  describe("streams", () => {
    const rows: [string, string[], Record<string, unknown>][] = [
      ["no finish marker", wire.frames({ pieces: ["Hel", "lo"], finish: null }), { reason: "truncated", again: "never", textRead: true }],
      ["nothing but comments", isOllama ? ["\n\n"] : [": one\n\n", ": two\n\n"], { reason: isOllama ? "bad-response" : "truncated" }],
      ["nothing at all", [], { reason: "empty" }],
      [
        "broken JSON in the middle",
        [wire.frames({ pieces: ["Hel"] })[0] ?? "", wire.broken, ...wire.frames({ pieces: ["lo"] })],
        { reason: "bad-response" },
      ],
      [
        "an error that names a server fault",
        [...wire.frames({ pieces: ["Hel"], finish: null }), wire.errorFrame(...SERVER_FAULTS)],
        { reason: "unavailable", again: "never", textRead: true },
      ],
      [
        "an error of no known kind",
        [...wire.frames({ pieces: ["Hel"], finish: null }), wire.errorFrame("strange", "what")],
        { reason: "bad-response", again: "never" },
      ],
    ];
    test.each(rows)("%s", async (_name, frames, expected) => {
      expect(failureOf(await room.ask(inPieces(wire.streamType, frames), {}, { onDelta }))).toMatchObject(expected);
    });
    test("one line without end is cut off", async () => {
      const huge = Buffer.alloc(256 * 1024, "x");
      const endless = inPieces(wire.streamType, [isOllama ? '{"a":"' : 'data: {"a":"', ...Array.from({ length: 16 }, () => huge)]);
      expect(failureOf(await room.ask(endless, {}, { onDelta }))).toMatchObject({ reason: "bad-response", again: "never" });
      await expect.poll(() => room.inFlight()).toBe(0);
    });
    test("keep-alive comments are no content", async () => {
      let contents = 0;
      const frames = [wire.keepAlive, wire.keepAlive, ...wire.frames({ pieces: ["Hello"] }), wire.keepAlive];
      const said = replyOf(await room.ask(inPieces(wire.streamType, frames), {}, { onDelta, onContent: () => void contents++ }));
      expect(said.text).toBe("Hello");
      expect(contents).toBe(1);
    });
  });

  describe("connections", () => {
    test("refused", async () => {
      const closed = await openRoom({ ...subject, origin: "http://127.0.0.1:1" });
      const result = await closed.provider.chat(closed.call(), closed.io());
      expect(failureOf(result)).toMatchObject({ reason: "unavailable", again: "never", status: null });
      await closed.close();
    });
    test("reset before the headers: once more at once", async () => {
      const result = await room.ask((_seen, _response, socket) => void socket.destroy());
      expect(failureOf(result)).toMatchObject({ reason: "unavailable", again: "at-once" });
    });
    test("reset in the body: never again", async () => {
      const whole = JSON.stringify(wire.whole({ pieces: ["Hello"] }));
      const cut = failureOf(
        await room.ask((_seen, response, socket) => {
          response.writeHead(200, { "content-type": "application/json", "content-length": String(whole.length) });
          response.write(whole.slice(0, 20));
          setTimeout(() => socket.destroy(), 5);
        }),
      );
      expect(cut).toMatchObject({ reason: "unavailable", again: "never" });
      const [first = ""] = wire.frames({ pieces: ["Hello"], finish: null }).slice(-1);
      const torn = await room.ask(
        hanging(wire.streamType, [first], (response) => void setTimeout(() => response.destroy(), 5)),
        {},
        { onDelta },
      );
      expect(failureOf(torn)).toMatchObject({ reason: "unavailable", again: "never" });
    });
    test("Content-Length beside Transfer-Encoding is no HTTP", async () => {
      const server = createServer((socket) =>
        socket.once("data", () =>
          socket.end(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
          ),
        ),
      );
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      const odd = await openRoom({ ...subject, origin: `http://127.0.0.1:${port}` });
      expect(failureOf(await odd.provider.chat(odd.call(), odd.io())).reason).toBe("bad-response");
      await odd.close();
      server.close();
    });
  });

  describe("aborts", () => {
    const late = "late";
    test("before the call: nothing is sent", async () => {
      const result = await room.ask(json(200, wire.whole({ pieces: ["Hi"] })), {}, { signal: AbortSignal.abort("cancelled") });
      expect(failureOf(result)).toMatchObject({ reason: "cancelled", again: "never" });
      expect(room.upstream.seen).toHaveLength(0);
    });
    test.each([
      ["before the headers", (): ReturnType<typeof json> => () => undefined],
      ["in a whole body", () => hanging("application/json", ['{"a":'])],
      ["in a stream", () => hanging(wire.streamType, wire.frames({ pieces: ["Hel"], finish: null }))],
      [
        "in an error body",
        () => (_seen: unknown, response: { writeHead(status: number): void; write(text: string): void }) => {
          response.writeHead(500);
          response.write("{");
        },
      ],
    ] satisfies [string, () => ReturnType<typeof json>][])("%s", async (_name, reply) => {
      const controller = new AbortController();
      const pending = room.ask(reply(), {}, { onDelta, signal: controller.signal });
      await expect.poll(() => room.upstream.seen.length).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      controller.abort(late);
      expect(failureOf(await pending).reason).toBe("cancelled");
      await expect.poll(() => room.upstream.seen[0]?.abortedAt ?? null, { timeout: 1000 }).not.toBeNull();
      expect(room.inFlight()).toBe(0);
    });
    test("time that is up is a timeout", async () => {
      const result = await room.ask(() => undefined, {}, { signal: AbortSignal.timeout(20) });
      expect(failureOf(result).reason).toBe("timeout");
    });
    test("a fetch that ignores its signal does not hold the call", async () => {
      const controller = new AbortController();
      const deaf = (): Promise<Response> => new Promise(() => undefined);
      const io = room.io({ fetch: deaf, signal: controller.signal });
      const pending = room.provider.chat(room.call(), io);
      controller.abort(late);
      expect(failureOf(await pending).reason).toBe("cancelled");
      expect(failureOf(await room.provider.chat(room.call(), io)).reason).toBe("cancelled");
    });
    test("no listener stays behind", async () => {
      const controller = new AbortController();
      let listeners = 0;
      const { signal } = controller;
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      signal.addEventListener = (...args: Parameters<typeof add>) => {
        listeners++;
        add(...args);
      };
      signal.removeEventListener = (...args: Parameters<typeof remove>) => {
        listeners--;
        remove(...args);
      };
      for (let n = 0; n < 5; n++) replyOf(await room.ask(json(200, wire.whole({ pieces: ["Hi"] })), {}, { signal }));
      expect(listeners).toBe(0);
    });
  });

  describe("requests", () => {
    test("go to the right path with the guard's key and nothing of the environment", async () => {
      const leaks = {
        OPENAI_API_KEY: "leak-1",
        OPENAI_ORG_ID: "leak-2",
        OPENAI_PROJECT_ID: "leak-3",
        OPENAI_CUSTOM_HEADERS: "x-leak: leak-4",
        OPENAI_BASE_URL: "http://127.0.0.1:1/v1",
        GROQ_API_KEY: "leak-5",
        GROQ_BASE_URL: "http://127.0.0.1:1",
        GROQ_CUSTOM_HEADERS: "x-leak: leak-6",
        ANTHROPIC_API_KEY: "leak-7",
        ANTHROPIC_AUTH_TOKEN: "leak-8",
        ANTHROPIC_BASE_URL: "http://127.0.0.1:1",
        ANTHROPIC_CUSTOM_HEADERS: "x-leak: leak-9",
        OLLAMA_API_KEY: "leak-10",
        OLLAMA_HOST: "127.0.0.1:1",
      };
      Object.assign(process.env, leaks);
      const fresh = await openRoom(subject);
      const { fetch } = fresh.io();
      const handedOver: Record<string, string>[] = [];
      const listening: typeof fetch = (url, init) => {
        handedOver.push(Object.fromEntries(new Headers(init?.headers)));
        return fetch(url, init);
      };
      replyOf(await fresh.ask(json(200, wire.whole({ pieces: ["Hi"] })), {}, { fetch: listening }));
      expect(JSON.stringify(handedOver)).not.toMatch(/leak|held-by-egress|authorization|x-api-key/);
      for (const name of Object.keys(leaks)) delete process.env[name];
      const [seen] = fresh.upstream.seen;
      expect(seen).toMatchObject({ method: "POST", path: subject.path });
      expect(JSON.stringify(seen?.headers)).not.toContain("leak");
      expect(seen?.headers[dialect === "anthropic" ? "x-api-key" : "authorization"]).toContain(KEY);
      await fresh.close();
    });
    test("hold no field that was not asked for", async () => {
      replyOf(await room.ask(json(200, wire.whole({ pieces: ["Hi"] }))));
      const { json: body } = room.upstream.seen[0] ?? {};
      for (const field of ["temperature", "top_p", "seed", "stop", "tools", "response_format"]) expect(body).not.toHaveProperty(field);
      expect(body).toMatchObject({ model: "some-model" });
    });
    test("name what the model does not take and leave it out", async () => {
      const call = room.call({ temperature: 0.5, seed: 7, response_format: { type: "json_object" } });
      const facts = { ...call.facts, unsupported: ["temperature", "seed", "response_format"] };
      const reply = replyOf(await room.ask(json(200, wire.whole({ pieces: ["{}"] })), { ...call, facts }));
      expect(reply.ignored.toSorted()).toEqual(["response_format", "seed", "temperature"]);
      expect(room.upstream.seen[0]?.body).not.toMatch(/temperature|seed|response_format|"format"/);
    });
    test("the last word of a call tells of its headers", async () => {
      let headers = 0;
      replyOf(await room.ask(json(200, wire.whole({ pieces: ["Hi"] })), {}, { onHeaders: () => void headers++ }));
      expect(headers).toBe(1);
    });
  });
}
