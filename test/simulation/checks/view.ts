/** Views on one played world that several checks share: whose calls are whose, what a call is worth, when it ended. Judges nothing. */
import type { AnsweredOutcome, DroppedOutcome, Outcome, Report } from "../../../src/core/report.ts";
import { FAULT_BY_ID, type Fault } from "../faults.ts";
import type { NetCall } from "../net.ts";
import type { Played, PlayedRun } from "../play.ts";

/** Rounding of times, ms. */
export const SLACK = 1;
export const chats = ({ calls }: Played): NetCall[] => calls.filter((call) => call.kind === "chat");
export const callsOf = (played: Played, run: PlayedRun): NetCall[] =>
  played.calls.filter((call) => call.kind === "chat" && call.run === run.plan.index);
export const seatCalls = (played: Played, run: PlayedRun): NetCall[] => callsOf(played, run).filter((call) => !call.judge);
export const judgeCalls = (played: Played, run: PlayedRun): NetCall[] => callsOf(played, run).filter((call) => call.judge);
export const faultOf = (call: NetCall): Fault | null => (call.plan.fault === null ? null : (FAULT_BY_ID.get(call.plan.fault) ?? null));
export const isAnswered = (outcome: Outcome): outcome is AnsweredOutcome => outcome.status === "answered";
export const isDropped = (outcome: Outcome): outcome is DroppedOutcome => outcome.status === "dropped";
export const answered = (report: Report): AnsweredOutcome[] => report.outcomes.filter(isAnswered);
export const unique = <T>(items: Iterable<T>): T[] => [...new Set(items)];
export const factsOf = (played: Played, member: string) => played.composed.facts(member);
export const deadlineOf = (run: PlayedRun): number => run.acceptedAt + (run.request?.deadline_ms ?? 0);
export const endOf = (call: NetCall): number => call.endedAt ?? Number.POSITIVE_INFINITY;

export const hedges = ({ world }: Played): boolean => Object.keys(world.settings.hedge).length > 0;

/** US dollars by the price table and what the provider truly counted; null = nobody can tell. */
export function priceOf(played: Played, call: NetCall): number | null {
  const { inputUsdPerMtok: input, outputUsdPerMtok: output } = factsOf(played, call.member);
  if (input === 0 && output === 0) return 0;
  const { usage } = call.plan;
  if (input === null || output === null || usage === null) return null;
  return (usage.input * input + usage.output * output) / 1e6;
}
