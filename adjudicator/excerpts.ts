/** Length-balanced excerpts: makes question and candidates fit an adjudicator's window with the same cap for everyone; leaves nobody out. */
import { type Excerpt, whole } from "./framing.ts";
import { showHidden } from "./visible.ts";

/** Share of an excerpt that is taken from the start: an answer states itself first, and concludes last. */
const HEAD_SHARE = 0.7;
/** Characters of a text that are shown however small the window is. */
const LEAST_CHARS = 80;
/** Tokens that the fences, labels and an omission line of one block take, rounded up. */
const BLOCK_TOKENS = 90;
/** Tokens that the mark takes at each line. */
const MARK_TOKENS = 4;
/** No tokenizer makes more of one character, safety margins included. */
const MOST_TOKENS = 4;
/** The question keeps up to this share of the room when it is the long one. */
const QUESTION_SHARE = 0.4;

export interface Fitted {
  question: Excerpt;
  candidates: Excerpt[];
  trimmed: boolean;
}

/** Moves a cut off the middle of a surrogate pair. */
function cutAt(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code >= 0xdc00 && code <= 0xdfff && index > 0 ? index - 1 : index;
}

function excerpt(text: string, keep: number): Excerpt {
  if (keep >= text.length) return whole(text);
  const headEnd = cutAt(text, Math.ceil(keep * HEAD_SHARE));
  const tailStart = cutAt(text, text.length - Math.floor(keep * (1 - HEAD_SHARE)));
  return { head: text.slice(0, headEnd), tail: text.slice(tailStart), omitted: tailStart - headEnd };
}

function lineBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

/** Tokens that a text takes in the prompt, marks included. */
function shownTokens(text: string, countTokens: (text: string) => number): number {
  return countTokens(showHidden(text)) + MARK_TOKENS * (lineBreaks(text) + 1);
}

/** Without counting: most answers are far shorter than the window. */
function surelyFits(texts: string[], overhead: string, promptTokens: number): boolean {
  let left = promptTokens - overhead.length * MOST_TOKENS - BLOCK_TOKENS * texts.length;
  // showing what is hidden makes no text shorter
  if (texts.reduce((sum, text) => sum + text.length * MOST_TOKENS, 0) > left) return false;
  for (const text of texts) left -= showHidden(text).length * MOST_TOKENS + MARK_TOKENS * (lineBreaks(text) + 1);
  return left >= 0;
}

const tokensOf = (shown: Excerpt, countTokens: (text: string) => number): number =>
  shownTokens(shown.head, countTokens) + (shown.tail === null ? 0 : shownTokens(shown.tail, countTokens));

/** Shrinks by measuring again, a few times at most, because tokens are not spread evenly over a text. */
function shrink(text: string, tokens: number, cap: number, countTokens: (text: string) => number): Excerpt {
  if (tokens <= cap) return whole(text);
  let keep = Math.floor((text.length * cap) / tokens);
  let shown = excerpt(text, Math.max(LEAST_CHARS, keep));
  for (let round = 0; round < 8 && keep > LEAST_CHARS; round += 1) {
    const taken = tokensOf(shown, countTokens);
    if (taken <= cap) break;
    keep = Math.floor(keep * Math.min(0.95, cap / taken));
    shown = excerpt(text, Math.max(LEAST_CHARS, keep));
  }
  return shown;
}

/** The one cap under which texts of these sizes fit together: what short ones do not use goes to the long ones. */
export function equalCap(sizes: number[], room: number): number {
  let left = room;
  const ascending = sizes.toSorted((a, b) => a - b);
  for (const [index, size] of ascending.entries()) {
    const share = Math.floor(left / (ascending.length - index));
    if (size > share) return Math.max(0, share);
    left -= size;
  }
  return Number.MAX_SAFE_INTEGER;
}

/** `overhead`: the texts of the prompt that are ours. */
export function fit(
  question: string,
  texts: string[],
  overhead: string,
  promptTokens: number,
  countTokens: (text: string) => number,
): Fitted {
  if (surelyFits([question, ...texts], overhead, promptTokens))
    return { question: whole(question), candidates: texts.map(whole), trimmed: false };
  const room = promptTokens - countTokens(overhead) - BLOCK_TOKENS * (texts.length + 1);
  const questionTokens = shownTokens(question, countTokens);
  const sizes = texts.map((text) => shownTokens(text, countTokens));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (questionTokens + total <= room) return { question: whole(question), candidates: texts.map(whole), trimmed: false };
  const questionCap = Math.max(Math.floor(room * QUESTION_SHARE), room - total);
  const shownQuestion = shrink(question, questionTokens, questionCap, countTokens);
  const cap = equalCap(sizes, room - Math.min(questionTokens, questionCap));
  const candidates = texts.map((text, index) => shrink(text, sizes[index] ?? 0, cap, countTokens));
  return { question: shownQuestion, candidates, trimmed: [shownQuestion, ...candidates].some(({ tail }) => tail !== null) };
}
