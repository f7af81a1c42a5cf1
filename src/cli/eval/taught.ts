/** Panels with a strong and weaker members, told the right answers to some questions: how they do on others, and how many must be told. Asks nobody. */
import { type Case, learnFrom, type Ruled, voteOn } from "./cases.ts";
import { hitsOf } from "./evaluation.ts";
import { seeded, shuffled } from "./statistics.ts";

export interface TaughtLine {
  task: string;
  halves: number;
  /** means over the halves, on the questions that were not told */
  best: number;
  taught: number;
  /** told ever more questions, drawn with replacement, and judged on all of them: mean distance to the best member */
  curve: { told: number; ahead: number }[];
}
export const TAUGHT_GROUP = "uneven";
const HALVES = 200;
const DRAWS = 100;
const TOLD = [20, 35, 70, 140, 280];
/** Taught panels may lose this much to their best member. */
const MOST_LOST = 0.01;

const mean = (values: readonly number[]): number => (values.length === 0 ? 0 : values.reduce((sum, one) => sum + one, 0) / values.length);
export const shareOf = (hits: readonly boolean[]): number => mean(hits.map(Number));
export const bestOf = (cases: readonly Case[]): number =>
  Math.max(0, ...(cases[0]?.members ?? []).map((member) => shareOf(hitsOf(cases, member))));
export const rightOf = (ruled: readonly Ruled[]): number => shareOf(ruled.map(({ right }) => right));

export async function voteAll(
  cases: readonly Case[],
  ...learned: [Parameters<typeof voteOn>[1], Parameters<typeof voteOn>[2]?]
): Promise<Ruled[]> {
  const ruled: Ruled[] = [];
  for (const one of cases) ruled.push(await voteOn(one, ...learned));
  return ruled;
}

export async function taughtLine(task: string, cases: Case[]): Promise<TaughtLine> {
  const random = seeded(1);
  const best: number[] = [];
  const taught: number[] = [];
  for (let half = 0; half < HALVES; half += 1) {
    const told = new Set(shuffled(cases, random).slice(0, Math.floor(cases.length / 2)));
    const rest = cases.filter((one) => !told.has(one));
    best.push(bestOf(rest));
    const learned = learnFrom(cases, (one) => told.has(one));
    taught.push(rightOf(await voteAll(rest, learned)));
  }
  return { task, halves: HALVES, best: mean(best), taught: mean(taught), curve: await curveOf(cases) };
}

/** Half of a small file may rank two close members the wrong way round; more questions would not. */
async function curveOf(cases: Case[]): Promise<TaughtLine["curve"]> {
  const random = seeded(1);
  const best = bestOf(cases);
  const curve: TaughtLine["curve"] = [];
  for (const told of TOLD) {
    const ahead: number[] = [];
    for (let draw = 0; draw < DRAWS; draw += 1) {
      const drawn = Array.from({ length: told }, () => cases[Math.floor(random() * cases.length)]);
      const learned = learnFrom(
        drawn.filter((one) => one !== undefined),
        () => true,
      );
      ahead.push(rightOf(await voteAll(cases, learned)) - best);
    }
    curve.push({ told, ahead: mean(ahead) });
  }
  return curve;
}

/** What the halves fall short of, in words. */
export const taughtShort = (lines: readonly TaughtLine[]): string[] =>
  lines
    .filter(({ best, taught }) => best - taught > MOST_LOST)
    .map(({ task, best, taught }) => {
      const lost = (100 * (best - taught)).toFixed(1);
      return `${task} ${TAUGHT_GROUP}: after feedback on half ${lost} points below its best member in hindsight, 1.0 allowed`;
    });
