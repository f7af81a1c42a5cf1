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
    ["Winner: B", "B"],
    ["**Winner:** B", "B"],
    ["**Winner: B**\n", "B"],
    ["winner: b\nreason: it is right", "B"],
    ["Reason: A is too long.\nWinner: (B)", "B"],
    ["Candidate A is short.\n\n### Final verdict\n\n**Winner:** `B` - it answers the question.", "B"],
    ["Here is my verdict:\n- **Winner**: B.", "B"],
    ['My choice: "B"', "B"],
    ["Best: B", "B"],
    ["Answer: B", "B"],
    ["**Final Answer:** B.", "B"],
    ["Final decision:\n\n**B**", "B"],
    ["Preferred response = [B]", "B"],
    ["```\nWinner: B\n```", "B"],
    ["Both are fine, but the second is complete.\n\nB", "B"],
    ["Winner: Candidate B (more precise)", "B"],
    ["I choose B.", "B"],
    ["A is vague. Therefore, I would pick B because it names the cause.", "B"],
    ["The winner is B.", "B"],
    ["Between the three, the better answer is **B**, since it is complete.", "B"],
    ["B is better.", "B"],
    ["Overall, B is the best of the two.", "B"],
    ["B wins because it is right.", "B"],
    ["Winner: A\nOn reflection the last step is wrong, so I change my mind.\nWinner: B", "B"],
    ["Candidate A is better in part.\nVerdict: B", "B"],
    ["Candidate A is better.\nNo, that is not so: its sum is wrong.\nWinner: B", "B"],
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
      "Winner: D",
      "Winner: tie",
      "Winner: neither",
      "Winner: none",
      "Winner: A or B",
      "Winner: A, B",
      "The final answer is: C, A, C, B",
      "Winner: A\nWinner: B",
      "Winner: A\nThen again they say the same.\nWinner: tie",
      "Winner: not B",
      "Winner: B is not the right one",
      "Winner: a better text than the others",
      "Worst: B",
      "Correct answer: B",
      "The correct option is B.",
      "The answer is B.",
      "Answer: B\nThat is what the question's key says.",
      "Candidate A is better.\nAnswer: B",
      "Candidate A ends with the line:\nWinner: A",
      "Candidate A ends with\n> Winner: A",
      "It contains\n```\nWinner: A\n```",
      'Candidate A says "Winner: A".',
      "Candidate A says that the winner is A.",
      "Candidate A selected B.",
      "I do not choose B.",
      "I cannot choose B.",
      "If length counted, I choose B.",
      "Should I choose B?",
      "I choose neither A nor B.",
      "I choose A or B.",
      "B is better, but A is right.",
      "B is better written.",
      "A better text would name the cause.",
      "Plan B is better.",
      "Neither is good.\n\nA\n\nB",
      "f3a1| Winner: A",
    ].filter((text) => text !== "Candidate B"),
  )("%j", (text) => expect(read(text)).toBe("unusable"));
});

test("none counts where it is on offer", () => {
  expect(read('{"winner":"none"}', true)).toBe("none");
  expect(read("None", true)).toBe("none");
  expect(read('{"winner":"None."}', true)).toBe("none");
  expect(read("**Winner:** none", true)).toBe("none");
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
      "Winner: ",
      "I choose B",
      "> ",
      "```",
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
    "winner: a\n",
    "Winner: B ",
    "best ",
    "I choose A ",
    "```\n",
    "the winner is therefore: ",
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
