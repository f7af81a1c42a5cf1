/** Boards, tables and widths: whatever the names and answers are, no line is wider than the terminal. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fold, emptyBoard, type Board, type Row } from "../../src/cli/board.ts";
import { columns, dollars, seconds, tokens } from "../../src/cli/format.ts";
import { createProgress } from "../../src/cli/progress.ts";
import { safe, safeJson } from "../../src/cli/safe.ts";
import { drawBoard } from "../../src/cli/table.ts";
import { fitted, padded, widthOf } from "../../src/cli/width.ts";
import { createVirtualClock } from "../kit/clock.ts";
import { answered, dropped, reportOf } from "./kit.ts";

const text = fc.string({ unit: "binary", maxLength: 80 });
const row: fc.Arbitrary<Row> = fc.oneof(
  fc.record({ state: fc.constant("waiting" as const), member: text }),
  fc.record({ state: fc.constant("answered" as const), member: text, atMs: fc.nat(), said: text }),
  fc.record({ state: fc.constant("dropped" as const), member: text, atMs: fc.nat(), reason: text, detail: text }),
  fc.record({ state: fc.constant("not-asked" as const), member: text }),
);
const plain = (_ink: string, given: string): string => given;

test("no line of the table is wider than the terminal or holds a control", () => {
  const board = fc.record({ rows: fc.array(row, { maxLength: 16 }), phase: fc.constantFrom("asking 3 members", "deciding") });
  fc.assert(
    fc.property(board, fc.integer({ min: 20, max: 200 }), (one: Board, width) => {
      for (const line of drawBoard(one, 1234, width, plain)) {
        expect(widthOf(line)).toBeLessThanOrEqual(width);
        expect(line).not.toMatch(/\p{Cc}/u);
      }
    }),
  );
});
test("safe text holds no control but line feed and tab, and leaves letters of every script alone", () => {
  fc.assert(fc.property(text, (given) => void expect(safe(given)).not.toMatch(/(?![\t\n])\p{Cc}/u)));
  expect(safe("naïve 日本語 👩‍👩‍👧 مرحبا\n\tok")).toBe("naïve 日本語 👩‍👩‍👧 مرحبا\n\tok");
});
test("safe JSON parses to the same value", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (given) => void expect(JSON.parse(safeJson({ given }))).toEqual({ given })));
});
test("widths count what a terminal shows", () => {
  expect([widthOf("abc"), widthOf("日本"), widthOf("é"), widthOf("👍"), widthOf("")]).toEqual([3, 4, 1, 2, 0]);
  expect([fitted("abcdef", 4), fitted("abc", 3), padded("日本語", 4), padded("a", 3), fitted("abc", 0)]).toEqual([
    "abc…",
    "abc",
    "日… ",
    "a  ",
    "",
  ]);
});
test("numbers are written for people, and unknown is never zero", () => {
  expect([seconds(0), seconds(1234), seconds(65_432)]).toEqual(["0.00 s", "1.23 s", "65.4 s"]);
  expect([dollars(null), dollars(0), dollars(0.000_123_4), dollars(1.5)]).toEqual(["cost unknown", "$0", "$0.00012", "$1.50"]);
  expect([tokens(null), tokens(8192), tokens(131_072), tokens(1_048_576)]).toEqual(["–", "8192", "131k", "1.0M"]);
  expect(
    columns([
      ["A", "B"],
      ["日本", "x"],
    ]),
  ).toBe("A     B\n日本  x\n");
});

test("samples of one member stand below each other", () => {
  const start = fold(emptyBoard(), { type: "run-start", data: { id: "run_1", members: ["groq/a", "ollama/b"] } });
  const one = fold(start, { type: "candidate-arrived", data: answered("groq/a", "1") });
  const two = fold(one, { type: "candidate-arrived", data: answered("groq/a", "2", { sample: 2 }) });
  const end = fold(two, { type: "member-dropped", data: dropped("ollama/b", "timeout", "no first byte") });
  expect(end.rows.map(({ member, state }) => `${member} ${state}`)).toEqual(["groq/a answered", "groq/a #2 answered", "ollama/b dropped"]);
});
test("a seat that was not needed is shown as such at the end", () => {
  const { member, provider, model, seat, sample, local } = answered("groq/a", "");
  const report = reportOf({ outcomes: [{ member, provider, model, seat, sample, local, status: "not-asked" }] });
  const board = fold(emptyBoard(), { type: "run-end", data: report });
  expect(drawBoard(board, 0, 40, plain)[0]).toContain("not asked");
});

test("progress is a bar on a terminal, ten lines at most elsewhere", () => {
  const record = (errIsTty: boolean): string => {
    let err = "";
    const terminal = { out() {}, err: (said: string) => (err += said), outIsTty: false, errIsTty, columns: () => 60, style: plain };
    const bar = createProgress({ terminal, clock: createVirtualClock() }, "replay", 200);
    for (let at = 0; at < 200; at += 1) bar.advance(1, "gsm8k");
    bar.end();
    return err;
  };
  expect(record(true)).toContain(`replay ${"█".repeat(24)} 200/200`);
  expect(record(false).split("\n").length - 1).toBe(10);
  expect(record(false)).not.toContain("\x1b");
});
