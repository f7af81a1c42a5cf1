/** Sums up what was seen: accuracies with intervals, each rule against the best member, calibration, and the plain answer. Pure; the shape is what --json prints. */
import { type Case, isTie, level, plurality, type Ruled } from "./cases.ts";
import { type Early, earlyStops } from "./early.ts";
import { auroc, type Bin, brier, type Interval, mcnemar, pairedBootstrap, reliabilityBins, type Scored, wilson } from "./statistics.ts";
import { answerOf } from "./answer.ts";

export interface Accuracy extends Interval {
  right: number;
  n: number;
  rate: number;
}
export interface MemberLine extends Accuracy {
  member: string;
  /** answered, but no answer could be read */
  abstained: number;
  /** gave no usable answer */
  dropped: number;
}
/** `difference` in shares: +0.05 = five points above the best member. */
export interface Against extends Interval {
  difference: number;
  /** questions on which only one of the two was right */
  won: number;
  lost: number;
  /** exact McNemar, two-sided */
  p: number;
}
export interface RuleLine extends Accuracy {
  rule: string;
  /** whether its answers came over HTTP, or were counted in this process from the same candidates */
  asked: boolean;
  against_best: Against;
}
export interface Calibration {
  rule: string;
  /** verdicts that came with a confidence */
  n: number;
  brier: number | null;
  /** of always saying the share that was right */
  brier_of_base_rate: number | null;
  auroc: number | null;
  /** of the share of agreement on the same verdicts */
  auroc_of_share: number | null;
  bins: Bin[];
}
export interface Spending {
  calls: number;
  retries: number;
  input_tokens: number | null;
  output_tokens: number | null;
  /** null = unknown, or recorded answers that nobody paid for */
  cost_usd: number | null;
}
export interface Stopping extends Early {
  /** seats whose call was stopped on the real path when the verdict was decided; null = not tried */
  late_seats: number | null;
  seats: number | null;
  /** verdicts that were right with `stop: "decided"` */
  right: number | null;
}
export interface Evaluation {
  file: string;
  task: string;
  group: string | null;
  n: number;
  live: boolean;
  best: string;
  members: MemberLine[];
  rules: RuleLine[];
  /** the question counts as right when any member was */
  oracle: Accuracy;
  levels: { agree: number; of: number; n: number; right: number }[];
  ties: { n: number; right: number; tops: number };
  stopping: Stopping;
  calibration: Calibration | null;
  spending: Spending;
  /** would the panel have beaten its best member? */
  answer: string;
}
/** What every rule said to every question, in the questions' order. */
export interface RuleSeen {
  rule: string;
  asked: boolean;
  ruled: Ruled[];
}

function accuracyOf(hits: readonly boolean[]): Accuracy {
  const right = hits.filter(Boolean).length;
  return { right, n: hits.length, rate: hits.length === 0 ? 0 : right / hits.length, ...wilson(right, hits.length) };
}
export const hitsOf = (cases: readonly Case[], member: string): boolean[] => cases.map(({ right }) => right.has(member));

function againstOf(mine: readonly boolean[], best: readonly boolean[]): Against {
  const differences = mine.map((hit, index) => Number(hit) - Number(best[index] ?? false));
  const won = differences.filter((one) => one > 0).length;
  const lost = differences.filter((one) => one < 0).length;
  const difference = mine.length === 0 ? 0 : (won - lost) / mine.length;
  return { difference, ...pairedBootstrap(differences), won, lost, p: mcnemar(won, lost) };
}

function membersOf(cases: readonly Case[]): MemberLine[] {
  return (cases[0]?.members ?? []).map((member) => {
    const answered = cases.flatMap(({ candidates }) => candidates.filter((one) => one.member === member));
    const abstained = answered.filter(({ reading }) => reading.status !== "read").length;
    return { member, ...accuracyOf(hitsOf(cases, member)), abstained, dropped: cases.length - answered.length };
  });
}

export function calibrationOf(rule: string, ruled: readonly Ruled[]): Calibration | null {
  const sure = ruled.filter(({ confidence }) => confidence !== null);
  if (sure.length === 0) return null;
  const scored: Scored[] = sure.map(({ confidence, right }) => ({ score: confidence ?? 0, right }));
  const base = scored.filter(({ right }) => right).length / scored.length;
  return {
    rule,
    n: sure.length,
    brier: brier(scored),
    brier_of_base_rate: base * (1 - base),
    auroc: auroc(scored),
    auroc_of_share: auroc(sure.map(({ share, right }) => ({ score: share ?? 0, right }))),
    bins: reliabilityBins(scored),
  };
}

function levelsOf(cases: readonly Case[], hits: readonly boolean[]): Evaluation["levels"] {
  const of = cases[0]?.members.length ?? 0;
  return Array.from({ length: of + 1 }, (_, index) => of - index).flatMap((agree) => {
    const inside = hits.filter((_, index) => cases[index] !== undefined && level(cases[index]) === agree);
    return inside.length === 0 ? [] : [{ agree, of, n: inside.length, right: inside.filter(Boolean).length }];
  });
}

/** `tops`: ties in which one of the tied answers was right, so that the tie rule mattered. */
function tiesOf(cases: readonly Case[], hits: readonly boolean[]): Evaluation["ties"] {
  const tied = cases.flatMap((one, index) => (isTie(one) ? [{ one, hit: hits[index] === true }] : []));
  const tops = tied.filter(({ one }) =>
    one.agreement.classes.some((found) => found.members.length === level(one) && found.members.some((member) => one.right.has(member))),
  );
  return { n: tied.length, right: tied.filter(({ hit }) => hit).length, tops: tops.length };
}

export interface Seen {
  file: string;
  task: string;
  group: string | null;
  live: boolean;
  cases: Case[];
  rules: RuleSeen[];
  /** the rule whose confidence is judged */
  sure: string;
  /** what was seen with `stop: "decided"` */
  stopped: Pick<Stopping, "late_seats" | "seats" | "right">;
  spending: Spending;
}

export function evaluate({ cases, rules, stopped, sure, ...facts }: Seen): Evaluation {
  const members = membersOf(cases);
  // equal members: the first in order
  const best = members.reduce((top, one) => (one.right > top.right ? one : top), members[0] as MemberLine);
  const bestHits = hitsOf(cases, best.member);
  const counted = cases.map((one) => one.right.has(plurality(one) ?? ""));
  const lineOf = (rule: string, asked: boolean, hits: boolean[]): RuleLine => ({
    rule,
    asked,
    ...accuracyOf(hits),
    against_best: againstOf(hits, bestHits),
  });
  const lines = [
    ...rules.map(({ rule, asked, ruled }) =>
      lineOf(
        rule,
        asked,
        ruled.map(({ right }) => right),
      ),
    ),
    lineOf("bare plurality", false, counted),
  ];
  const [first] = rules;
  const firstHits = first?.ruled.map(({ right }) => right) ?? counted;
  return {
    ...facts,
    n: cases.length,
    best: best.member,
    members,
    rules: lines,
    oracle: accuracyOf(cases.map(({ right }) => right.size > 0)),
    levels: levelsOf(cases, firstHits),
    ties: tiesOf(cases, firstHits),
    stopping: { ...earlyStops(cases), ...stopped },
    calibration: calibrationOf(sure, rules.find(({ rule }) => rule === sure)?.ruled ?? []),
    answer: answerOf(lines[0] as RuleLine, best),
  };
}
