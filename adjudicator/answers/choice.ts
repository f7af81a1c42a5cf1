/** Reads which option a text chooses. Only offered options count; a letter in the middle of an argument, or the article "A", is no choice. */
import type { Json, Reading, UnifiedFinish } from "../types.ts";
import { boxed, declaredJson, firstLine, saysNone } from "./declared.ts";
import type { Option } from "./options.ts";
import { byLabel, byText, fold, optionsOf } from "./options.ts";

/** What a cue says, and where: no option means that the text declares none to be right. */
interface Pick {
  option: Option | null;
  at: number;
  /** another letter follows: "(A) or (B)" */
  several?: boolean;
}

const ABSTAINED: Reading = { status: "abstained" };
const read = (option: Option): Reading => ({ status: "read", key: option.value, value: option.value });

export function readChoice(text: string, choices: string[], finish: UnifiedFinish): Reading {
  const options = optionsOf(choices);
  const declared = declaredJson(text);
  if (declared !== null) {
    if (declared.cut && finish === "length") return { status: "cut" };
    const option = chosen(declared.value, options);
    if (option !== null || saysNone(String(declared.value))) return option === null ? ABSTAINED : read(option);
  }
  const pick = alone(text, options) ?? fromProse(text, options);
  if (pick === "none") return ABSTAINED;
  if (pick !== null) return read(pick);
  return finish === "length" ? { status: "cut" } : ABSTAINED;
}

/** A JSON value: an option's letter or words, or its place counted by a label that is a number. */
function chosen(value: Json, options: Option[]): Option | null {
  if (Array.isArray(value)) return value.length === 1 ? chosen(value[0] ?? null, options) : null;
  if (typeof value === "number" || typeof value === "boolean")
    return byText(String(value), options, true) ?? byLabel(String(value), options);
  return typeof value === "string" ? chosenText(value, options) : null;
}

function chosenText(raw: string, options: Option[]): Option | null {
  const text = raw.trim();
  return byText(text, options, true) ?? labelAt(text, options, true) ?? byText(text, options, false);
}

/** A whole short text that is the choice itself. */
function alone(text: string, options: Option[]): Option | null {
  const line = text.trim();
  return line.length > 600 || line.includes("\n")
    ? null
    : (byText(line, options, true) ?? (line.length - opening(line) <= 6 ? labelAt(line, options, true) : null));
}

const OPEN = /^(?:[\s*_`"'“$:]|\\\(|\\\[|\\(?:text|mathrm|mathbf|textbf|boxed)\s?\{|(?:option|choice|answer|letter)\b){0,8}/i;

const opening = (text: string): number => OPEN.exec(text)?.[0].length ?? 0;

/**
 * The label that a text starts with: "(B)", "B.", "**B**", "B) words", "\text{(B)}". Where `bare`, a lone letter may also be followed by words
 * ("B because …"), but never "A" or "I": those are an article and a pronoun.
 */
function labelAt(raw: string, options: Option[], bare: boolean): Option | null {
  const text = raw.slice(0, 200);
  const rest = text.slice(opening(text));
  const bracketed = /^[([{]\s?([A-Za-z]|\d{1,2})\s?[)\]}]/.exec(rest);
  if (bracketed !== null) return byLabel(bracketed[1] ?? "", options);
  const match = /^([A-Za-z]|\d{1,2})(?![\p{L}\p{N}\p{M}'’%°/^_=+]|[.,]\d|-[\p{L}\p{N}])/u.exec(rest);
  if (match === null) return null;
  const label = match[1] ?? "";
  const after = rest.slice(label.length);
  // lower-case letters in prose are words or variables unless they stand alone
  if (/[a-z]/.test(label) && !/^[\s.*_)`"'}$\\]{0,12}$/.test(firstLine(after))) return null;
  const alone = /^\s{0,4}(?:$|[\n.,;:)\]}*_`"'”$\\<]|[-–—(])/.test(after);
  if (alone) return byLabel(label, options);
  if (!bare || /^\s{0,4}[=+/^<>|×·−-]/.test(after)) return null;
  return !/[AI]/.test(label) || /^\s(?:because|since|as|due|based|for)\b/.test(after) ? byLabel(label, options) : null;
}

const BRACKETED_ANSWER = /answer(?:\s{1,4}is|\s?:)[\s*:_]{0,8}(?:\\text\{)?\(\s?([A-Za-z]|\d{1,2})\s?\)/gi;
const CUES: RegExp[] = [
  /\banswer\s{1,4}(?:would\s{1,4}be|is|was)\b[\s:*_]{0,8}(?:\.{2,3}|…)?[\s:*_]{0,8}/gi,
  /\banswer[*_]{0,2}\s{0,4}:[\s*_]{0,8}/gi,
];
const LATER_CUES: RegExp[] = [
  /\b(?:correct|best|right|closest|final|appropriate|likely)\s{1,4}(?:answer|option|choice|statement|match)\b[^.\n]{0,120}?\s(?:is|would be|:)[\s:*_]{0,8}/gi,
  /\b(?:option|answer|choice|match)\s{1,4}(?:is|would\s{1,4}be|seems\s{1,4}to\s{1,4}be)[\s:*_]{0,8}/gi,
  /\b(?:choose|pick|select|go with)\s{1,4}/gi,
  /\bis[\s:*_]{1,4}(?=(?:option\s{1,4})?\([A-Z]\))/g,
];
const IS_CORRECT =
  /(?:\b(?:[Oo]ption|[Cc]hoice|[Aa]nswer|[Ss]tatement)\s{1,4}|\(|(?:^|[\n.])\s{0,2})([A-Z])\b\)?[*_]{0,2}\s{1,4}(?:is|must be|would be)\s{1,4}(?:the\s{1,4})?(?:correct|right|best|closest|answer|most)\b(?!\s{1,4}not)/g;

/** Matches of one cue looked at, from the last one back. */
const LOOK_BACK = 24;
const lastOf = (text: string, cue: RegExp): RegExpExecArray[] => [...text.matchAll(cue)].slice(-LOOK_BACK).reverse();

function fromProse(text: string, options: Option[]): Option | "none" | null {
  const bracketed = labelled(text, BRACKETED_ANSWER, options);
  if (bracketed !== null) return bracketed.several ? "none" : bracketed.option;
  const first = cued(text, options, CUES) ?? inBox(text, options);
  if (first !== null && first.option !== null) return first.option;
  const later = cued(text, options, LATER_CUES) ?? labelled(text, IS_CORRECT, options);
  // "The answer is not listed, but the closest option is (J)": what comes later stands
  if (later !== null && (first === null || later.at > first.at)) return later.option ?? "none";
  return first !== null ? "none" : (lastLine(text, options) ?? onlyMention(text, options));
}

function cued(text: string, options: Option[], cues: RegExp[]): Pick | null {
  for (const cue of cues)
    for (const match of lastOf(text, cue)) {
      const at = match.index + match[0].length;
      const rest = text.slice(at, at + 400);
      const line = firstLine(rest);
      // "The answer is C, F": two choices are none
      if (severalLabels(line, options)) return { option: null, at };
      const option = byText(line, options, true) ?? labelAt(rest, options, true) ?? byText(rest, options, false);
      if (option !== null || saysNone(line.slice(0, 120))) return { option, at };
    }
  return null;
}

const ALSO = /^\s?,?\s?or\s\(?[A-Z]\b/;
const SEVERAL = /^[\s*_]{0,4}\(?([A-Z])\)?[*_]{0,2}\s?(?:,|and|&|or)\s{0,2}(?:and\s|or\s)?\(?([A-Z])\)?[\s.*_]{0,4}$/;
function severalLabels(line: string, options: Option[]): boolean {
  const match = SEVERAL.exec(line.slice(0, 40));
  return match !== null && match[1] !== match[2] && [match[1], match[2]].every((label) => options.some((option) => option.label === label));
}

function inBox(text: string, options: Option[]): Pick | null {
  const box = boxed(text);
  const option = box === null || box.cut ? null : chosenText(String(box.value), options);
  return option === null ? null : { option, at: text.lastIndexOf("\\boxed") };
}

function labelled(text: string, cue: RegExp, options: Option[]): Pick | null {
  for (const match of lastOf(text, cue)) {
    const option = byLabel(match[1] ?? "", options);
    if (option !== null)
      return { option, at: match.index, several: ALSO.test(text.slice(match.index + match[0].length, match.index + match[0].length + 24)) };
  }
  return null;
}

/** A last line "B. words", "(B) words", "**B**": an answer given without a cue. */
function lastLine(text: string, options: Option[]): Option | null {
  const trimmed = text.trimEnd();
  const line = trimmed.slice(trimmed.lastIndexOf("\n") + 1).trim();
  const words = byText(line, options, true);
  if (words !== null) return words;
  return /^(?:[*_]{0,3}\(?[A-Za-z]\)|[*_]{0,3}[A-Za-z][.:)*]|[*_]{0,3}[A-Z][*_]{0,3}$)/.test(line)
    ? sameCase(labelAt(line, options, false), line)
    : null;
}
/** "(b) …" is a part of the question, not option B. */
const sameCase = (option: Option | null, line: string): Option | null =>
  option?.label != null && line.slice(0, 8).includes(option.label) ? option : null;

/** A short text that names exactly one option and denies nothing: "This review is positive." */
function onlyMention(text: string, options: Option[]): Option | null {
  const folded = ` ${fold(text.slice(0, 400))} `;
  if (
    text.length > 240 ||
    options.some((option) => option.text === "") ||
    /\b(?:not|no|never|neither|nor|except|unlike)\b|n't\b/.test(folded)
  )
    return null;
  let left = folded;
  const named: Option[] = [];
  for (const option of options.toSorted((a, b) => b.text.length - a.text.length)) {
    const at = wordAt(left, option.text);
    if (at < 0) continue;
    named.push(option);
    left = left.replaceAll(option.text, "\u0000");
  }
  return named.length === 1 ? (named[0] ?? null) : null;
}

function wordAt(text: string, word: string): number {
  for (let at = text.indexOf(word), left = 16; at >= 0 && left > 0; at = text.indexOf(word, at + 1), left--)
    if (!/[\p{L}\p{N}]/u.test(text[at - 1] ?? " ") && !/[\p{L}\p{N}]/u.test(text[at + word.length] ?? " ")) return at;
  return -1;
}
