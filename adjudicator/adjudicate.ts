/** THE DECISION: candidates become ballots, ballots a count, and where the count decides nothing a strategy is asked, over a ladder that always ends without a model. Never calls a model itself. */
import { countBallots, hasMajority, leadingClasses, representative } from "./agreement.ts";
import { castBallots, compareReliability, keyOf, WEIGHT_EPSILON } from "./ballots.ts";
import { hasTools, withoutUnusedTools } from "./calls.ts";
import { callsOf } from "./compose/calls.ts";
import type { Composed } from "./compose/central.ts";
import { compose } from "./compose/compose.ts";
import { fieldOf, isCounted, tiedKeys } from "./field.ts";
import { joinAdjudications, readLadders, readWinner } from "./ladder.ts";
import { isCountable } from "./strategies/auto.ts";
import { STRATEGIES } from "./strategies/index.ts";
import type { Strategy, StrategyOutcome, StrategyStep } from "./strategies/strategy.ts";
import type { Candidate, Decision, DecisionInput, How } from "./types.ts";
import { type Case, type Finding, valueOf, writeVerdict } from "./verdict.ts";

/** Needs at least one candidate. Ends when the `Ask` does; nothing that a model says makes it throw. */
export async function adjudicate(given: DecisionInput): Promise<Decision> {
  const input = { ...withoutUnusedTools(given), countTokens: remembered(given.countTokens) };
  const ballots = castBallots(input.candidates);
  const matter: Case = { input, ballots, agreement: countBallots(input.candidates, ballots) };
  return decideAtOnce(matter) ?? decideByRule(matter, strategyOf(input));
}

/** A long text is counted once, however many rungs and pairs show it. */
function remembered(count: DecisionInput["countTokens"]): DecisionInput["countTokens"] {
  const known = new Map<string, number>();
  return (text) => {
    const tokens = known.get(text) ?? count(text);
    known.set(text, tokens);
    return tokens;
  };
}

/** A number or an object is not written anew: where answers can be counted, `merge` counts as `auto` does. */
const strategyOf = (input: DecisionInput): Strategy =>
  STRATEGIES[input.strategy === "merge" && isCountable(input) ? "auto" : input.strategy];

/** What needs no rule and no model: a single candidate, nobody readable, everybody equal. */
function decideAtOnce(matter: Case): Decision | null {
  const { candidates } = matter.input;
  const [first] = candidates;
  if (!first) throw new Error("a decision needs a candidate");
  if (candidates.length === 1) return own(matter, first, "survivor", NO_STEP);
  const leading = matter.agreement.classes[0];
  if (!leading) return own(matter, candidates.toSorted(compareReliability)[0] ?? first, "fallback", NO_STEP);
  const equal = candidates.every((candidate) => keyOf(candidate) === leading.key);
  return equal ? own(matter, speakerOf(matter, leading.key), "agreed", NO_STEP) : null;
}

async function decideByRule(matter: Case, strategy: Strategy): Promise<Decision> {
  const { input, agreement } = matter;
  const leading = agreement.classes[0];
  if (leading && hasMajority(agreement) && !strategy.outranksMajority) return own(matter, speakerOf(matter, leading.key), "voted", NO_STEP);
  if (isCounted(strategy, input)) {
    const composed = compose(input, matter.ballots);
    if (composed) return settleComposed(matter, composed);
    if (leading && leadingClasses(agreement).length === 1) return own(matter, speakerOf(matter, leading.key), "voted", NO_STEP);
  }
  const field = fieldOf(input.candidates, agreement, strategy.outranksMajority ? null : tiedKeys(input, agreement));
  return settle(matter, field, field.length > 1 ? await strategy.decide({ input, field, agreement, allowNone: false }) : NO_STEP);
}

function settleComposed(matter: Case, composed: Composed): Decision {
  const whole = matter.input.candidates.find((candidate) => candidate.seat === composed.seat);
  const { value, toolCalls, behind, share, support } = composed;
  if (whole) return supported(own(matter, whole, "voted", NO_STEP), support);
  const decision = conclude(matter, { ...NOBODYS, how: "voted", behind, share }, NO_STEP);
  return { ...supported(decision, support), answer: toolCalls.length > 0 ? "" : JSON.stringify(value), value, toolCalls };
}

const supported = (decision: Decision, support: Composed["support"]): Decision => ({
  ...decision,
  verdict: { ...decision.verdict, support },
});

function settle(matter: Case, field: Candidate[], step: StrategyStep): Decision {
  const { outcome } = step;
  switch (outcome.status) {
    case "won": {
      const winner = field.find((candidate) => candidate.seat === outcome.seat);
      return winner ? own(matter, winner, outcome.how, step) : lastRungs(matter, field, { ...step, outcome: UNDECIDED });
    }
    case "written": {
      const finding: Finding = { ...NOBODYS, how: "merged", behind: outcome.sources, rationale: step.rationale };
      return { ...conclude(matter, finding, step), answer: outcome.text };
    }
    case "none":
    case "undecided":
      return lastRungs(matter, field, step);
    default:
      return outcome satisfies never;
  }
}

/** The vote winner; in a tie the greater weight, then the more reliable, then the operator's order. The field is in that order. */
function lastRungs(matter: Case, field: Candidate[], step: StrategyStep): Decision {
  const { agreement } = matter;
  const weightOf = (candidate: Candidate): number => agreement.classes.find((found) => found.key === keyOf(candidate))?.weight ?? UNCOUNTED;
  const most = Math.max(...field.map(weightOf));
  const winner = field.find((candidate) => weightOf(candidate) > most - WEIGHT_EPSILON);
  if (!winner) throw new Error("a field holds at least one candidate");
  const leading = leadingClasses(agreement);
  const counted = leading.length === 1 && keyOf(winner) === leading[0]?.key;
  return own(matter, winner, counted ? "voted" : "fallback", step);
}

/** Below every weight: a sample that its own backend outvoted. */
const UNCOUNTED = -1;
const UNDECIDED: StrategyOutcome = { status: "undecided" };
const NO_STEP: StrategyStep = { outcome: UNDECIDED, rationale: null, adjudications: [], degradations: [] };
const NOBODYS: Omit<Finding, "how"> = { winner: null, key: null, behind: [], share: null, rationale: null };

function speakerOf({ input, agreement }: Case, key: string): Candidate {
  const speaker = representative(input.candidates, agreement, key);
  if (!speaker) throw new Error("a class has a candidate");
  return speaker;
}

/** A decision whose answer is one candidate's own bytes. */
function own(matter: Case, winner: Candidate, how: How, step: StrategyStep): Decision {
  const decision = conclude(matter, { ...NOBODYS, how, winner, key: keyOf(winner), rationale: step.rationale }, step);
  const written = hasTools(matter.input) && winner.reading.status === "read" ? callsOf(winner.reading.value) : [];
  const toolCalls = winner.toolCalls.length > 0 ? winner.toolCalls : written;
  return { ...decision, answer: winner.text, value: valueOf(winner, matter.input), toolCalls, winnerSeat: winner.seat };
}

function conclude(matter: Case, finding: Finding, step: StrategyStep): Decision {
  const degradations = [...step.degradations, ...readLadders(step), ...readWinner(finding.winner)];
  const verdict = writeVerdict(matter, finding);
  const adjudication = joinAdjudications(step);
  return { answer: "", value: null, toolCalls: [], verdict, adjudication, degradations, agreement: matter.agreement, winnerSeat: null };
}
