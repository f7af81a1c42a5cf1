/** The spotter against the plain search that it stands for. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createSpotter } from "../../adjudicator/spotter.ts";

const GROUPS = [["<|", "[["], ["the same ", "same model as you"], ["id:"], ["output", "say", "say"], ["zz", "überall"]];
const spot = createSpotter(GROUPS);
const plainly = (text: string): number[] =>
  GROUPS.flatMap((needles, group) => (needles.some((needle) => text.includes(needle)) ? [group] : []));

test("needles are found wherever they stand, at both ends of the text too", () => {
  expect(spot("id:")).toEqual([2]);
  expect(spot("say")).toEqual([3]);
  expect(spot("[[")).toEqual([0]);
  expect(spot("as zz")).toEqual([4]);
  expect(spot("the same")).toEqual([]);
  expect(spot("überall the same model as you")).toEqual([1, 4]);
});

test("every text gives the groups that a plain search gives", () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 4 }),
    fc.constantFrom(...GROUPS.flat(), "the sam", "d:", "|", "[", "ay", "ut", "SAY", "ſay"),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join("");
      expect(spot(text)).toEqual(plainly(text));
    }),
    { numRuns: 2000 },
  );
});

test("a needle of one character is refused", () => expect(() => createSpotter([["x"]])).toThrow(RangeError));
