/** Seeded chance: the same seed gives the same numbers on every machine (mulberry32). */
import type { Random } from "../../src/core/ports.ts";

export function createSeededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const hex = (bytes: number): string => {
    let text = "";
    for (let index = 0; index < bytes; index++)
      text += Math.floor(next() * 256)
        .toString(16)
        .padStart(2, "0");
    return text;
  };
  return { next, hex };
}
