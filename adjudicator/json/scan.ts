/** Finds JSON-like values in a text by balanced brackets, aware of strings. Never parses, and never does more than a fixed multiple of the text's length of work. */

interface Slice {
  start: number;
  /** one past the closing bracket; the end of the text when it never closes */
  end: number;
  closed: boolean;
}

/** What a slice may begin with: a brace alone, or a brace or a bracket. */
type Opening = "{" | "{[";
const BRACE = 0x7b;
const BRACKET = 0x5b;
/** Work allowed over one text, as a multiple of its length: every failed start costs at most one length. */
const WORK = 6;
/** Slices of one text that a caller may try to parse: a failed parse is far dearer than a scan. */
export const MAX_TRIES = 100;
export const MAX_DEPTH = 64;

/** An apostrophe opens a string only where a value or key may stand ("{'a'", not "it's"). */
const opensQuote = (text: string, at: number): boolean => {
  for (let i = at - 1, left = 40; i >= 0 && left > 0; i--, left--) {
    const c = text[i] ?? "";
    if (c === " " || c === "\n" || c === "\t" || c === "\r") continue;
    return "{[,:(".includes(c);
  }
  return false;
};
const closesQuote = (text: string, at: number): boolean => {
  for (let i = at + 1, left = 40; left > 0; i++, left--) {
    const c = text[i];
    if (c === undefined) return true;
    if (c === " " || c === "\n" || c === "\t" || c === "\r") continue;
    return ",:}])".includes(c);
  }
  return false;
};

/** Index of the quote that ends the string opened at `open`, or -1. */
function stringEnd(text: string, open: number): number {
  const quote = text[open];
  for (let i = open + 1; i < text.length; i++) {
    const c = text[i];
    if (c === "\\") i++;
    else if (c === quote && (quote === '"' || closesQuote(text, i))) return i;
  }
  return -1;
}

/** Where the bracket at `start` closes. */
function balancedFrom(text: string, start: number): Slice {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    const c = text[i];
    if (c === "\\") i++;
    else if (c === '"' || (c === "'" && opensQuote(text, i))) {
      const end = stringEnd(text, i);
      if (end < 0) break;
      i = end;
    } else if (c === "{" || c === "[") depth++;
    else if (c === "}" || c === "]") {
      depth--;
      if (depth <= 0) return { start, end: i + 1, closed: true };
    }
  }
  return { start, end: text.length, closed: false };
}

/**
 * Bracketed slices in order. `accept` returns true to stop, "inside" to look into the slice (it held nothing usable) and
 * "after" to go on behind it. Ends when the work allowed is used up.
 */
export function eachSlice(text: string, open: Opening, accept: (slice: Slice) => true | "inside" | "after"): void {
  let work = text.length * WORK + 1000;
  let at = 0;
  while (work > 0) {
    const start = nextOf(text, open, at);
    if (start < 0) return;
    const slice = balancedFrom(text, start);
    work -= slice.end - start;
    const verdict = accept(slice);
    if (verdict === true) return;
    at = verdict === "after" ? slice.end : start + 1;
  }
}

function nextOf(text: string, open: Opening, from: number): number {
  if (open === "{") return text.indexOf("{", from);
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BRACE || code === BRACKET) return i;
  }
  return -1;
}

/** Deepest nesting of brackets: checked before any recursive reader sees the text. */
export function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x7b || code === 0x5b || code === 0x28) deepest = Math.max(deepest, ++depth);
    else if (code === 0x7d || code === 0x5d || code === 0x29) depth = Math.max(0, depth - 1);
  }
  return deepest;
}
