/** Which texts choose an option, and which do not. */
import { expect, test } from "vitest";
import { keyOf, read, valueOf } from "./kit.ts";

const LETTERS = [..."ABCDEFGHIJ"];
const value = (text: string, choices = LETTERS, finish: "stop" | "length" = "stop") =>
  valueOf(read(text, { type: "choice", choices }, finish));

test.each([
  ["Option B", "B"],
  ["**Choice D.**", "D"],
  ["The answer is (B).", "B"],
  ["the answer is **(C)**", "C"],
  ["The answer is A.", "A"],
  ["The answer is B because it fits", "B"],
  ["Answer: C", "C"],
  ["\\boxed{D}", "D"],
  ["The answer is $\\boxed{\\text{B}}$", "B"],
  ["The correct answer is C. The only examples", "C"],
  ["The correct answer is:\n\nG. P(A | B)", "G"],
  ["option E is correct", "E"],
  ["So we see\n(F) Water", "F"],
  ["So we see\nF. Water", "F"],
  ["I'd go with option C.", "C"],
  ['{"answer": "B"}', "B"],
  ['{"answer": "(B) water"}', "B"],
  ["b", "B"],
  ["(b)", "B"],
  ["**B**", "B"],
  ["I", "I"],
  ["The answer is (B). Question: what else? Final answers: ... The answer is D.", "B"],
  ["The answer is not listed, but the closest option is (J) 270 m.", "J"],
])("%j chooses %s", (text, want) => {
  expect(value(text)).toBe(want);
});

test.each([
  "The answer is (None of the above)",
  "The answer cannot be determined",
  '{"answer": "None of the above"}',
  "This is A good example of it",
  "The answer is A good example of bad luck",
  "The answer is I think none",
  "Option (B) is wrong because x",
  "Neither A nor B is correct.",
  "The answer is (A) or (B)",
  "The answer is C, F.",
  "The answer is not (A)",
  "The answer is (Z)",
  "(a) The payment is due.\n(b) It is late.",
  "",
])("%j abstains", (text) => {
  expect(value(text)).toBe("abstained");
});

test("an option's words choose it, the request's own spelling is the value", () => {
  const cities = ["Paris", "London", "New York"];
  expect(value("paris.", cities)).toBe("Paris");
  expect(value("The answer is **New York** because", cities)).toBe("New York");
  expect(value("It is London.", cities)).toBe("London");
  expect(value("B", cities)).toBe("London");
  expect(value("It is not London.", cities)).toBe("abstained");
  expect(value("Parisian", cities)).toBe("abstained");
  expect(value("Yes, because", ["yes", "no"])).toBe("yes");
  expect(value("No, it isn't. The answer is no.", ["yes", "no"])).toBe("no");
  expect(value("blue", ["A) red", "B) blue"])).toBe("B) blue");
  expect(value("The answer is (B)", ["A) red", "B) blue"])).toBe("B) blue");
  expect(value('{"answer": 3}', ["1", "2", "3"])).toBe("3");
  expect(value("Sentiment: Negative", ["positive", "negative"])).toBe("negative");
});

test("equal choices share a key", () => {
  const key = (text: string) => keyOf(read(text, { type: "choice", choices: ["Paris", "London"] }));
  expect(new Set(["Paris", "A", "The answer is (A)", '{"answer":"paris"}'].map(key)).size).toBe(1);
});

test("a text cut before its choice is cut", () => {
  expect(value("Let us compare (A) and (B): the", LETTERS, "length")).toBe("cut");
  expect(value("The answer is (B). More", LETTERS, "length")).toBe("B");
});
