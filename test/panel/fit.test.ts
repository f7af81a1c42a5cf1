/** Fitting a conversation: what must stay stays, what goes goes in order, the report of it is exact, and a real tokenizer agrees that it fits. */
import * as fc from "fast-check";
import { encode } from "gpt-tokenizer/encoding/o200k_base";
import { describe, expect, test } from "vitest";
import type { ChatMessage } from "../../src/core/chat.ts";
import { estimateTokens, promptTokens, TOKEN_MARGIN } from "../../src/core/tokens.ts";
import { cutMiddle } from "../../src/panel/cut-middle.ts";
import { fitContext, type Fit, type FitOrder } from "../../src/panel/fit.ts";
import { foldLines, type FoldReach, readLog } from "../../src/panel/fold.ts";

const order = (messages: ChatMessage[], windowTokens: number, more: Partial<FitOrder> = {}): FitOrder => ({
  messages,
  windowTokens,
  reserveTokens: 0,
  perDigit: false,
  factor: 1,
  minShare: 0,
  ...more,
});
type Fitting = Extract<Fit, { status: "fits" }>;
const mustFit = (fit: Fit): Fitting => {
  expect(fit.status).toBe("fits");
  return fit as Fitting;
};
const user = (content: string): ChatMessage => ({ role: "user", content });
const assistant = (content: string): ChatMessage => ({ role: "assistant", content });
const system = (content: string): ChatMessage => ({ role: "system", content });
const call = (id: string): ChatMessage => ({
  role: "assistant",
  content: null,
  tool_calls: [{ id, type: "function", function: { name: "read", arguments: `{"path":"/${id}"}` } }],
});
const reply = (id: string, content: string): ChatMessage => ({ role: "tool", tool_call_id: id, content });
const words = (count: number, seed = 1): string =>
  Array.from({ length: count }, (_, index) => ["alpha", "beta", "gamma", "delta", "omega"][(index * seed + (index >> 3)) % 5]).join(" ");
const fold = (text: string, reach: FoldReach): { text: string; folded: number } => {
  const lines = readLog(text);
  return lines === null ? { text, folded: 0 } : foldLines(lines, reach);
};

describe("what fits", () => {
  test("is handed back as it came, with its estimate", () => {
    const messages = [system("Be brief."), user("Hello there")];
    const fit = mustFit(fitContext(order(messages, 1000)));
    expect(fit.messages).toBe(messages);
    expect(fit.fit).toBe(null);
    expect(fit.tokens).toBe(Math.ceil(promptTokens(messages) * TOKEN_MARGIN));
  });
  test("fits exactly at its own estimate, and no longer one below", () => {
    const messages = [user(words(500))];
    const { tokens } = mustFit(fitContext(order(messages, 100_000)));
    expect(mustFit(fitContext(order(messages, tokens))).fit).toBe(null);
    expect(mustFit(fitContext(order(messages, tokens - 2))).fit).not.toBe(null);
  });
  test("reserve and correction count once each", () => {
    const messages = [user(words(500))];
    const plain = mustFit(fitContext(order(messages, 100_000))).tokens;
    expect(mustFit(fitContext(order(messages, plain + 300, { reserveTokens: 300 }))).fit).toBe(null);
    const corrected = mustFit(fitContext(order(messages, 100_000, { factor: 1.5 }))).tokens;
    expect(corrected / plain).toBeCloseTo(1.5, 1);
  });
});

describe("the order of loss", () => {
  const turns = [1, 2, 3, 4].flatMap((turn) => [
    user(`question ${turn} ${words(200, turn)}`),
    assistant(`answer ${turn} ${words(200, turn)}`),
  ]);
  const messages = [system("You are careful."), ...turns, user("And what now?")];
  test("oldest turns go first, as whole turns", () => {
    const whole = promptTokens(messages) * TOKEN_MARGIN;
    const fit = mustFit(fitContext(order(messages, Math.floor(whole * 0.6))));
    expect(fit.messages).toEqual([messages[0], ...messages.slice(5)]);
    expect(fit.fit).toMatchObject({ dropped_messages: 4, cut_messages: 0, folded_lines: 0 });
  });
  test("system text, the last user turn and turns with tool calls stay, replies with their calls", () => {
    const old = [user("read the file"), call("a"), reply("a", words(2_000)), assistant("read")];
    const chat = [
      system("S"),
      ...turns,
      ...old,
      user("later"),
      assistant(words(500)),
      user("summarise"),
      call("b"),
      reply("b", words(3_000)),
    ];
    const fit = mustFit(fitContext(order(chat, 1_500)));
    const roles = fit.messages.map(({ role }) => role);
    expect(roles).toEqual(["system", "user", "assistant", "tool", "assistant", "user", "assistant", "tool"]);
    expect(fit.messages.filter(({ role }) => role === "tool").every(({ content }) => content?.includes("left out of the middle"))).toBe(
      true,
    );
    expect(fit.messages[2]).toBe(old[1]);
    expect(fit.fit).toMatchObject({ dropped_messages: 10, cut_messages: 2 });
  });
  test("one huge message is cut in the middle, with a marker that says how much", () => {
    const text = `HEAD ${words(20_000)} TAIL`;
    const fit = mustFit(fitContext(order([system("S"), user(text)], 2_000)));
    const content = fit.messages[1]?.content ?? "";
    expect(content.startsWith("HEAD ")).toBe(true);
    expect(content.endsWith(" TAIL")).toBe(true);
    const missing = Number(/\[… (\d+) characters left out/.exec(content)?.[1]);
    const marker = /\n\[…[^\]]*…\]\n/.exec(content)?.[0].length ?? 0;
    expect(content.length - marker + missing).toBe(text.length);
  });
  test("small messages stay whole while the largest are cut to equal shares", () => {
    const fit = mustFit(
      fitContext(
        order([user(words(3_000)), assistant("short"), reply("x", words(3_000, 3)), user("ask"), assistant(words(3_000, 2))], 4_000),
      ),
    );
    const sizes = fit.messages.map(({ content }) => estimateTokens(content ?? ""));
    expect(fit.messages.some(({ content }) => content === "short")).toBe(true);
    const cut = sizes.filter((size) => size > 200);
    expect(Math.max(...cut) / Math.min(...cut)).toBeLessThan(1.2);
  });
  test("a system text that alone is too long, and a window smaller than its reserve, are too long", () => {
    expect(fitContext(order([system(words(5_000)), user("hi")], 1_000)).status).toBe("too-long");
    expect(fitContext(order([user("hi")], 500, { reserveTokens: 1_000 })).status).toBe("too-long");
  });
  test("too little would survive: too long, with the estimate of the whole", () => {
    const messages = [user(words(40_000))];
    expect(fitContext(order(messages, 1_000, { minShare: 0.05 }))).toEqual({
      status: "too-long",
      tokens: Math.ceil(promptTokens(messages) * TOKEN_MARGIN),
    });
    expect(fitContext(order(messages, 4_000, { minShare: 0.05 })).status).toBe("fits");
  });
});

describe("folding", () => {
  const at = (second: number): string => `2026-11-22T02:00:${String(second % 60).padStart(2, "0")}.${100 + (second % 900)}Z`;
  const noise = (index: number): string =>
    `${at(index)} lab sshd[${1000 + index}]: Failed password for root from 10.0.0.${index % 250} port ${40_000 + index} ssh2`;
  const errors = Array.from(
    { length: 12 },
    (_, index) => `${at(index)} lab app[77]: ERROR code ${5_000 + index} while writing shard ${index}`,
  );
  const log = Array.from({ length: 1_200 }, (_, index) => (index % 100 === 50 ? errors[index / 100 - 0.5] : noise(index))).join("\n");
  test("a run of lines that differ in times, numbers and ids becomes its first line with a count", () => {
    const text = Array.from({ length: 20 }, (_, index) => noise(index)).join("\n");
    const { text: shorter, folded } = fold(text, "runs");
    expect(shorter).toBe(`${noise(0)}  [… 20 such lines in a row, differing in times, numbers or ids]`);
    expect(folded).toBe(19);
  });
  test.each(["runs", "anywhere"] as const)("%s keeps every distinct error line, also one that differs by a number only", (reach) => {
    const { text } = fold(log, reach);
    for (const line of errors) expect(text).toContain(line.slice(25));
    expect(text.length).toBeLessThan(log.length / 10);
  });
  test("what is counted and what is left add up to the lines there were", () => {
    for (const reach of ["runs", "anywhere", "kinds"] as const) {
      const { text, folded } = fold(log, reach);
      const lines = text.split("\n");
      expect(lines.length + folded).toBe(1_200);
      const counted = lines.reduce((sum, line) => sum + Number(/\[… (\d+) such lines/.exec(line)?.[1] ?? 1), 0);
      expect(counted).toBe(1_200);
    }
  });
  test("neighbours of different kinds, numbers alone and short texts are left as they are", () => {
    const alternating = Array.from({ length: 20 }, (_, index) => (index % 2 ? "job started here" : "job ended there")).join("\n");
    const table = Array.from({ length: 50 }, (_, index) => `${index},${index * 3},${index * 7},${index * 11}`).join("\n");
    for (const text of [alternating, table, "a line\na line\na line"]) expect(fold(text, "runs")).toMatchObject({ folded: 0 });
  });
  test("folding twice is folding once", () => {
    for (const reach of ["runs", "anywhere", "kinds"] as const) {
      const once = fold(log, reach).text;
      expect(fold(once, reach).text).toBe(once);
    }
  });
  test("CRLF lines keep their ends", () => {
    const text = Array.from({ length: 10 }, (_, index) => `${noise(index)}\r`).join("\n");
    expect(fold(text, "runs").text).toMatch(/ids\]\r$/);
  });
  test("a 50k-token log fits a small window by a real count, with every error line, and the report says what was folded", () => {
    const long = Array.from({ length: 1_100 }, (_, index) => (index % 100 === 50 ? errors[(index - 50) / 100] : noise(index))).join("\n");
    const prompt = `Summarise this log.\n${long}`;
    expect(encode(prompt).length).toBeGreaterThan(45_000);
    const fit = mustFit(fitContext(order([user(prompt)], 8_192, { reserveTokens: 1_024, minShare: 0.05 })));
    const content = fit.messages[0]?.content ?? "";
    expect(encode(content).length).toBeLessThan(8_192 - 1_024);
    for (const line of errors.slice(0, 11)) expect(content).toContain(line.slice(25));
    expect(content.startsWith("Summarise this log.")).toBe(true);
    expect(fit.fit?.folded_lines).toBeGreaterThan(1_000);
  });
});

describe("over generated conversations", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 400 }),
    fc.string({ unit: "grapheme", maxLength: 400 }),
    fc.integer({ min: 1, max: 900 }).map((count) => words(count)),
    fc
      .integer({ min: 8, max: 60 })
      .map((count) => Array.from({ length: count }, (_, index) => `02:00:${index} job ${index % 7} done in ${index} ms`).join("\n")),
    fc.constantFrom("😀".repeat(300), "漢字".repeat(300), "7".repeat(900), "a".repeat(900), "\n".repeat(300)),
  );
  const turn = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(text, text).map(([question, answer]) => [user(question), assistant(answer)]) },
    {
      weight: 1,
      arbitrary: fc.tuple(text, text).map(([question, output]) => [user(question), call("t"), reply("t", output), assistant("ok")]),
    },
  );
  const conversation = fc
    .tuple(fc.option(fc.string({ maxLength: 60 })), fc.array(turn, { maxLength: 6 }), text)
    .map(([head, turns, last]) => [...(head === null ? [] : [system(head)]), ...turns.flat(), user(last)]);
  const settings = fc.record({
    windowTokens: fc.integer({ min: 100, max: 6_000 }),
    reserveTokens: fc.integer({ min: 0, max: 500 }),
    perDigit: fc.boolean(),
    factor: fc.double({ min: 0.8, max: 2, noNaN: true }),
  });
  /** survives folding and cutting */
  const nameOf = (message: ChatMessage): string | undefined => (message.role === "tool" ? message.tool_call_id : message.name);
  const isSystem = ({ role }: ChatMessage): boolean => role === "system";

  test("the fitted prompt fits, keeps what must stay, is well-formed, counts exactly and does not change again", () => {
    fc.assert(
      fc.property(conversation, settings, (messages, { windowTokens, ...rest }) => {
        const fit = fitContext(order(messages, windowTokens, rest));
        if (fit.status === "too-long") return;
        const { perDigit, factor, reserveTokens } = rest;
        const count = Math.ceil(promptTokens(fit.messages, { perDigit }) * (TOKEN_MARGIN * factor));
        expect(fit.tokens).toBe(count);
        expect(count).toBeLessThanOrEqual(windowTokens - reserveTokens);
        expect(fit.messages.filter(isSystem)).toEqual(messages.filter(isSystem));
        expect(fit.messages.at(-1)?.role).toBe("user");
        const calls = fit.messages.filter(({ role }) => role === "tool").length;
        expect(calls).toBe(messages.filter(({ role }) => role === "tool").length);
        expect(fit.messages.filter((message) => message.role === "assistant" && message.tool_calls !== undefined).length).toBe(calls);
        for (const { content } of fit.messages) {
          if (messages.every((message) => (message.content ?? "").isWellFormed())) expect((content ?? "").isWellFormed()).toBe(true);
        }
        const again = mustFit(fitContext(order(fit.messages, windowTokens, rest)));
        expect(again.messages).toBe(fit.messages);
        if (fit.fit === null) return;
        expect(fit.fit.dropped_messages).toBe(messages.length - fit.messages.length);
        expect(fit.fit.prompt_tokens - fit.fit.kept_tokens).toBe(fit.fit.cut_tokens);
        expect(fit.fit.kept_tokens).toBe(fit.tokens);
        expect(fit.fit.cut_messages).toBe(
          fit.messages.filter((message) => !messages.includes(message) && / characters left out of the middle /.test(message.content ?? ""))
            .length,
        );
      }),
      { numRuns: 600 },
    );
  });
  test("a larger window keeps a superset of the messages", () => {
    fc.assert(
      fc.property(conversation, settings, (given, { windowTokens, ...rest }) => {
        const messages = given.map((message, index) =>
          message.role === "tool" ? { ...message, tool_call_id: `m${index}` } : { ...message, name: `m${index}` },
        );
        const small = fitContext(order(messages, windowTokens, rest));
        const large = fitContext(order(messages, Math.ceil(windowTokens * 1.5), rest));
        if (small.status === "too-long") return;
        const kept = new Set(mustFit(large).messages.map(nameOf));
        for (const message of small.messages) expect(kept.has(nameOf(message))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

test("a cut never goes over its limit, whatever the text", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", minLength: 500, maxLength: 4_000 }),
      fc.integer({ min: 120, max: 900 }),
      fc.boolean(),
      (text, limit, perDigit) => {
        const cut = cutMiddle(text, limit, perDigit);
        if (cut !== null) expect(estimateTokens(cut, { perDigit })).toBeLessThanOrEqual(limit);
      },
    ),
    { numRuns: 500 },
  );
});
