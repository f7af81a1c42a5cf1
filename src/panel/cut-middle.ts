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
  const start = tailStart(text, tailWithin(text, whole - half, perDigit));
  return text.slice(0, end) + marker(start - end) + text.slice(start);
}

/** First place between two runs with at least `before` tokens in front of it. */
function tailWithin(text: string, before: number, perDigit: boolean): number {
  const { end } = walkTokens(text, before, { perDigit });
  if (end >= text.length) return text.length;
  // one run further: a run costs at most three tokens a character, and is bounded in length
  const next = walkTokens(text.slice(end, end + 512), 0, { perDigit }).end;
  return end + (next > 0 ? next : firstRun(text, end, perDigit));
}

/** Length of the run that starts here, at least one whole character. */
function firstRun(text: string, at: number, perDigit: boolean): number {
  const piece = text.slice(at, at + 512);
  let low = 0;
  for (let limit = 0.5; low === 0; limit *= 2) low = walkTokens(piece, limit, { perDigit }).end;
  return low;
}
