/** The contract of one strategy: what it is lent and what it hands back. Holds types only; the last rungs (vote winner, reliable member) live in adjudicate.ts. */
import type { Adjudication, Agreement, Candidate, Decision, DecisionInput } from "../types.ts";

/** `cascade` and `fallback` only say who is asked; what comes back is decided by one of these. */
export type DecidingStrategy = DecisionInput["strategy"];

export interface StrategyTask {
  input: DecisionInput;
  /**
   * Who may win, at least two: one representative per class of equal answers (whole before cut, else the more reliable), flagged
   * ones left out wherever unflagged ones exist, and in a counted tie the tied classes alone. Nobody else may be shown or named.
   */
  field: Candidate[];
  /** all classes with their weights, heaviest first */
  agreement: Agreement;
  /** whether the adjudicator may answer that no single candidate suffices (`none`) */
  allowNone: boolean;
}

export type StrategyOutcome =
  /** a candidate of the field */
  | { status: "won"; seat: number; how: "voted" | "picked" | "ranked" }
  /** one text written out of the field; `sources`: the seats that it was made from */
  | { status: "written"; text: string; sources: number[] }
  /** the adjudicator said `none` (only where `allowNone`) */
  | { status: "none" }
  /** nothing was decided: the last rungs decide */
  | { status: "undecided" };

export interface StrategyStep {
  outcome: StrategyOutcome;
  /** the adjudicator's reason, as it goes into the verdict (bounded by the strategy) */
  rationale: string | null;
  /**
   * One entry per series of calls with its own ladder (a refused merge followed by a pick has two). Every adjudicator of the
   * ladder that was come to stands in it, also those skipped. Empty when no adjudicator was needed. With no adjudicator at all:
   * one entry with an empty ladder.
   */
  adjudications: Adjudication[];
  /**
   * `order-disagreement`, `merge-refused`, `context-trimmed` (candidates shortened for the prompt). `adjudicator-fallback`,
   * `adjudication-skipped` and `answer-truncated` are read off the ladders and the winner by adjudicate.ts.
   */
  degradations: Decision["degradations"];
}

export interface Strategy {
  name: DecidingStrategy;
  /** `false`: a counted majority ends the decision before the strategy is asked */
  outranksMajority: boolean;
  /** never throws on anything that an adjudicator says */
  decide(task: StrategyTask): Promise<StrategyStep>;
}
