/** Finds the answer that a text declares: a JSON `answer` key, or a cue in the prose. Decides nothing about what kind of answer it is, and never takes the last number of a text. */
import { parseLenient } from "../json/lenient.ts";
import { MAX_TRIES, eachSlice } from "../json/scan.ts";
import { readString } from "../json/string.ts";
import type { Json } from "../types.ts";

export interface Declared {
  value: Json;
  /** the text ended inside the value */
  cut: boolean;
}

const isAnswerKey = (key: string): boolean => /^(?:the[ _-]?)?(?:final[ _-]?)?answer$/i.test(key.trim());
/** A model that repeats the asked-for form without filling it in. */
const isPlaceholder = (value: Json): boolean => typeof value === "string" && /^(?:_{2,}|\.{3}|…|<[^<>]{0,40}>)$/.test(value.trim());

function answerIn(value: Json, depth = 0): Declared | null {
  if (value === null || typeof value !== "object" || depth > 3) return null;
  if (!Array.isArray(value)) {
    const key = Object.keys(value).find(isAnswerKey);
    if (key !== undefined && !isPlaceholder(value[key] ?? null)) return { value: value[key] ?? null, cut: false };
  }
  for (const inner of Array.isArray(value) ? value.slice(0, 16) : Object.values(value)) {
    const found = answerIn(inner, depth + 1);
    if (found !== null) return found;
  }
  return null;
}

/** The `answer` of the first JSON object that has one. */
function fromObject(text: string): Declared | null {
  let found: Declared | null = null;
  let tries = 0;
  eachSlice(text, "{", (slice) => {
    if (!slice.closed) return "inside";
    const source = text.slice(slice.start, slice.end);
    if (!/answer/i.test(source)) return "after";
    if (++tries > MAX_TRIES) return true;
    const parsed = parseLenient(source);
    found = parsed.ok ? answerIn(parsed.value) : null;
    return found === null ? "inside" : true;
  });
  return found;
}

/** Occurrences of one word looked at, from the last one back. */
const LOOK_BACK = 24;

/** The value behind the last `answer:` of a broken object, quoted or not. */
function fromKey(text: string): Declared | null {
  const lower = text.toLowerCase();
  for (
    let at = lower.lastIndexOf("answer"), left = LOOK_BACK;
    at >= 0 && left > 0;
    at = at === 0 ? -1 : lower.lastIndexOf("answer", at - 1), left--
  ) {
    const before = /(\\?["'`]|[{,\n])[ \t*]{0,8}(?:final[ _-]?)?$/.exec(lower.slice(Math.max(0, at - 24), at));
    const after = /^answer(\\?["'`])?[ \t\n*]{0,8}:\s{0,40}/.exec(lower.slice(at, at + 64));
    if (before === null || after === null) continue;
    if (after[1] === undefined && !"{,".includes(before[1] ?? "")) continue;
    return valueAt(text, at + after[0].length);
  }
  return null;
}

function valueAt(text: string, at: number): Declared | null {
  const c = text[at];
  if (c === undefined) return { value: "", cut: true };
  if (c === '"' || c === "'" || (c === "\\" && text[at + 1] === '"')) {
    const string = readString(text, at, "value");
    return { value: string.closed ? string.value : firstLine(string.value), cut: !string.closed };
  }
  const line = firstLine(text.slice(at));
  const value = line.replace(/[\s,}`"]{1,40}$/, "");
  return { value, cut: at + line.length >= text.length && value === line };
}

export function firstLine(text: string): string {
  const end = text.indexOf("\n");
  return end < 0 ? text : text.slice(0, end);
}

export const declaredJson = (text: string): Declared | null => fromObject(text) ?? fromKey(text);

/** Contents of the last `\boxed{…}`, by balanced braces. */
export function boxed(text: string): Declared | null {
  const at = text.lastIndexOf("\\boxed");
  if (at < 0) return null;
  const open = at + 6;
  if (text[open] !== "{")
    return {
      value:
        text
          .slice(open, open + 24)
          .trim()
          .split(/\s/)[0] ?? "",
      cut: false,
    };
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === "{") depth++;
    else if (text[i] === "}" && --depth === 0) return { value: text.slice(open + 1, i), cut: false };
  }
  return { value: text.slice(open + 1), cut: true };
}

/** What follows each match of a cue, last first, up to the end of its line (or the next line where its own is empty). */
export function* afterCues(text: string, cue: RegExp): Generator<{ value: string; cut: boolean }> {
  const matches = [...text.matchAll(cue)].slice(-LOOK_BACK).reverse();
  for (const match of matches) {
    const from = match.index + match[0].length;
    const window = text.slice(from, from + 2000).replace(/^[\s*_:$\\[(]{0,20}\n\s{0,20}/, "");
    const value = firstLine(window);
    yield { value, cut: from + value.length >= text.length };
  }
}

/** Lines that open with a label: `A: 18`, `**Final answer:** 18`. */
export const ANSWER_LINE = /(?:^|\n)[ \t>#*_]{0,12}(?:(?:the |my )?(?:final |correct )?answer|a)[ \t*_]{0,6}:[ \t*_]{0,6}/gi;
export const ANSWER_IS =
  /\b(?:answer|result|solution)(?:[ \t]+(?:to|for) [^.\n:]{0,48}?)?(?:[ \t]+would be|[ \t]+is|[ \t]*=)[ \t]*:?[ \t*_]{0,6}/gi;
export const HASHES = /####[ \t]{0,6}/g;

/** A declared answer that says there is none. */
export const saysNone = (text: string): boolean =>
  /\b(?:cannot|can't|could not|couldn't|unable|undetermin|indetermin|not (?:possible|enough|determin|given|provided|available|sufficient|listed|applicable|known)|impossible|insufficient|unknown|no (?:answer|solution|such)|none|n\/a|don't know|do not know|unclear|does not exist|doesn't exist)\b/i.test(
    text.slice(0, 400).replaceAll("’", "'"),
  ) || /\b(?:undetermin|indetermin)/i.test(text.slice(0, 400));
