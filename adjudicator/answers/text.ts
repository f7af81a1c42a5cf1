/** Spells a free text so that texts which say the same in the same words are equal. Never measures similarity: every word, sign and digit still counts. */
import type { Reading } from "../types.ts";

/** Format characters, variation selectors, blank fillers: seen by no reader. */
const INVISIBLE = /[\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}]/gu;
export const visible = (text: string): string => text.replace(/[\t\n\v\f\r\u0085\u2028\u2029]/g, " ").replace(INVISIBLE, "");

/** Punctuation is dropped at the edge of words; inside numbers, before digits and in operators it carries meaning. */
const PIECE = /[\p{L}\p{M}]+(?:['’ʼ][\p{L}\p{M}]+)*|\p{N}+(?:[.,:/*-]\p{N}+)*|[^\p{L}\p{M}\p{N}\s]/gu;

/** A free text has no value beside its own bytes. */
export function readText(text: string): Reading {
  const key = normalise(text);
  return key === "" ? { status: "abstained" } : { status: "read", key, value: null };
}

function normalise(raw: string): string {
  const text = visible(raw.normalize("NFKC")).toLowerCase();
  const words: string[] = [];
  for (const match of text.matchAll(PIECE)) {
    const piece = match[0];
    if (/^[\p{L}\p{M}]/u.test(piece)) words.push(piece.replace(/['’ʼ]/g, ""));
    else if (/^\p{N}/u.test(piece)) words.push(piece.replace(/,(?=\d{3}(?:\D|$))/g, ""));
    else if (carriesMeaning(piece, text[match.index - 1], text[match.index + piece.length])) words.push(piece);
  }
  return words.join(" ");
}

const isWord = (c: string | undefined): boolean => c !== undefined && /[\p{L}\p{N}]/u.test(c);
const isDigit = (c: string | undefined): boolean => c !== undefined && /\p{N}/u.test(c);

/** Symbols always do (+ < = $ °); a sign before a number, a "not" before a name, and marks that belong to a word (50%, C#, a/b) do. */
function carriesMeaning(piece: string, before: string | undefined, after: string | undefined): boolean {
  if (/\p{S}/u.test(piece)) return piece !== "`" && piece !== "^";
  if (piece === "-" || piece === "−" || piece === "–") return isDigit(after) && !isWord(before);
  if (piece === "!" || piece === "¬") return isWord(after) && !isWord(before);
  if (piece === "." || piece === "/" || piece === "\\" || piece === "@" || piece === "&" || piece === "_")
    return isWord(after) && (piece !== "_" || isWord(before));
  if (piece === "%" || piece === "#") return isWord(before);
  return false;
}
