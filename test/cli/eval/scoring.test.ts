/** Who is right, what a count makes of it, and what stopping early spares: on own rows, in this process. */
import { describe, expect, test } from "vitest";
import { answerOf } from "../../../src/cli/eval/answer.ts";
import { type Case, isTie, learnFrom, level, NOTHING_LEARNED, plurality, recordedCase, voteOn } from "../../../src/cli/eval/cases.ts";
import { chartOf } from "../../../src/cli/eval/chart.ts";
import { type EvalRow, readGroups, readRows } from "../../../src/cli/eval/corpus.ts";
import { earlyStops } from "../../../src/cli/eval/early.ts";
import { evaluate } from "../../../src/cli/eval/evaluation.ts";
import { readPublished } from "../../../src/cli/eval/published.ts";
import { requestOf } from "../../../src/cli/eval/ask.ts";
import { CALL, MEMBERS, ROWS, text } from "./rows.ts";

const TRIO = MEMBERS.groups.own.trio;
const rows = readRows(text(ROWS), "own.jsonl");
const cases = rows.map((row) => recordedCase(row, TRIO));
const one = (id: string): Case => cases.find(({ row }) => row.id === id) as Case;
const callRow = readRows(text([CALL]), "calls.jsonl")[0] as EvalRow;

describe("who is right", () => {
  test("an answer equals the gold one after the same reading; an abstention is wrong", () => {
    expect([...one("one").right]).toEqual(TRIO);
    expect([...one("four").right]).toEqual(["bob", "cyd"]);
    expect([...one("seven").right]).toEqual(["ada", "bob"]);
    expect([...one("eight").right]).toEqual(TRIO);
  });

  test("a call needs every required argument, none unknown, and values of the gold list", () => {
    expect([...recordedCase(callRow, ["ada", "bob", "cyd", "dan"]).right]).toEqual(["ada", "bob"]);
  });

  test("a member without an answer is a dropout, and wrong", () => {
    const { candidates, right } = recordedCase(rows[0] as EvalRow, ["ada", "nobody"]);
    expect(candidates.map(({ member }) => member)).toEqual(["ada"]);
    expect([...right]).toEqual(["ada"]);
  });
});

describe("counting", () => {
  test("the most frequent answer wins, and a tie goes to the first in order", async () => {
    expect(plurality(one("five"))).toBe("ada");
    expect(plurality(one("four"))).toBe("bob");
    expect(isTie(one("six"))).toBe(true);
    expect(plurality(one("six"))).toBe("ada");
    expect([level(one("one")), level(one("two")), level(one("six"))]).toEqual([3, 2, 1]);
    for (const each of cases) expect((await voteOn(each, NOTHING_LEARNED)).right).toBe(each.right.has(plurality(each) ?? ""));
  });

  test("what was taught changes whom the vote follows", async () => {
    // cyd alone is right where the others agree on a wrong answer
    const split = Array.from({ length: 30 }, () => one("five"));
    const learned = learnFrom(split, () => true);
    expect((await voteOn(one("five"), learned)).right).toBe(true);
    expect((await voteOn(one("five"), NOTHING_LEARNED)).right).toBe(false);
  });
});

describe("stopping early", () => {
  test("three who agree spare the third; a split spares nobody", () => {
    expect(earlyStops([one("one")]).spared_seats).toBe(1);
    expect(earlyStops([one("six")]).spared_seats).toBe(0);
    // two of three agree: spared only where the odd one comes last, 2 of 6 orders
    expect(earlyStops([one("two")]).spared_seats).toBeCloseTo(1 / 3, 12);
  });

  test("recorded times say what waiting costs", () => {
    expect(earlyStops(cases)).toMatchObject({ wait_all_s: 9, wait_decided_s: 2, timed: 1 });
  });
});

test("the request carries what the wire contract asks for, and schemas in its words", () => {
  const question = { panel: ["replay/ada"], strategy: "vote", stop: "all", recorded: true } as const;
  expect(requestOf(rows[0] as EvalRow, { ...question, panel: [...question.panel] })).toEqual({
    prompt: rows[0]?.question,
    strategy: "vote",
    stop: "all",
    panel: ["replay/ada"],
    answer: { type: "number" },
    adjudicators: [],
    privacy: "local-only",
  });
  const { tools } = requestOf(callRow, { ...question, panel: null, recorded: false }) as { tools: { function: { parameters: unknown } }[] };
  expect(tools[0]?.function.parameters).toEqual({
    type: "object",
    properties: { city: { type: "string" }, type: { type: "number" }, extra: { description: "?" } },
    required: ["city"],
  });
});

test("files are refused with their line", () => {
  const refused = (line: object | string) => () => readRows(typeof line === "string" ? line : JSON.stringify(line), "own.jsonl");
  expect(refused("{")).toThrow("own.jsonl:1: is no JSON");
  expect(refused({ ...ROWS[0], answer_type: "pick" })).toThrow("judges");
  expect(refused({ ...ROWS[0], answer_type: "rank" })).toThrow("judges");
  expect(refused({ ...ROWS[0], answer_type: "poem" })).toThrow("answer_type must be");
  expect(refused({ ...ROWS[0], answer_type: "choice", options: ["one"] })).toThrow("2 to 26 options");
  expect(refused({ ...ROWS[0], gold: undefined })).toThrow("no gold");
  expect(refused("")).toThrow("holds no question");
  expect(refused(text([ROWS[0] as object, { ...ROWS[1], answer_type: "exact" }]))).toThrow("mixes number and exact");
  expect(() => readGroups("[")).toThrow("no JSON");
});

describe("the plain answer", () => {
  const said = (difference: number, low: number, high: number) =>
    answerOf({ rule: "vote", rate: 0.8, n: 80, against_best: { difference, low, high, won: 3, lost: 2 } }, { member: "ada", rate: 0.75 });
  test("says yes only beyond chance, and no plainly", () => {
    expect(said(0.05, 0.01, 0.09)).toMatch(/^Yes: /);
    expect(said(0.05, -0.01, 0.09)).toMatch(/^Ahead, but not beyond chance/);
    expect(said(0, -0.01, 0.01)).toMatch(/^No: .* equalled/);
    expect(said(-0.05, -0.09, 0.01)).toMatch(/^No, it would have been behind/);
    expect(said(-0.05, -0.09, -0.01)).toMatch(/^No, it would have lost.*ada alone is the better choice/);
  });
});

test("the chart is one SVG without markup of a member's name", () => {
  const ruled = cases.map(({ right }) => ({ right: right.has("ada"), share: 1, confidence: 0.9, how: "voted" }));
  const spending = { calls: 0, retries: 0, input_tokens: null, output_tokens: null, cost_usd: null };
  const stopped = { late_seats: null, seats: null, right: null };
  const named = cases.map((each) => ({ ...each, members: ["<script>", "bob", "cyd"] }));
  const facts = { file: "own & odd.jsonl", task: "own", group: null, live: false, spending, stopped };
  const svg = chartOf(evaluate({ ...facts, cases: named, rules: [{ rule: "vote", asked: true, ruled }], sure: "vote" }));
  expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect(svg).toContain("own &amp; odd.jsonl");
  expect(svg).toContain("&lt;script&gt;");
  expect(svg).not.toContain("<script>");
  expect(svg).toContain("confidence claimed");
  expect(svg).not.toContain("NaN");
});

test("published figures are read out of a table, and nothing else", () => {
  const table =
    "| task | group | n | a | b | c | d | e | f / g |\n|---|---|---:|\n| own | trio | 8 | 75.0 | 62.5 | 70.0 | 80.0 | 100.0 | 25.0 / 50.0 |\n| odd | row | x | 1 | 2 | 3 | 4 | 5 | 6 / 7 |";
  expect([...readPublished(table)]).toEqual([
    ["own/trio", { best: 0.75, plurality: 0.625, tiesToBest: 0.7, learned: 0.8, oracle: 1, allShare: 0.25, allRight: 0.5 }],
  ]);
});
