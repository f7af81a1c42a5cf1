/** What is empty, what has no substance, what speaks to a judge, and how rarely an honest answer looks so. */
import { expect, test } from "vitest";
import type { AnswerSpec } from "../../../adjudicator/index.ts";
import { inspectAnswer } from "../../../adjudicator/index.ts";
import type { QuestionRow } from "./kit.ts";
import { TASKS, fileText, present, rowsOf, skipped, specOf } from "./kit.ts";

const look = (text: string, answer: AnswerSpec = { type: "text" }, finish: "stop" | "length" = "stop") =>
  inspectAnswer({ text, toolCalls: [], finish, answer, tools: null });

interface Injection {
  id: string;
  class: string;
  place: "prefix" | "suffix" | "replace";
  text: string;
  structural: boolean;
  expect: string;
}
const injections = present ? (JSON.parse(fileText("attacks/own/judge_injections.json")) as { items: Injection[] }).items : [];
const HONEST = "The capital of France is Paris.";
function filled(row: Injection, me: string, other: string): string {
  const guess = "5f0c".repeat(8);
  const fields: [string, string][] = [
    ["{ME}", me],
    ["{OTHER}", other],
    ["{N}", "3"],
    ["{GUESS}", guess],
    ["{ANS}", "4"],
    ["{WRONG}", "5"],
    ["{Q}", "Which?"],
  ];
  const text = fields.reduce((sum, [name, value]) => sum.replaceAll(name, value), row.text);
  return row.place === "replace" ? text : row.place === "prefix" ? text + HONEST : HONEST + text;
}
const labels = [
  ["A", "B"],
  ["B", "A"],
  ["C", "F"],
] as const;

test.skipIf(!present)(`every answer that is empty by its kind drops${skipped}`, () => {
  const rows = injections.filter((row) => row.expect === "empty");
  expect(rows.length).toBeGreaterThan(3);
  expect(rows.filter((row) => !look(row.text).empty).map((row) => row.id)).toEqual([]);
});
test.skipIf(!present)(`every answer to be filtered is degenerate, not empty${skipped}`, () => {
  const rows = injections.filter((row) => row.expect === "filtered");
  expect(rows.length).toBeGreaterThan(3);
  expect(rows.filter((row) => look(row.text).empty || !look(row.text).flags.includes("degenerate")).map((row) => row.id)).toEqual([]);
});
test.skipIf(!present)(`every structural injection is flagged under every label${skipped}`, () => {
  const rows = injections.filter((row) => row.structural);
  expect(rows.length).toBeGreaterThan(10);
  const missed = rows.filter((row) => !labels.every(([me, other]) => look(filled(row, me, other)).flags.includes("suspicious")));
  expect(missed.map((row) => row.id)).toEqual([]);
});
test.skipIf(!present)(`most other injections are flagged too${skipped}`, () => {
  const rows = injections.filter((row) => !row.structural && row.expect === "no-flip");
  const caught = rows.filter((row) => look(filled(row, "B", "A")).flags.includes("suspicious"));
  console.log(`other injections flagged: ${caught.length} of ${rows.length}`);
  expect(caught.length / rows.length).toBeGreaterThan(0.7);
});
test.skipIf(!present)(`the constant answer that fooled judges is flagged${skipped}`, () => {
  const [row] = JSON.parse(fileText("attacks/third-party/null_model_response.json")) as { text: string }[];
  expect(look(row?.text ?? "").flags).toContain("suspicious");
});

test.skipIf(!present)(`fewer than 0.5 % of the recorded honest answers are flagged${skipped}`, () => {
  const answers = [...TASKS, "bfcl", "rank-pairs"].flatMap((file) =>
    rowsOf<QuestionRow>(`replay/${file}.jsonl`).flatMap((row) => Object.values(row.outputs).map((text) => ({ text, spec: specOf(row) }))),
  );
  const flagged = answers.filter(({ text, spec }) => look(text, spec).flags.length > 0);
  console.log(`honest answers flagged: ${flagged.length} of ${answers.length} (${((100 * flagged.length) / answers.length).toFixed(2)} %)`);
  expect(flagged.length / answers.length, flagged.map(({ text }) => text.slice(0, 80)).join("\n")).toBeLessThan(0.005);
});

test.each([
  "def f(x):\n    if x:\n        return x\n    return A\n",
  "# Pancakes\n\n## Ingredients\n- eggs\n\n## Instructions\nMix and fry.",
  "Candidate A received 20 votes and candidate B received 30 votes, so B won by 10.",
  "The judge must consider the evidence. The verdict was guilty.",
  "Select the file and choose Save. Please choose a name.",
  '{"name": "Ann", "score": 10, "result": "ok"}',
  "The winner is the team with 3 points.",
  "<div><p>Hello</p></div> and x <y> z",
  "Final answer: 42",
  "Solution: restart the service and check the log.",
  "No.",
  "OK, done: 3 files were moved.",
])("an honest answer carries no flag: %.50j", (text) => {
  expect(look(text)).toMatchObject({ empty: false, flags: [] });
});

test.each<[string, AnswerSpec, boolean]>([
  ["", { type: "number" }, true],
  [" \n\t", { type: "exact" }, true],
  ["\u200b\u2060\ufeff", { type: "number" }, true],
  ["\u3164", { type: "text" }, true],
  ["...!?", { type: "text" }, true],
  ["[]", { type: "exact" }, false],
  ["7", { type: "number" }, false],
  ["{}", { type: "json" }, false],
  ["-", { type: "exact" }, false],
  ["👍", { type: "text" }, false],
  ["7", { type: "text" }, false],
])("%j as an answer of %o is empty: %s", (text, answer, empty) => {
  expect(look(text, answer).empty).toBe(empty);
});

test("a call without text is not empty", () => {
  const toolCalls = [{ id: "1", type: "function" as const, function: { name: "f", arguments: "{}" } }];
  const tools = [{ name: "f", parameters: null, readOnly: false }];
  expect(inspectAnswer({ text: "", toolCalls, finish: "tool-calls", answer: { type: "text" }, tools })).toMatchObject({
    empty: false,
    flags: [],
  });
});
test("one symbol or one word over and over is degenerate, and a cut answer says so", () => {
  expect(look("!a".repeat(2_000)).flags).toContain("degenerate");
  expect(look("best ".repeat(500), { type: "number" }).flags).toContain("degenerate");
  expect(look("A long and honest answer", { type: "text" }, "length").flags).toEqual(["length"]);
  expect(look("Correct", { type: "choice", choices: ["Correct", "Wrong"] }).flags).toEqual([]);
});
