/** Turns answered outcomes into the candidates that the adjudicator counts: readings, weights with their source, operator's order. */
import { type AnswerKind, type Candidate, inspectAnswer, type Reading, type ToolSpec } from "../../adjudicator/index.ts";
import type { AnsweredOutcome, Outcome } from "../core/report.ts";
import type { RunRequest } from "./consensus.ts";
import type { ConsensusDeps } from "./deps.ts";
import type { Learned } from "./learning.ts";

export const kindOf = (request: RunRequest): AnswerKind => (request.tools ? "tool-calls" : request.answer.type);
export const toolSpecs = (request: Pick<RunRequest, "tools">): ToolSpec[] | null =>
  request.tools?.map(({ function: { name, parameters }, annotations }) => ({
    name,
    parameters: parameters ?? null,
    readOnly: annotations?.readOnlyHint === true,
  })) ?? null;

export type Weigh = (member: string) => Pick<Candidate, "weight" | "weightSource" | "reliability" | "order">;

/** A request's weight as it is; else what was learned for this answer kind; else the operator's, or 1. */
export function weigher(deps: ConsensusDeps, request: RunRequest, learned: Learned): Weigh {
  const order = request.panel_named ? request.panel.map((entry) => entry.model) : deps.settings.panel;
  const place = (member: string): number => (order.includes(member) ? order.indexOf(member) : order.length);
  const named = new Map(request.panel.map((entry) => [entry.model, entry.weight]));
  return (member) => {
    const base = deps.facts(member).weight ?? 1;
    const asked = named.get(member) ?? null;
    const reliability = learned.reliability(member);
    const known = learned.weight(member, base);
    if (asked !== null) return { weight: asked, weightSource: "request", reliability, order: place(member) };
    if (known !== null) return { weight: known, weightSource: "learned", reliability, order: place(member) };
    return { weight: base, weightSource: "config", reliability, order: place(member) };
  };
}

function readAgain({ answer, ...request }: RunRequest, { text, tool_calls: toolCalls, finish_reason }: AnsweredOutcome): Reading {
  return inspectAnswer({ text, toolCalls, finish: finish_reason.unified, answer, tools: toolSpecs(request) }).reading;
}

function toCandidate(deps: ConsensusDeps, outcome: AnsweredOutcome, reading: Reading, weigh: Weigh): Candidate {
  const { text, tool_calls: toolCalls, finish_reason } = outcome;
  return {
    seat: outcome.seat,
    member: outcome.member,
    backend: outcome.hedged_by ?? outcome.member,
    family: deps.facts(outcome.member).family,
    text,
    toolCalls,
    finish: finish_reason.unified,
    flags: outcome.flags,
    reading,
    ...weigh(outcome.member),
  };
}

/**
 * Reads each outcome once, however often it is asked for again (after every arrival). `readings`: by seat, what the panel has
 * read already.
 */
export function candidateReader(
  deps: ConsensusDeps,
  request: RunRequest,
  weigh: Weigh,
  readings: ReadonlyMap<number, Reading> = new Map(),
): (outcomes: readonly Outcome[]) => Candidate[] {
  const seen = new WeakMap<Outcome, Candidate>();
  return (outcomes) =>
    outcomes.flatMap((outcome) => {
      if (outcome.status !== "answered") return [];
      const reading = readings.get(outcome.seat);
      const known = seen.get(outcome) ?? toCandidate(deps, outcome, reading ?? readAgain(request, outcome), weigh);
      seen.set(outcome, known);
      return [known];
    });
}
