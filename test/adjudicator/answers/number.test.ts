/** What counts as a number, and what abstains. */
import { expect, test } from "vitest";
import { keyOf, read, valueOf } from "./kit.ts";

const value = (text: string, finish: "stop" | "length" = "stop") => valueOf(read(text, { type: "number" }, finish));

test.each<[string, number]>([
  ["18 dollars", 18],
  ["$1,200.00 per week", 1200],
  ["25%", 25],
  ["160 minutes", 160],
  ["70,000", 70000],
  ["70 000", 70000],
  ["1.234,50 €", 1234.5],
  ["1.000.234,5", 1000234.5],
  ["1.234, 5 of them", 1.234],
  ["70\u202f000", 70000],
  ["1{,}000", 1000],
  ["\\$18", 18],
  ["**42**", 42],
  ["€ 12.50", 12.5],
  ["2 + 8 + 6 = 16", 16],
  ["\\frac{3}{4}", 0.75],
  ["-\\dfrac{1}{2}", -0.5],
  ["\\frac34", 0.75],
  ["3/4", 0.75],
  ["1 1/2", 1.5],
  ["2\\frac{1}{2}", 2.5],
  ["\u22125", -5],
  ["\u20135", -5],
  ["3:00 pm", 3],
  ["3:30 pm", 3.5],
  ["1.5e6", 1500000],
  ["3 \\times 10^{8}", 300000000],
  ["0.1", 0.1],
])("%s is a number", (text, want) => {
  expect(value(text)).toBe(want);
  expect(value(JSON.stringify({ reasoning: "7 and 9", answer: text }))).toBe(want);
});

test.each<[string, number]>([
  ["So 5 and 7 make 12", 12],
  ["16-3=<<16-3=13>>13 eggs", 13],
  ["It took her 3 1/2 hours", 3.5],
  ["This leaves 10/4 of it", 2.5],
  ["We take 3 and then 1/2 of it", 0.5],
  ["This leaves \\frac{3}{4} of the cake", 0.75],
  ["So it took 2\\frac{1}{2} days", 2.5],
  ["Of \\frac{3}{4} we take 6 pieces", 6],
  ["3 of 7\nA: 18", 18],
  ["#### 42", 42],
  ["**Final Answer:** 42 km", 42],
  ["The answer is 3.", 3],
  ["The answer is:\n\n42", 42],
  ["So \\boxed{\\frac{1}{2}} it is, in 7 steps", 0.5],
  ["The answer is -5", -5],
  ['```json\n{"Answer": "5"}\n```', 5],
  ['Here you are {x} {"final_answer": 5} and 7', 5],
  ["{'answer': 5,}", 5],
  ['{"reasoning": "a\nb", "answer": "5"}', 5],
  ['{"reasoning": "\\(x\\) and \\pi", "answer": "5"}', 5],
  ['{"reasoning": "\\frac{1}{2} \\times 3", "answer": "\\frac{3}{2}"}', 1.5],
  ['{"reasoning": "f(x) { return 1 } is odd", "answer": 9}', 9],
  ['{"reasoning": "unfinished", "answer": 9', 9],
  ['{"answer": "___"} then {"answer": "6"}', 6],
  ['{"reasoning": "he said "hi", then left", "answer": "6"}', 6],
])("the declared number of %j is found", (text, want) => {
  expect(value(text)).toBe(want);
});

test.each([
  '{"reasoning": "12 or 13", "answer": "Cannot be determined"}',
  "He has 12 apples. The answer cannot be determined from 12.",
  "I think 12. The answer is unknown",
  "There is not enough information in these 3 lines.",
  '{"answer": {"blue": 4, "red": 6}}',
  '{"answer": "\\\\frac{\\\\sqrt{3}}{2}"}',
  '{"answer": true}',
  "no number at all",
  `The answer is ${"9".repeat(10_000)}`,
  "9".repeat(10_000),
])("%.60j abstains", (text) => {
  expect(value(text)).toBe("abstained");
});

test("equal numbers share a key, and unequal ones do not", () => {
  const key = (text: string) => keyOf(read(text, { type: "number" }));
  expect(new Set(["18", "18.0", '"18.00"', "36/2", "$18"].map(key)).size).toBe(1);
  expect(key("2/3")).toBe(key("0.6666666667"));
  expect(key("2/3")).not.toBe(key("0.67"));
  expect(key("0.000000123")).not.toBe(key("0.000000124"));
  expect(key("100000000000000000001")).not.toBe(key("100000000000000000002"));
  expect(key("2\\sqrt{26}")).not.toBe(key("2"));
});

test("a text cut by the token limit is cut unless its answer was whole", () => {
  expect(value('{"reasoning": "x", "answer": "4', "length")).toBe("cut");
  expect(value("we have 3 and then 4", "length")).toBe("cut");
  expect(value('{"answer": "4"} and mor', "length")).toBe(4);
});
