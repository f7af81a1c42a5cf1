/** Chance that repeats: every draw is a function of the words it is keyed by; never reads a clock or a random source. */

type Part = string | number;

/** FNV-1a over all parts with a final avalanche, as an unsigned 32-bit number. */
export function hash(...parts: Part[]): number {
  let state = 0x811c9dc5;
  for (const part of parts) {
    const text = `${part}\u0000`;
    for (let at = 0; at < text.length; at += 1) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}

/** A generator of numbers in [0, 1) keyed by its parts (mulberry32). */
export function seeded(...parts: Part[]): () => number {
  let state = hash(...parts);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** `length` characters of `alphabet`, keyed by the parts: for ids that look like the real ones. */
export function draw(alphabet: string, length: number, ...parts: Part[]): string {
  const next = seeded(...parts);
  return Array.from({ length }, () => alphabet[Math.floor(next() * alphabet.length)]).join("");
}
export const HEX = "0123456789abcdef";
export const ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** One element of a list that is not empty, by a draw in [0, 1). */
export function choose<T>(list: readonly [T, ...T[]], draw: number): T {
  return list[Math.floor(draw * list.length)] ?? list[0];
}
