/** Which free texts are openers or padding, and which only begin like one. */
import { expect, test } from "vitest";
import { isDegenerate } from "../../adjudicator/degenerate.ts";

const text = { type: "text" } as const;

test.each([
  "Sure!",
  "Sure! Here's the answer:",
  "Sure, I can help with that.",
  "Of course! I'd be happy to help you with that.",
  "Certainly. Here is the summary you asked for:",
  "**Final answer:**",
  "Here are the steps:",
  "Let's think step by step.",
  "Let's solve this problem step by step.",
  "Let me check the log…",
  "I have verified this.",
  "Thought process:",
])("an opener alone has no substance: %s", (opener) => {
  expect(isDegenerate(opener, text)).toBe(true);
});

test.each([
  "Here is the answer: 42",
  "Here are the steps: reboot, then check the logs.",
  "Here is Paris.",
  "Let's see: 12 logins failed.",
  "Let's work with Postgres.",
  "Sure, the disk is full.",
  "Certainly not.",
  "Yes, this is correct.",
  "The solution is Paris.",
  "Done: 3 of 4 jobs ran.",
])("an opener with an answer behind it is an answer: %s", (answer) => {
  expect(isDegenerate(answer, text)).toBe(false);
});

test("where answers are counted, a short one may well be `ok` or `correct`", () => {
  expect(isDegenerate("ok", { type: "exact" })).toBe(false);
});
