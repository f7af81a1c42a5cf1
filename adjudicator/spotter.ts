/** Finds which of several groups of short texts occur in a long one, in one pass. Exact: knows no patterns and no letter case. */

/** 5 bits of each of 3 characters. */
const BITS = 5;
const SLOT = 31;
const MASK = 0x7fff;
const WINDOW = 3;
const SHORTEST = 2;
/** Characters of English prose from common to rare; whatever is missing is rarer still. */
const COMMON = " etaoinsrhldcumfpgwybvkxjqz";

interface Entry {
  needle: string;
  group: number;
  /** characters from the needle's start to the last one of its window */
  back: number;
}

/** Where a needle's rarest three characters stand: looked for there, it seldom asks for a closer look. */
function rarestWindow(needle: string): number {
  const rarity = needle.split("").map((char) => (COMMON.indexOf(char) + COMMON.length + 1) % (COMMON.length + 1));
  const sums = rarity.slice(WINDOW - 1).map((last, at) => (rarity[at] ?? 0) + (rarity[at + 1] ?? 0) + last);
  return sums.indexOf(Math.max(...sums));
}

/** Needles of 2 or more characters, by group; the result lists the groups (in their order) of which one occurs. */
export function createSpotter(groups: readonly (readonly string[])[]): (text: string) => number[] {
  /** by the last five bits of each of three characters: the needles whose rarest three those are */
  const slots: Entry[][] = Array.from({ length: MASK + 1 }, () => []);
  const taken = new Uint8Array(MASK + 1);
  const short: Omit<Entry, "back">[] = [];
  const enter = (needle: string, group: number): void => {
    const back = rarestWindow(needle) + WINDOW - 1;
    let slot = 0;
    for (let at = back - WINDOW + 1; at <= back; at += 1) slot = (slot << BITS) | (needle.charCodeAt(at) & SLOT);
    slots[slot]?.push({ needle, group, back });
    taken[slot] = 1;
  };
  for (const [group, needles] of groups.entries())
    for (const needle of needles) {
      if (needle.length < SHORTEST) throw new RangeError("a needle has at least two characters");
      if (needle.length < WINDOW) short.push({ needle, group });
      else enter(needle, group);
    }
  return (text) => {
    const found = new Set<number>();
    for (const { needle, group } of short) if (text.includes(needle)) found.add(group);
    let window = 0;
    for (let at = 0; at < text.length; at += 1) {
      window = ((window << BITS) | (text.charCodeAt(at) & SLOT)) & MASK;
      if (taken[window] === 0) continue;
      for (const { needle, group, back } of slots[window] ?? [])
        if (!found.has(group) && text.startsWith(needle, at - back)) found.add(group);
    }
    return [...found].sort((a, b) => a - b);
  };
}
