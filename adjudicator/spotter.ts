/** Finds which of several groups of short texts occur in a long one, in one pass. Exact: knows no patterns and no letter case. */

/** 5 bits of each of 3 characters. */
const BITS = 5;
const SLOT = 31;
const MASK = 0x7fff;
const SHORTEST = 2;

/** Needles of 2 or more characters, by group; the result lists the groups (in their order) of which one occurs. */
export function createSpotter(groups: readonly (readonly string[])[]): (text: string) => number[] {
  /** by the last five bits of a needle's first three characters: the needles that begin so */
  const slots: { needle: string; group: number }[][] = Array.from({ length: MASK + 1 }, () => []);
  const taken = new Uint8Array(MASK + 1);
  const enter = (slot: number, needle: string, group: number): void => {
    slots[slot]?.push({ needle, group });
    taken[slot] = 1;
  };
  for (const [group, needles] of groups.entries())
    for (const needle of needles) {
      if (needle.length < SHORTEST) throw new RangeError("a needle has at least two characters");
      const head = ((needle.charCodeAt(0) & SLOT) << BITS) | (needle.charCodeAt(1) & SLOT);
      if (needle.length > SHORTEST) enter((head << BITS) | (needle.charCodeAt(2) & SLOT), needle, group);
      else for (let third = 0; third <= SLOT; third += 1) enter((head << BITS) | third, needle, group);
    }
  return (text) => {
    const found = new Set<number>();
    let window = 0;
    // one step past the end, so that a needle of two characters is seen there too
    for (let at = 0; at <= text.length; at += 1) {
      window = ((window << BITS) | (text.charCodeAt(at) & SLOT)) & MASK;
      if (taken[window] === 0 || at < SHORTEST) continue;
      for (const { needle, group } of slots[window] ?? [])
        if (!found.has(group) && text.startsWith(needle, at - SHORTEST)) found.add(group);
    }
    return [...found].sort((a, b) => a - b);
  };
}
