/** The few statistics of an evaluation, each exact or seeded, so that a second run prints the same figures. Pure. */

/** Two-sided 95 %. */
const Z = 1.959964;
const RESAMPLES = 4_000;

export interface Interval {
  low: number;
  high: number;
}

/** Wilson score interval of a share: stays inside 0 to 1, and is honest at 0 and n. */
export function wilson(right: number, n: number): Interval {
  if (n === 0) return { low: 0, high: 1 };
  const rate = right / n;
  const middle = rate + (Z * Z) / (2 * n);
  const spread = Z * Math.sqrt((rate * (1 - rate)) / n + (Z * Z) / (4 * n * n));
  const whole = 1 + (Z * Z) / n;
  return { low: Math.max(0, (middle - spread) / whole), high: Math.min(1, (middle + spread) / whole) };
}

/** Exact two-sided McNemar: the chance of a split as uneven as this among the questions on which only one of two was right. */
export function mcnemar(onlyFirst: number, onlySecond: number): number {
  const n = onlyFirst + onlySecond;
  const least = Math.min(onlyFirst, onlySecond);
  let term = -n * Math.LN2; // log of C(n, 0) / 2^n
  let sum = Math.exp(term);
  for (let k = 1; k <= least; k += 1) {
    term += Math.log((n - k + 1) / k);
    sum += Math.exp(term);
  }
  return Math.min(1, 2 * sum);
}

/** mulberry32: uniform in [0, 1), the same numbers for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
/** A new array in a seeded order. */
export function shuffled<T>(given: readonly T[], random: () => number): T[] {
  const keyed = given.map((one) => ({ one, key: random() }));
  return keyed.toSorted((a, b) => a.key - b.key).map(({ one }) => one);
}

/** Percentile interval of the mean of paired differences, by drawing questions again with replacement. */
export function pairedBootstrap(differences: readonly number[], seed = 1): Interval {
  const n = differences.length;
  if (n === 0) return { low: 0, high: 0 };
  const random = seeded(seed);
  const means = new Float64Array(RESAMPLES);
  for (let draw = 0; draw < RESAMPLES; draw += 1) {
    let sum = 0;
    for (let index = 0; index < n; index += 1) sum += differences[Math.floor(random() * n)] ?? 0;
    means[draw] = sum / n;
  }
  means.sort();
  const at = (share: number): number => means[Math.min(RESAMPLES - 1, Math.floor(share * RESAMPLES))] ?? 0;
  return { low: at(0.025), high: at(0.975) };
}

export interface Scored {
  score: number;
  right: boolean;
}
/** Chance that a right one scores above a wrong one, equal scores counting half; null where one side is missing. */
export function auroc(scored: readonly Scored[]): number | null {
  const rights = scored.filter(({ right }) => right).length;
  const wrongs = scored.length - rights;
  if (rights === 0 || wrongs === 0) return null;
  const sorted = scored.toSorted((a, b) => a.score - b.score);
  let won = 0;
  let below = 0;
  for (let start = 0; start < sorted.length;) {
    let end = start;
    while (end < sorted.length && sorted[end]?.score === sorted[start]?.score) end += 1;
    const equal = sorted.slice(start, end);
    const equalRight = equal.filter(({ right }) => right).length;
    won += equalRight * (below + (equal.length - equalRight) / 2);
    below += equal.length - equalRight;
    start = end;
  }
  return won / (rights * wrongs);
}
/** Mean squared distance between what was claimed and what came: 0 is perfect. */
export const brier = (scored: readonly Scored[]): number | null =>
  scored.length === 0 ? null : scored.reduce((sum, { score, right }) => sum + (score - Number(right)) ** 2, 0) / scored.length;

export interface Bin {
  from: number;
  to: number;
  n: number;
  /** means over the bin */
  claimed: number;
  right: number;
}
const EDGES = [0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1];
/** Claimed against what came true, by bins that are finer where verdicts lie; empty bins are left out. */
export function reliabilityBins(scored: readonly Scored[]): Bin[] {
  return EDGES.slice(0, -1).flatMap((from, index) => {
    const to = EDGES[index + 1] ?? 1;
    const inside = scored.filter(({ score }) => score >= from && (score < to || (to === 1 && score <= 1)));
    const n = inside.length;
    if (n === 0) return [];
    const claimed = inside.reduce((sum, { score }) => sum + score, 0) / n;
    return [{ from, to, n, claimed, right: inside.filter(({ right }) => right).length / n }];
  });
}
