/** Text that models and services wrote, made safe for a terminal: no escape, no control, no override of the reading order. Pure. */

/** Controls but tab and line feed, lone surrogates, bidi controls, line and paragraph separators, and the invisible tag characters. */
const UNSAFE = /(?![\t\n])[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/** Code point by number, so that what was there can still be told. */
const named = (character: string): string => `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`;

/** Line ends become \n; \n and \t are the only controls left. */
export const safe = (text: string): string => text.replaceAll("\r\n", "\n").replace(UNSAFE, named);

/** The same on one line, for tables. */
export const safeLine = (text: string): string => safe(text.replace(/[\t\n\r]/g, " "));

/** JSON that prints no control, whatever stands in its strings; it parses to the same value. */
export const safeJson = (value: unknown, indent = 2): string =>
  JSON.stringify(value, null, indent).replace(UNSAFE, (character) =>
    Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""),
  );
