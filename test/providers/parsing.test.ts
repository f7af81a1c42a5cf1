/** The small readers under every adapter: lines and events, strict JSON, waits, think tags; each also at the speed of hostile input. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { createSseReader, createLineCutter } from "../../src/providers/lines.ts";
import { retryAfterMs } from "../../src/providers/retry-after.ts";
import { parseStrict } from "../../src/providers/strict-json.ts";
import { createThinkingSplitter } from "../../src/providers/thinking.ts";
import { factsOf } from "../../src/providers/models.ts";
import { createDraft } from "../../src/providers/draft.ts";
import { complaintOf } from "../../src/providers/complaint.ts";

/** Every way to cut a text in two, and into single characters. */
const splits = (text: string): string[][] => [
  ...Array.from({ length: text.length + 1 }, (_, at) => [text.slice(0, at), text.slice(at)]),
  [...text],
];
const timed = (work: () => void): number => {
  const start = performance.now();
  work();
  return performance.now() - start;
};

describe("lines", () => {
  test.each([
    ["a\nb\n", ["a", "b"]],
    ["a\r\nb\r\n", ["a", "b"]],
    ["a\rb\r", ["a", "b"]],
    ["a\r\r\nb\n\n", ["a", "", "b", ""]],
    ["a\n\rb", ["a", "", "b"]],
    ["\uFEFFa\nb", ["a", "b"]],
    ["no end", ["no end"]],
  ])("%j is cut the same at every split", (text, expected) => {
    for (const pieces of splits(text)) {
      const lines: string[] = [];
      const cutter = createLineCutter((line) => void lines.push(line));
      for (const piece of pieces) cutter.push(piece);
      cutter.end();
      expect(lines).toEqual(expected);
    }
  });
});

test("a line over a mebibyte is refused, in one piece or in many, and so is the data of one event", () => {
  const long = "x".repeat(1024 * 1024 + 1);
  const cutter = createLineCutter(() => undefined);
  expect(() => cutter.push(`${long}\n`)).toThrow(/1 MiB/);
  expect(() => {
    for (let n = 0; n < 3; n++) createLineCutter(() => undefined).push(long);
  }).toThrow(/1 MiB/);
  const reader = createSseReader(() => undefined);
  expect(() => reader.push(`data: ${"y".repeat(1000)}\n`.repeat(1100))).toThrow(/1 MiB/);
});

describe("event streams", () => {
  const read = (pieces: string[]): unknown[] => {
    const events: unknown[] = [];
    const reader = createSseReader((event) => void events.push(event));
    for (const piece of pieces) reader.push(piece);
    reader.end();
    return events;
  };
  test.each([
    ["data: a\n\n", [{ name: null, data: "a" }]],
    ["data:a\r\n\r\n", [{ name: null, data: "a" }]],
    ["\uFEFFdata: a\r\r", [{ name: null, data: "a" }]],
    [": hi\nevent: x\nid: 7\nretry: 5\ndata: a\ndata:  b\ndata\n\n", [{ name: "x", data: "a\n b\n" }]],
    ["event: lonely\n\ndata: a\n\n", [{ name: null, data: "a" }]],
    ["data: cut", [{ name: null, data: "cut" }]],
  ])("%j", (text, expected) => {
    for (const pieces of splits(text)) expect(read(pieces)).toEqual(expected);
  });
});

describe("strict JSON", () => {
  test("gives what JSON.parse gives, and undefined for what must not be believed", () => {
    const nested = `${"[".repeat(128)}${"]".repeat(128)}`;
    for (const text of ['{"a":[{"a":1},{"a":2}],"b":"\\"{:,"}', "null", '"x"', '{"a":{"b":1},"b":[]}', nested, '{"":1,"\\u0061b":2}'])
      expect(parseStrict(text)).toEqual(JSON.parse(text));
    for (const text of [
      '{"a":1,"a":2}',
      '{"a":1,"\\u0061":2}',
      '{"x":{"__proto__":{}}}',
      '{"\\u005f_proto__":1}',
      `[${nested}]`,
      "{",
      "",
      "NaN",
    ])
      expect(parseStrict(text), text.slice(0, 40)).toBeUndefined();
  });
  test("is linear on backslashes and quotes", () => {
    const text = JSON.stringify({ a: '\\"'.repeat(500_000), b: "\\".repeat(500_000) });
    expect(timed(() => expect(parseStrict(text)).toBeDefined())).toBeLessThan(1000);
  });
});

describe("waits", () => {
  const of = (headers: Record<string, string>, now: number | null = null): number | null =>
    retryAfterMs({ get: (name) => headers[name] ?? null }, now);
  test.each([
    ["0", 0],
    ["1", 1000],
    ["2.5", 2500],
    ["7.66s", 7660],
    ["2m59.56s", 179_560],
    ["12ms", 12],
    ["1h", 3_600_000],
    ["-5", null],
    ["1e12", null],
    ["soon", null],
    ["1, 2", null],
    ["", null],
    ["NaN", null],
    ["Infinity", null],
    ["2026-11-22T02:00:05Z", 5000],
    ["Sun, 22 Nov 2026 02:00:05 GMT", 5000],
    ["Sun, 22 Nov 1987 02:00:05 GMT", null],
    ["9".repeat(400), null],
  ])("%j means %s ms", (text, expected) => {
    expect(of({ "retry-after": text }, Date.UTC(2026, 10, 22, 2, 0, 0))).toBe(expected);
  });
  test("a date without any clock is no wait", () => {
    expect(of({ "retry-after": "Sun, 22 Nov 2026 02:00:05 GMT" })).toBeNull();
  });
});

describe("thinking", () => {
  const split = (pieces: string[], holds = false): { visible: string; reasoning: string; shown: string } => {
    let shown = "";
    const splitter = createThinkingSplitter(holds, (text) => void (shown += text));
    for (const piece of pieces) splitter.push(piece);
    return { ...splitter.end(), shown };
  };
  test.each([
    ["<think>a</think>b", "b", "a"],
    ["<thinking>a</thinking>b", "b", "a"],
    ["  <think>a</think>  b  ", "b", "a"],
    ["a<think>b</think>c<think>d</think>e", "ace", "bd"],
    ["<think>a", "", "a"],
    ["a < b, a <th b", "a < b, a <th b", ""],
    ["`</think>` closes", "`</think>` closes", ""],
    ["x <think", "x <think", ""],
  ])("%j", (text, visible, reasoning) => {
    for (const pieces of splits(text)) {
      const result = split(pieces);
      expect(result.visible.trim()).toBe(visible);
      expect(result.reasoning).toBe(reasoning);
      expect(result.shown.trim()).toBe(visible);
    }
  });
  test("a model that never opens its tag shows nothing of its thinking", () => {
    for (const pieces of splits("long ``` thought</think>answer"))
      expect(split(pieces, true)).toMatchObject({ shown: "answer", reasoning: "long ``` thought" });
    for (const pieces of splits("no thought at all")) expect(split(pieces, true).shown).toBe("no thought at all");
  });
  test("is linear on tags, fences and blanks in many pieces", () => {
    for (const piece of ["</think>", "<think>", "```", "`<think>", " ", "<", "ab c "])
      expect(
        timed(() => void split(Array.from({ length: 200_000 }, () => piece))),
        piece,
      ).toBeLessThan(2000);
  });
});

test("a complaint is found in an object, a text, a text in a text, and never runs away", () => {
  const inner = JSON.stringify({ error: { type: "A", message: "deep" } });
  expect(complaintOf({ error: inner })).toEqual({ codes: ["a"], message: "deep" });
  expect(complaintOf("plain")).toEqual({ codes: [], message: "plain" });
  let nested: unknown = "x";
  for (let n = 0; n < 10_000; n++) nested = { error: nested };
  expect(complaintOf(nested).codes).toEqual([]);
});

test("a draft of many tool calls stops at a bound", () => {
  const draft = createDraft(
    { model: "m", messages: [], facts: factsOf("x", "m"), tools: [{ type: "function", function: { name: "a" } }] },
    { holds: false, onDelta: undefined, onContent: undefined },
  );
  const more = (): void => {
    for (let n = 0; n < 1000; n++) draft.toolCall({ index: "new", id: null, name: "a", arguments: "{}" });
  };
  expect(more).toThrow(/128 tool calls/);
});

test("a character that comes in two halves is text, or none, as if it came whole", () => {
  const read = (pieces: string[]): boolean => {
    const draft = createDraft(
      { model: "m", messages: [], facts: factsOf("x", "m") },
      { holds: false, onDelta: undefined, onContent: undefined },
    );
    for (const piece of pieces) draft.text(piece);
    return draft.textRead();
  };
  const [invisible, visible] = ["\u{e0041}", "\u{1f389}"];
  for (const character of [invisible, visible]) {
    expect(read(character.split(""))).toBe(character === visible);
    expect(read([character])).toBe(character === visible);
  }
  expect(read(["\ud83d"])).toBe(true);
});

const corpus = resolve(import.meta.dirname, "../../../shared/attacks/third-party/jsontestsuite.jsonl");
const present = existsSync(corpus);
test.skipIf(!present)(`no body of the JSON test suite is a reply${present ? "" : " skipped: corpus not present"}`, async () => {
  const { answer, openRoom } = await import("./setup.ts");
  const room = await openRoom({ dialect: "together" });
  const rows: { name: string; base64: string }[] = readFileSync(corpus, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  for (const { name, base64 } of rows) {
    const body = Buffer.from(base64, "base64");
    for (const onDelta of [undefined, () => undefined]) {
      const result = await room.ask(answer(200, "application/json", body, { "content-length": String(body.length) }), {}, { onDelta });
      const expected = body.length === 0 ? "empty" : "bad-response";
      expect(result, name).toMatchObject({ ok: false, failure: { reason: expected } });
    }
  }
  await room.close();
});
