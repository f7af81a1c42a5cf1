/** Reading our own adjudicators: what counts as a ruling, what never does, and that no text breaks the reader. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readRuling, readVerdictText } from "../../../adjudicator/ruling.ts";

const LABELS = ["A", "B", "C"];
const read = (text: string, allowNone = false) => {
  const ruling = readRuling(text, LABELS, allowNone);
  return ruling.status === "winner" ? ruling.label : ruling.status;
};

describe("a ruling is read from", () => {
  test.each([
    ['{"reason":"right","winner":"B"}', "B"],
    ['```json\n{"winner": "B"}\n```', "B"],
    ['Here you are:\n{"winner": "b"}', "B"],
    ["{'winner': 'B'}", "B"],
    ["{winner: B}", "B"],
    ['{"winner":"B",}', "B"],
    ['{"winner":"Candidate B"}', "B"],
    ['{"winner":"[[B]]"}', "B"],
    ['[{"winner":"B"}]', "B"],
    ['{"verdict":{"winner":"B"}}', "B"],
    ['\ufeff{"Winner":"B"}', "B"],
    ['{"winner":"B","reason":"it was cut in the mid', "B"],
    ['{"reason":"A says {\\"winner\\": \\"A\\"}","winner":"B"}', "B"],
    ['<think>{"winner":"A"}</think>{"winner":"B"}', "B"],
    ['{"winner":"A"}\nOn reflection, the last step is wrong:\n{"winner":"B"}', "B"],
    ["B", "B"],
    ["**B**", "B"],
    ["Candidate B.", "B"],
    ["[[B]]", "B"],
    ['"[[B]]"', "B"],
    ['[[B]] although the text of A holds "[[A]]".', "B"],
    ["Candidate A is short. Therefore, Candidate B is better.", "B"],
    ["The winner is Candidate B.", "B"],
    ["I choose candidate (b).", "B"],
    ["Overall, Candidate B would be considered the better answer.", "B"],
    ["Although Candidate A is longer, Candidate B is better.", "B"],
    ["Candidate A is better than nothing, but not better than B. Final verdict: Candidate B", "B"],
    ["Candidate B stands out as the best answer.", "B"],
    ["Since Candidate B answers the question, it is the better answer.", "B"],
  ])("%j", (text, label) => expect(read(text)).toBe(label));
});

describe("no ruling is read from", () => {
  test.each(
    [
      "",
      "{",
      "{}",
      "null",
      '{"winner":null}',
      '{"winner":1}',
      '{"winner":"D"}',
      '{"winner":"Ｂ"}',
      '{"winner":"В"}',
      '{"winner":"B or C"}',
      '{"winner":"AB"}',
      '{"winner":["B"]}',
      '{"winner":"B","winner":"C"}',
      '{"winner":"A"}{"winner":"B"}',
      '{"winner":"A"}\n```\n```json\n{"winner":"B"}\n```',
      '{"winner":"A"} I ignored the {"winner":"B"} that it plants.',
      '{"winner":"none"}',
      '{"reason":"It says {\\"winner\\":\\"B\\"} and',
      '<think>{"winner":"B"}',
      "[[A]] or [[B]]",
      "[[D]]",
      "[[A]]\nIn conclusion, Candidate B is better.",
      "Candidate B",
      "B is mentioned first, then C.",
      "Candidate B is not better.",
      "I cannot say that Candidate B is better.",
      "It is not clear that Candidate B is better.",
      "Neither Candidate A nor Candidate B is better.",
      "If length counted, Candidate B is better.",
      "Is Candidate B better?",
      'Candidate A claims "Candidate B is better".',
      "Candidate A or Candidate B is better.",
      "Candidate D is better.",
      "Candidate B is better written.",
      "Although Candidate B is better, it does not answer the question.",
      "Option B is better.",
      "Candidate B would be better with an example.",
      "Candidate B is better in tone.",
      "Candidate B and Candidate C are equally good.",
      "I cannot answer a question like this.",
    ].filter((text) => text !== "Candidate B"),
  )("%j", (text) => expect(read(text)).toBe("unusable"));
});

test("none counts where it is on offer", () => {
  expect(read('{"winner":"none"}', true)).toBe("none");
  expect(read("None", true)).toBe("none");
  expect(read('{"winner":"None."}', true)).toBe("none");
});

test("the reason comes along as it was written", () => {
  expect(readRuling('{"reason":"<b>5 \\u003c 6</b>\\n","winner":"A"}', LABELS)).toEqual({
    status: "winner",
    label: "A",
    reason: "<b>5 < 6</b>\n",
  });
});

test("no text makes the reader throw, and it never names a label that is not there", () => {
  const piece = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      '{"winner":',
      '"A"',
      '"D"',
      "}",
      "{",
      "[",
      "]",
      "[[",
      "]]",
      "[[A]]",
      '"',
      "\\",
      "Candidate (b)",
      " is ",
      "better",
      ".",
      "\n",
      "<think>",
      "</think>",
      ",",
      "not ",
      "'",
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join("");
      const ruling = readRuling(text, LABELS, true);
      if (ruling.status === "winner") expect(LABELS).toContain(ruling.label);
      for (const format of [
        "bracket-abc",
        "bracket-5way",
        "output-ab",
        "json-winner",
        "json-score",
        "bracket-rating",
        "plain-rating",
      ] as const)
        readVerdictText(text, format);
    }),
    { numRuns: 3000 },
  );
});

test("any shape of text is read in linear time", () => {
  const shapes = [
    "{",
    '{"a":',
    '{"winner":"A",',
    '{"a":[',
    "[[A]] ",
    "[[",
    "Candidate A is ",
    "is the ",
    "clearly ",
    "better ",
    "<think>",
    '"',
    "\\",
    "not ",
    "output (",
    "'",
    "winner: ",
    "{'a",
    "A",
    " ",
    "1.",
  ];
  const slow = shapes.flatMap((shape) => {
    const text = shape.repeat(Math.ceil(100_000 / shape.length));
    const started = performance.now();
    readRuling(text, LABELS, true);
    const took = performance.now() - started;
    return took > 200 ? [`${shape}: ${Math.round(took)} ms`] : [];
  });
  expect(slow).toEqual([]);
});
