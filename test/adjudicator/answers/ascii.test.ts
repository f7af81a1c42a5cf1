/** A text in plain ASCII is spelled by codes, any other by Unicode's classes: both must spell alike. */
import { array, assert, constantFrom, oneof, property, string } from "fast-check";
import { expect, test } from "vitest";
import { readText } from "../../../adjudicator/answers/text.ts";

const keyOf = (text: string): string => {
  const reading = readText(text);
  return reading.status === "read" ? reading.key : "";
};
const PIECES =
  "a|Bc|don't|x'y'z|'|''|1|1,000|12,345,678|1,23|3.14|1.|.5|-5|- 5|a-b|!x|!|50%|c#|a/b|_|a_b|$5|<=|~| |  |\n|\t|\b|**|`|(|),|;|:|&|x@y.z|1:2|1--2|\\|^|+|{|\"|?".split(
    "|",
  );
const texts = oneof(
  array(constantFrom(...PIECES), { maxLength: 16 }).map((pieces) => pieces.join("")),
  string({ unit: "binary-ascii", maxLength: 40 }),
);

test("what stands before a word of another script is spelled as it is without that word", () => {
  assert(
    property(texts, (text) => {
      expect(keyOf(`${text} ü`)).toBe([keyOf(text), "ü"].filter((part) => part !== "").join(" "));
    }),
    { numRuns: 5000 },
  );
});

test("words a space apart, marks that mean nothing, and those that do", () => {
  expect(keyOf("The  Quick brown-fox didn't pay $1,234.50 (or 1,23) for C# & 50% of !x, no.")).toBe(
    "the quick brown fox didnt pay $ 1234.50 or 1,23 for c # 50 % of ! x no",
  );
});
