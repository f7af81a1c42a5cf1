/** Reading always ends and never throws, whatever the text. */
import { array, assert, constantFrom, property, string } from "fast-check";
import { expect, test } from "vitest";
import type { AnswerSpec, ToolSpec } from "../../../adjudicator/index.ts";
import { inspectAnswer } from "../../../adjudicator/index.ts";
import { HOSTILE } from "./hostile.ts";

const tools: ToolSpec[] = [{ name: "f.g", parameters: null, readOnly: false }];
const specs: [AnswerSpec, ToolSpec[] | null][] = [
  [{ type: "text" }, null],
  [{ type: "number" }, null],
  [{ type: "choice", choices: ["A", "B"] }, null],
  [{ type: "choice", choices: ["yes", "no"] }, null],
  [{ type: "choice", choices: [] }, null],
  [{ type: "exact" }, null],
  [{ type: "json" }, null],
  [{ type: "json", schema: { type: "object" } }, null],
  [{ type: "text" }, tools],
];
const STATUSES = new Set(["read", "abstained", "cut"]);
function inspectAll(text: string): void {
  for (const [answer, offered] of specs)
    for (const finish of ["stop", "length"] as const) {
      const { reading } = inspectAnswer({ text, answer, tools: offered, toolCalls: [], finish });
      expect(STATUSES.has(reading.status)).toBe(true);
      if (reading.status === "read") expect(JSON.stringify(reading.value)).toBeTypeOf("string");
    }
}

test.each(HOSTILE)("%s of 20 kB is read", (_name, build) => {
  inspectAll(build(20_000));
});

const pieces = [
  '{"answer"',
  ":",
  '"',
  "'",
  "{",
  "}",
  "[",
  "]",
  ",",
  "\\",
  "\\frac{1}{2}",
  "\\boxed{",
  "the answer is ",
  "(A)",
  "A",
  "12",
  "/",
  ".",
  "-",
  "=",
  "\n",
  " ",
  "None",
  "```",
  "#### ",
  "\u0000",
  "😀",
  "\ud800",
  "name",
  "f.g",
  "arguments",
];
test("any mixture of the pieces that answers are made of is read", () => {
  assert(
    property(array(constantFrom(...pieces), { maxLength: 40 }), (parts) => inspectAll(parts.join(""))),
    { numRuns: 500 },
  );
});
test("any string is read", () => {
  assert(
    property(string({ unit: "binary", maxLength: 200 }), (text) => inspectAll(text)),
    { numRuns: 300 },
  );
});
test("reading the same text twice gives the same key", () => {
  assert(
    property(array(constantFrom(...pieces), { maxLength: 20 }), (parts) => {
      const once = inspectAnswer({ text: parts.join(""), answer: { type: "exact" }, tools: null, toolCalls: [], finish: "stop" });
      const twice = inspectAnswer({ text: parts.join(""), answer: { type: "exact" }, tools: null, toolCalls: [], finish: "stop" });
      expect(twice).toEqual(once);
    }),
    { numRuns: 100 },
  );
});
