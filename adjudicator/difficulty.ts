/** Questions are not alike: some are easier for all members, some harder, so that a split is itself the sign of a hard one. Learns how uneven they are; gives chances, never weights. */
import type { Evidence, Pattern } from "./evidence.ts";
import { SPREAD } from "./one-coin.ts";

/** Log-odds between a question of middling difficulty and an easy or hard one; the likeliest is taken. */
const EASES = [0.5, 1.5, 2.5, 3.5];
/** What to expect before any run, by place in EASES. */
const PRIOR = [0.2, 0.3, 0.3, 0.2];
const LEVELS: [number, number][] = [
  [-1, 0.25],
  [0, 0.5],
  [1, 0.25],
];

type Shape = Pick<Pattern, "classes" | "size">;

export function estimateEase({ patterns }: Evidence, weights: readonly number[]): number {
  const scores = EASES.map((ease, index) => {
    const fit = patterns.reduce((sum, pattern) => sum + pattern.weight * Math.log(likelihood(pattern, weights, ease)), 0);
    return fit + Math.log(PRIOR[index] ?? 1);
  });
  return EASES[scores.indexOf(Math.max(...scores))] ?? 1.5;
}

function likelihood(pattern: Pattern, weights: readonly number[], ease: number): number {
  const { classes, none } = weigh(pattern, weights, ease);
  if (pattern.right === null) return classes.reduce((sum, value) => sum + value, none);
  return pattern.right < 0 ? none : (classes[pattern.right] ?? none);
}

/** Chance that each class is right; what is left is the chance that none is. */
export function judgeUneven(pattern: Shape, weights: readonly number[], ease: number): number[] {
  const { classes, none } = weigh(pattern, weights, ease);
  const total = classes.reduce((sum, value) => sum + value, none);
  return classes.map((value) => value / total);
}

/** Joint chance of the pattern and of each class, or none, being right, over the levels of difficulty. */
function weigh({ classes, size }: Shape, weights: readonly number[], ease: number): { classes: number[]; none: number } {
  const wrong = SPREAD - 1;
  // wrong classes take distinct places of the K−1: one place fewer is left for each class already there
  const places = Math.max(0.5, wrong - size + 1);
  const sums: number[] = Array.from({ length: size }, () => 0);
  let none = 0;
  for (const [level, share] of LEVELS) {
    let allWrong = share;
    const odds: number[] = Array.from({ length: size }, () => 1);
    for (const [index, found] of classes.entries()) {
      if (found < 0) continue;
      const own = Math.exp(Math.min(30, (weights[index] ?? 0) + level * ease));
      allWrong /= 1 + own / wrong;
      odds[found] = (odds[found] ?? 1) * own;
    }
    none += allWrong * places;
    for (const [index, value] of odds.entries()) sums[index] = (sums[index] ?? 0) + allWrong * value;
  }
  return { classes: sums, none };
}
