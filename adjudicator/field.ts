/** Decides who may still win where the count decides nothing: one candidate per class, flagged ones out. Counts nothing. */
import { leadingClasses, representative } from "./agreement.ts";
import { comparePreference, keyOf, withVoice } from "./ballots.ts";
import { isCountable } from "./strategies/auto.ts";
import type { Strategy } from "./strategies/strategy.ts";
import type { Agreement, Candidate, DecisionInput } from "./types.ts";

/** Whether a plurality decides: in `vote` always, in `auto` where answers can be counted. */
export const isCounted = ({ name }: Strategy, input: DecisionInput): boolean => name === "vote" || (name === "auto" && isCountable(input));

/** The tied classes where a count ended in a tie; differing free texts are no count, a text class counts from its second member on. */
export function tiedKeys(input: DecisionInput, agreement: Agreement): string[] | null {
  const tied = leadingClasses(agreement);
  const counted = isCountable(input) || tied.some((found) => found.members.length > 1);
  return counted && tied.length > 1 ? tied.map((found) => found.key) : null;
}

/**
 * `tied`: the classes of a tie, which alone may win; null = everybody. A suspicious candidate is left out wherever another
 * remains: a flag may lower, never raise. So a tie among suspicious ones opens the field to all others. One that was merely cut
 * stays: it is for the adjudicator to say whether the half answer is the better one. The field is in the order of the tie rule.
 */
export function fieldOf(candidates: Candidate[], agreement: Agreement, tied: string[] | null): Candidate[] {
  const keys = new Set(withVoice(candidates).map(keyOf));
  const all = [...keys].flatMap((key) => (key === null ? [] : (representative(candidates, agreement, key) ?? [])));
  const leading = tied === null ? all : all.filter((candidate) => tied.includes(keyOf(candidate) ?? ""));
  const isClean = (candidate: Candidate): boolean => !candidate.flags.includes("suspicious");
  const field = [leading.filter(isClean), all.filter(isClean)].find((clean) => clean.length > 0) ?? leading;
  return field.toSorted(comparePreference);
}
