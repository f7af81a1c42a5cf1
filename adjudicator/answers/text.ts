/** Spells a free text so that texts which say the same in the same words are equal. Never measures similarity: every word, sign and digit still counts. */
import type { Reading } from "../types.ts";
import { isPlainAscii } from "../visible.ts";
import { spellAscii, withoutThousands } from "./ascii.ts";

/** Format characters, variation selectors, blank fillers: seen by no reader. */
const INVISIBLE = /[\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}]/gu;
export const visible = (text: string, ascii: boolean = isPlainAscii(text)): string =>
  ascii
    ? text.replace(/[\t\n\v\f\r]/g, " ").replaceAll("\b", "")
    : text.replace(/[\t\n\v\f\r\u0085\u2028\u2029]/g, " ").replace(INVISIBLE, "");

/** True when a reader would see anything at all. */
export const hasVisible = (text: string): boolean => /[^\s\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}]/u.test(text);
/** True when a reader would see more than punctuation. */
export const hasSubstance = (text: string): boolean => /[[\p{L}\p{N}\p{S}]--\p{Default_Ignorable_Code_Point}]/v.test(text);

/** Texts longer than this are spelled by case and blanks alone, in characters: nobody writes them twice in other marks. */
const SHORT = 16_384;

/** Punctuation is dropped at the edge of words; inside numbers, before digits and in operators it carries meaning. */
const PIECE = /[\p{L}\p{M}]+(?:['’ʼ][\p{L}\p{M}]+)*|\p{N}+(?:[.,:/*-]\p{N}+)*|[^\p{L}\p{M}\p{N}\s]+/gu;
/** A free text has no value beside its own bytes. */
export function readText(text: string): Reading {
  const key = normalise(text);
  return key === "" ? { status: "abstained" } : { status: "read", key, value: null };
}

function normalise(raw: string): string {
  const ascii = isPlainAscii(raw);
  const text = (ascii ? visible(raw, true) : visible(raw.normalize("NFKC"))).toLowerCase();
  // a single space is what each run of blanks becomes; of plain ASCII no other blank is left
  if (text.length > SHORT) return text.replace(ascii ? / {2,}/g : / \s+|[^\S ]\s*/g, " ").trim();
  if (ascii) return spellAscii(text, meant);
  const words: string[] = [];
  for (const match of text.matchAll(PIECE)) {
    const piece = match[0];
    if (startsWord(piece)) words.push(/['’ʼ]/.test(piece) ? piece.replace(/['’ʼ]/g, "") : piece);
    else if (/^\p{N}/u.test(piece)) words.push(withoutThousands(piece));
    else words.push(...meant(piece, isWord(text[match.index - 1]), text[match.index + piece.length]));
  }
  return words.join(" ");
}

const startsWord = (piece: string): boolean => {
  const code = piece.charCodeAt(0);
  return code < 128 ? code >= 97 && code <= 122 : /^[\p{L}\p{M}]/u.test(piece);
};
const isWord = (c: string | undefined): boolean => c !== undefined && /[\p{L}\p{N}]/u.test(c);
const isDigit = (c: string | undefined): boolean => c !== undefined && /\p{N}/u.test(c);
/** Symbols always count (< = $ °), but for marks of Markdown and accents standing alone. */
const isSymbol = (c: string): boolean => (c <= "\u007f" ? "+<=>|~$".includes(c) : /\p{S}/u.test(c));

/** What of a run of marks carries meaning: symbols, a sign before a number, a "not" before a name, marks that belong to a word (50%, C#, a/b). */
function meant(run: string, afterWord: boolean, next: string | undefined): string[] {
  const marks = [...run];
  const kept = marks.filter(isSymbol);
  const last = marks.at(-1) ?? "";
  const first = marks[0] ?? "";
  if (isDigit(next) && "-−–".includes(last) && !(marks.length === 1 && afterWord)) kept.push("-");
  if (isWord(next) && "!¬".includes(last) && !(marks.length === 1 && afterWord)) kept.push("!");
  if (isWord(next) && "./\\@&".includes(last)) kept.push(last);
  if (afterWord && "%#".includes(first)) kept.push(first);
  if (afterWord && isWord(next) && run === "_") kept.push(run);
  return kept;
}
