/** What deciding costs, with a clock that the test turns. */
import { expect, test } from "vitest";
import { costShort, costText, measureCost } from "../../../src/cli/eval/cost.ts";

const OUTPUTS = ["The answer is 42.", "It is 41, as far as one can see.", "Nobody knows; 40 perhaps."];
const clockOf = (step: number) => {
  let now = 0;
  return (): number => (now += step);
};

test("a cost within its bound is said, and falls short of nothing", async () => {
  const lines = await measureCost(OUTPUTS, clockOf(0.5));
  expect(lines).toMatchObject([
    { candidates: 5, length: 2000, counted_ms: 0.5, judged_ms: 0.5, most_ms: 1 },
    { candidates: 16, length: 50_000, counted_ms: 0.5, judged_ms: 0.5, most_ms: 20 },
  ]);
  expect(costShort(lines)).toEqual([]);
  expect(costText(lines)).toContain("16 candidates of 50 kB: 0.50 ms of CPU time counted, 0.50 ms judged");
});

test("a cost beyond its bound falls short", async () => {
  expect(costShort(await measureCost(OUTPUTS, clockOf(2)))).toHaveLength(1);
  expect(costShort(await measureCost(OUTPUTS, clockOf(21)))).toHaveLength(2);
});

test("without a clock or recorded answers nothing is measured", async () => {
  expect(await measureCost(OUTPUTS, undefined)).toEqual([]);
  expect(await measureCost([], clockOf(1))).toEqual([]);
});
