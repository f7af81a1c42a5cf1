/** Cuts one text in the middle to a number of tokens, with a marker that says how much is missing. Never splits a character. */
import { estimateTokens, walkTokens } from "../core/tokens.ts";

/** below this a head and a tail say nothing */
const LEAST_TOKENS = 64;
/** how far a cut may move to meet the end of a line */
const LINE_REACH = 400;
/** runs at the seams that join with the marker's own characters */
const SLACK_TOKENS = 8;

const marker = (characters: number): string => `\n[… ${characters} characters left out of the middle to fit the model's window …]\n`;

/** The start moved back to the end of a line, where one is near. */
function headEnd(text: string, end: number): number {
  const line = text.lastIndexOf("\n", end - 1);
  return line > 0 && end - line <= LINE_REACH && line > end / 2 ? line : end;
}
function tailStart(text: string, start: number): number {
  const line = text.indexOf("\n", start);
  return line >= 0 && line - start <= LINE_REACH && text.length - line > (text.length - start) / 2 ? line + 1 : start;
}

/** The text within `tokens` (estimate, no margin), null when that leaves too little to say anything. */
export function cutMiddle(text: string, tokens: number, perDigit: boolean): string | null {
  const tokenizer = { perDigit };
  const room = Math.floor(tokens) - estimateTokens(marker(text.length), tokenizer) - SLACK_TOKENS;
  if (room < LEAST_TOKENS) return null;
  const whole = walkTokens(text, Infinity, tokenizer).tokens;
  if (whole <= tokens) return text;
  const half = room / 2;
  const end = headEnd(text, walkTokens(text, half, tokenizer).end);
  // one run beyond the place, so that no more than half is left after it
  const start = tailStart(text, walkTokens(text, whole - half, tokenizer).next);
  return text.slice(0, end) + marker(start - end) + text.slice(start);
}
