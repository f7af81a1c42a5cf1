/** One-coin Dawid-Skene: each member has one chance of being right, wrong answers fall on K−1 others. Fits it to patterns, with or without feedback. */
import type { Evidence, Pattern } from "./evidence.ts";

/** K. Small, since real models share their mistakes; from 4 to 20 the recorded verdicts learned without labels stay the same. */
export const SPREAD = 4;
/** Beta prior of a member's chance: mean 0.7, worth this many runs. */
const PRIOR_MEAN = 0.7;
const PRIOR_RUNS = 4;
const ROUNDS = 12;
const SETTLED = 0.002;
/** Feedback outweighs guesses: unlabelled runs count 3 ÷ (3 + labelled). */
const UNLABELLED_RUNS = 3;

/** Chance of being right, by index of `evidence.members`. */
export function estimateChances({ members, patterns }: Evidence): number[] {
  const labelled = patterns.reduce((sum, pattern) => sum + (pattern.right === null ? 0 : pattern.weight), 0);
  const fade = UNLABELLED_RUNS / (UNLABELLED_RUNS + labelled);
  let chances = members.map(() => PRIOR_MEAN);
  for (let round = 0; round < ROUNDS; round++) {
    const right = members.map(() => PRIOR_MEAN * PRIOR_RUNS);
    const all = members.map(() => PRIOR_RUNS);
    const weights = chances.map(logOdds);
    for (const pattern of patterns) {
      const weight = pattern.right === null ? pattern.weight * fade : pattern.weight;
      const posterior = judge(pattern, weights, pattern.right);
      for (const [index, found] of pattern.classes.entries()) {
        if (found < 0) continue;
        right[index] = (right[index] ?? 0) + weight * (posterior[found] ?? 0);
        all[index] = (all[index] ?? 0) + weight;
      }
    }
    const next = right.map((sum, index) => Math.min(0.99, Math.max(0.02, sum / (all[index] ?? 1))));
    const settled = next.every((chance, index) => Math.abs(chance - (chances[index] ?? 0)) < SETTLED);
    chances = next;
    if (settled) break;
  }
  return chances;
}

/** What one voice adds to the log-chance of its class. */
export const logOdds = (chance: number): number => Math.log((chance * (SPREAD - 1)) / (1 - chance));

/** Chance of each class of a pattern; what is left is the chance that none is right. */
export function judge(pattern: Pick<Pattern, "classes" | "size">, weights: readonly number[], right: number | null = null): number[] {
  if (right !== null) return Array.from({ length: pattern.size }, (_, index) => (index === right ? 1 : 0));
  const scores: number[] = Array.from({ length: pattern.size }, () => 0);
  for (const [index, found] of pattern.classes.entries()) if (found >= 0) scores[found] = (scores[found] ?? 0) + (weights[index] ?? 0);
  // wrong classes take distinct places of the K−1: one place fewer is left for each class already there
  const none = Math.max(0.5, SPREAD - pattern.size);
  const joint = scores.map((score) => Math.exp(Math.min(50, score)));
  const total = joint.reduce((sum, value) => sum + value, none);
  return joint.map((value) => value / total);
}
