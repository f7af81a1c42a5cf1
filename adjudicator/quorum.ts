/** How many distinct members stand behind a decision, against how many must. Counts members, never seats. */
export interface Quorum {
  needed: number;
  usable: number;
  met: boolean;
}

/** `needed` is the fewest distinct members with a usable candidate for an undegraded verdict. */
export function measureQuorum(candidates: readonly { member: string }[], needed: number): Quorum {
  const usable = new Set(candidates.map((candidate) => candidate.member)).size;
  return { needed, usable, met: usable >= needed };
}
