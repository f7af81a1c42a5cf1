/** Decides who may still win where the count decides nothing: one candidate per class, flagged ones out. Counts nothing. */
import { representative } from "./agreement.ts";
import { comparePreference, keyOf, withVoice } from "./ballots.ts";
import type { Agreement, Candidate } from "./types.ts";

/**
 * `tied`: the classes of a tie, which alone may win; null = everybody. A suspicious candidate is left out wherever another
 * remains: a flag may lower, never raise. One that was merely cut stays: it is for the adjudicator to say whether the half
 * answer is the better one. The field is in the order of the tie rule.
 */
export function fieldOf(candidates: Candidate[], agreement: Agreement, tied: string[] | null): Candidate[] {
  const keys = new Set(tied ?? withVoice(candidates).map(keyOf));
  const speakers = [...keys].flatMap((key) => (key === null ? [] : (representative(candidates, agreement, key) ?? [])));
  const clean = speakers.filter((candidate) => !candidate.flags.includes("suspicious"));
  return (clean.length > 0 ? clean : speakers).toSorted(comparePreference);
}
