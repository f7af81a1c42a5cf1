/** Reads one number: rationals, fractions, LaTeX, units, thousands, percent and clock times. Abstains where a number was declared to be missing, and never evaluates an expression. */
import type { Json, Reading, UnifiedFinish } from "../types.ts";
import { ANSWER_IS, ANSWER_LINE, HASHES, afterCues, boxed, declaredJson, saysNone } from "./declared.ts";
import type { Declared } from "./declared.ts";
import { firstNumber, lastNumber } from "./numeral.ts";
import { keyOf, numberOf } from "./rational.ts";
import type { Rational } from "./rational.ts";

const ABSTAINED: Reading = { status: "abstained" };

export function readNumber(text: string, finish: UnifiedFinish): Reading {
  const declared = declaredJson(text) ?? bare(text);
  if (declared !== null) return declaredReading(declared, finish);
  const cue = fromCues(text);
  if (cue !== null) return declaredReading(cue, finish);
  if (denies(text)) return ABSTAINED;
  // the last number of a text that was cut is a step on the way, not an answer
  if (finish === "length") return { status: "cut" };
  const last = lastNumber(text);
  return last === null ? ABSTAINED : reading(last);
}

function declaredReading(declared: Declared, finish: UnifiedFinish): Reading {
  if (declared.cut && finish === "length") return { status: "cut" };
  const value = rationalIn(declared.value);
  return value === null ? ABSTAINED : reading(value);
}

function reading(value: Rational): Reading {
  const number = numberOf(value);
  return Number.isFinite(number) ? { status: "read", key: keyOf(value), value: number } : ABSTAINED;
}

function rationalIn(value: Json): Rational | null {
  if (typeof value === "number") return firstNumber(String(value));
  if (typeof value === "string") return firstNumber(value);
  if (value === null || typeof value === "boolean") return null;
  // {"blue": 4, "red": 6} or [3, 4]: several numbers are no one number
  const inner = Object.values(value);
  return inner.length === 1 ? rationalIn(inner[0] ?? null) : null;
}

/** A text that ends by saying that there is no answer: its last number is none either. */
const denies = (text: string): boolean =>
  /\b(?:cannot|can't|can not|could not|unable to|impossible to|not possible to)\s(?:be\s)?(?:determin|answer|solve|calculat|comput|find|provide)|\b(?:not enough|insufficient)\s(?:information|data)\b/i.test(
    text.trimEnd().slice(-240).replaceAll("’", "'"),
  );

/** A whole text that is hardly more than its number: "18 dollars", "$1,200.00", "3:00 pm". */
function bare(text: string): Declared | null {
  const line = text.trim();
  if (line.length > 48 || line.includes("\n")) return null;
  return /^(?:[$€£¥*\\([-]|[−–]){0,6}[ ]?(?:\d|\.\d|\\[dt]?frac)/.test(line) ? { value: line, cut: false } : null;
}

function fromCues(text: string): Declared | null {
  const box = boxed(text);
  if (box !== null && (firstNumber(String(box.value)) !== null || saysNone(String(box.value)))) return box;
  for (const cue of [ANSWER_IS, HASHES, ANSWER_LINE]) {
    for (const found of afterCues(text, cue)) {
      if (firstNumber(found.value) !== null) return { value: found.value, cut: found.cut && /[\d,.]$/.test(found.value) };
      if (saysNone(found.value)) return { value: found.value, cut: false };
    }
  }
  return null;
}
