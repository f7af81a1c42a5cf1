/** Learns from past runs how far each member is to be trusted, with or without feedback, and turns it into weights and a confidence. Deterministic; reads no text. */
import { confidenceOf } from "./confidence.ts";
import { type Evidence, gather, type PastRun } from "./evidence.ts";
import { estimateChances, logOdds } from "./one-coin.ts";
import type { AnswerKind, ConfidenceOf } from "./types.ts";

export type { PastRun } from "./evidence.ts";

/** Grows whenever the same history would give other weights. */
export const RELIABILITY_VERSION = 2;
/** Unlabelled runs say who errs only where at least three spoke; fewer of them than this change no weight. */
export const MIN_UNLABELLED = 20;
/** Runs that a prior weight is worth against what was learned. */
const PRIOR_RUNS = 10;
/** A weak member keeps a voice, and no member is worth more than a few others. */
const WEIGHT_FLOOR = 0.05;
const MIN_LOG_ODDS = 0.05;
const WEIGHT_CAP = 4;

export interface LearnOptions {
  kind: AnswerKind;
  /** the members of this run: their mean weight is 1 */
  members: string[];
}

export interface MemberTrust {
  /** probability that an answer of this member is right */
  reliability: number;
  /** relative weight that the evidence alone would give; 1 = like the others */
  weight: number;
  /** runs that it was learned from (unlabelled ones count where three spoke), and those with feedback among them */
  runs: number;
  labelled: number;
}

export interface Learned {
  version: number;
  kind: AnswerKind;
  trust: Record<string, MemberTrust>;
  /** null without evidence */
  reliability(member: string): number | null;
  /** `base`: the operator's weight, from which learning starts; null while the evidence is too thin */
  weight(member: string, base: number): number | null;
  confidence: ConfidenceOf;
}

export function learnReliability(rows: PastRun[], { kind, members }: LearnOptions): Learned {
  const evidence = gather(
    rows.filter((row) => row.kind === kind),
    members,
  );
  const chances = estimateChances(evidence);
  const odds = chances.map(logOdds);
  const trust = trustOf(evidence, chances, odds, kind);
  return {
    version: RELIABILITY_VERSION,
    kind,
    trust,
    reliability: (member) => trust[member]?.reliability ?? null,
    weight: (member, base) => weigh(trust[member], base),
    confidence: confidenceOf(evidence, odds, kind === "text"),
  };
}

function trustOf(evidence: Evidence, chances: number[], odds: number[], kind: AnswerKind): Record<string, MemberTrust> {
  const raw = odds.map((weight) => Math.max(MIN_LOG_ODDS, weight));
  const mean = raw.reduce((sum, weight) => sum + weight, 0) / Math.max(1, raw.length);
  const entries = evidence.members.map((member, index): [string, MemberTrust] => {
    const { runs, labelled } = evidence.counts(member);
    // two texts that differ are no count, so that learned weights would only silence the adjudicator
    const weight = kind === "text" ? 1 : Math.min(WEIGHT_CAP, Math.max(WEIGHT_FLOOR, (raw[index] ?? 1) / mean));
    return [member, { reliability: chances[index] ?? 0.5, weight, runs, labelled }];
  });
  return Object.fromEntries(entries.filter(([, { runs, labelled }]) => labelled > 0 || runs >= MIN_UNLABELLED));
}

/** Two decimals: explainable in a report, and members that are hardly different stay equal. */
function weigh(trust: MemberTrust | undefined, base: number): number | null {
  if (!trust) return null;
  const runs = trust.runs + 4 * trust.labelled;
  return Math.round(((PRIOR_RUNS * base + runs * trust.weight) / (PRIOR_RUNS + runs)) * 100) / 100;
}
