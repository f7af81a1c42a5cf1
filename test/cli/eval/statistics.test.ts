/** The statistics against values worked out by hand. */
import { expect, test } from "vitest";
import { auroc, brier, mcnemar, pairedBootstrap, reliabilityBins, seeded, shuffled, wilson } from "../../../src/cli/eval/statistics.ts";

test("Wilson: half of ten, none of ten, nothing at all", () => {
  // (0.5 + 3.841459/20) / 1.3841459 = 0.5; spread 1.959964 · √(0.025 + 3.841459/400) / 1.3841459 = 0.263408
  expect(wilson(5, 10).low).toBeCloseTo(0.236593, 5);
  expect(wilson(5, 10).high).toBeCloseTo(0.763407, 5);
  expect(wilson(0, 10).low).toBe(0);
  // z² / (n + z²) = 3.841459 / 13.841459
  expect(wilson(0, 10).high).toBeCloseTo(0.277533, 5);
  expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
});

test("McNemar is the exact binomial: 1 against 5 is 14 of 64, equal sides and no side are 1", () => {
  expect(mcnemar(1, 5)).toBeCloseTo(14 / 64, 12);
  expect(mcnemar(5, 1)).toBeCloseTo(14 / 64, 12);
  expect(mcnemar(0, 8)).toBeCloseTo(2 / 256, 12);
  expect(mcnemar(3, 3)).toBe(1);
  expect(mcnemar(0, 0)).toBe(1);
  expect(mcnemar(400, 600)).toBeLessThan(1e-9);
});

test("the bootstrap is seeded, brackets the mean, and knows when nothing differs", () => {
  const differences = [...Array<number>(20).fill(1), ...Array<number>(10).fill(-1), ...Array<number>(70).fill(0)];
  const { low, high } = pairedBootstrap(differences);
  expect(pairedBootstrap(differences)).toEqual({ low, high });
  // mean 0.1, standard error √((0.3 − 0.01)/100) = 0.0539: 0.1 ± 0.1055
  expect(low).toBeGreaterThan(-0.04);
  expect(low).toBeLessThan(0.03);
  expect(high).toBeGreaterThan(0.17);
  expect(high).toBeLessThan(0.24);
  expect(pairedBootstrap([0, 0, 0])).toEqual({ low: 0, high: 0 });
  expect(pairedBootstrap([])).toEqual({ low: 0, high: 0 });
});

const right = (score: number) => ({ score, right: true });
const wrong = (score: number) => ({ score, right: false });

test("AUROC counts pairs in the right order, equal scores half", () => {
  expect(auroc([right(0.9), right(0.8), wrong(0.1)])).toBe(1);
  expect(auroc([right(0.1), wrong(0.9)])).toBe(0);
  expect(auroc([right(0.5), wrong(0.5), wrong(0.5)])).toBe(0.5);
  // pairs: 0.9>0.4, 0.9>0.6, 0.4=0.4, 0.4<0.6 → 2.5 of 4
  expect(auroc([right(0.9), right(0.4), wrong(0.4), wrong(0.6)])).toBe(0.625);
  expect(auroc([right(1)])).toBeNull();
});

test("Brier is the mean square, and bins hold each verdict once", () => {
  expect(brier([right(0.8), wrong(0.6)])).toBeCloseTo((0.04 + 0.36) / 2, 12);
  expect(brier([])).toBeNull();
  const bins = reliabilityBins([right(1), right(0.95), wrong(0.5), right(0.55), wrong(0)]);
  expect(bins.map(({ from, n, right: share }) => [from, n, share])).toEqual([
    [0, 1, 0],
    [0.5, 2, 0.5],
    [0.95, 2, 1],
  ]);
  expect(bins[1]?.claimed).toBeCloseTo(0.525, 12);
});

test("a seeded order is the same twice, and loses nobody", () => {
  const given = [1, 2, 3, 4, 5, 6, 7];
  const once = shuffled(given, seeded(7));
  expect(once).toEqual(shuffled(given, seeded(7)));
  expect(once.toSorted()).toEqual(given);
  expect(once).not.toEqual(shuffled(given, seeded(8)));
});
