/** Finds numerals in a short text and reads them exactly, but for roots and pi, which are read to twelve decimals. Never evaluates sums or powers. */
import { add, divide, multiply, negate, rationalOf, MAX_DIGITS } from "./rational.ts";
import type { Rational } from "./rational.ts";

/** A declared answer longer than this is prose; only its start is read. */
const MAX_TEXT = 4000;

/** Takes away currency, LaTeX spacing and marks; brings signs and spaces to ASCII. */
function clean(text: string): string {
  return text
    .slice(0, MAX_TEXT)
    .replace(/<<[^<>]{0,400}>>/g, "")
    .replace(/\\[,!;:> ]|\\(?:left|right|displaystyle)(?![a-zA-Z])|\\?[$€£¥]|\*\*/g, "")
    .replaceAll("{,}", ",")
    .replace(/[−–﹣－]/g, "-")
    .replace(/[\u00a0\u2000-\u200a\u202f\u3000]/g, " ")
    .replace(/\\[dtc]frac/g, "\\frac");
}

/** The first number of what follows the last `=` ("2 + 8 + 6 = 16"), else of the whole. */
export function firstNumber(raw: string): Rational | null {
  const text = clean(raw);
  const equals = text.lastIndexOf("=");
  return (equals < 0 ? null : numeralFrom(text.slice(equals + 1))) ?? numeralFrom(text);
}

function numeralFrom(text: string): Rational | null {
  const fraction = text.indexOf("\\frac");
  const digit = text.search(/\d/);
  const root = text.search(IRRATIONAL);
  if (root >= 0 && (digit < 0 || root < digit) && (fraction < 0 || root < fraction)) {
    const value = irrational(text.slice(root, root + 80));
    if (value !== null) return /-\s?$/.test(text.slice(0, root)) ? negate(value) : value;
  }
  if (fraction >= 0 && (digit < 0 || fraction < digit)) return latexFraction(text, fraction);
  return digit < 0 ? null : numeralAt(text, digit);
}

/** The last number of a text, without the steps of a calculator (`<<16-3=13>>`). */
export function lastNumber(raw: string): Rational | null {
  const text = clean(raw.slice(-MAX_TEXT));
  let at = text.length - 1;
  while (at >= 0 && !isDigit(text[at])) at--;
  if (at < 0) return null;
  const fraction = text.lastIndexOf("\\frac");
  if (fraction >= 0 && at < fraction + (LATEX_FRACTION.exec(text.slice(fraction, fraction + 420))?.[0].length ?? 0))
    return isDigit(text[fraction - 1]) ? numeralAt(text, startOf(text, fraction - 1)) : latexFraction(text, fraction);
  const from = startOf(text, at);
  // "3 1/2": the whole number before a fraction that is less than one
  const [, top, bottom] = /^(\d{1,15})\/(\d{1,15})$/.exec(text.slice(from, at + 1)) ?? [];
  const isMixed = isDigit(text[from - 2]) && text[from - 1] === " " && Number(top) < Number(bottom);
  return numeralAt(text, isMixed ? startOf(text, from - 2) : from);
}

/** Back to the start of the numeral around `end`: digits, points, group commas and one fraction bar. */
function startOf(text: string, end: number): number {
  let at = end;
  while (at > 0 && (isDigit(text[at - 1]) || (",./:".includes(text[at - 1] ?? "") && isDigit(text[at - 2])))) at--;
  return at;
}

const isDigit = (c: string | undefined): boolean => c !== undefined && c >= "0" && c <= "9";
const isWordPart = (c: string | undefined): boolean => c !== undefined && /[\p{L}\p{N})\]}]/u.test(c);

/** Reads the numeral whose first digit stands at `digit`. */
function numeralAt(text: string, digit: number): Rational | null {
  const point = text[digit - 1] === "." && !isDigit(text[digit - 2]);
  const from = point ? digit - 1 : digit;
  const negative = text[from - 1] === "-" && !isWordPart(text[from - 2]);
  const plain = plainNumeral(text, from);
  if (plain === null) return null;
  const value = tail(text.slice(plain.end, plain.end + 400), plain.value, plain.whole);
  return value === null ? null : negative ? negate(value) : value;
}

/** Digits with group commas or spaces, a decimal part and an exponent. */
function plainNumeral(text: string, from: number): { value: Rational; end: number; whole: boolean } | null {
  // "1.234,50": points group only where a decimal comma follows them
  const continental = /^\d{1,3}(?:\.\d{3}){1,9},\d{1,20}(?![\d.,]\d|\d)/.exec(text.slice(from, from + 2 * MAX_DIGITS))?.[0];
  if (continental !== undefined) {
    const value = rationalOf(continental.replaceAll(".", "").replace(",", "."));
    return value === null ? null : { value, end: from + continental.length, whole: false };
  }
  let end = from;
  while (isDigit(text[end])) end++;
  const grouped = /^\d{1,3}(?:[, ']\d{3}(?!\d))+/.exec(text.slice(from, from + 2 * MAX_DIGITS))?.[0];
  if (grouped !== undefined) end = from + grouped.length;
  const digits = text.slice(from, end).replace(/[, ']/g, "");
  if (digits.length > MAX_DIGITS) return null;
  let part = "";
  if (text[end] === "." && isDigit(text[end + 1])) {
    let to = end + 1;
    while (isDigit(text[to])) to++;
    part = text.slice(end, Math.min(to, end + MAX_DIGITS));
    end = to;
  }
  const power = exponent(text.slice(end, end + 40));
  const value = rationalOf(`${digits}${part}`, power.value);
  return value === null ? null : { value, end: end + power.length, whole: part === "" && power.length === 0 };
}

/** `e6`, ` × 10^6`, `\times 10^{-3}`. */
function exponent(rest: string): { value: number; length: number } {
  const match =
    /^[eE]([-+]?\d{1,3})(?![\p{L}\d])/u.exec(rest) ??
    /^ ?(?:\\times|\\cdot|[×·*x]) ?10(?:\^|\*\*) ?(?:\{ ?([-+]?\d{1,3}) ?\}|([-+]?\d{1,3}))/.exec(rest);
  if (match === null) return { value: 0, length: 0 };
  return { value: Number(match[1] ?? match[2]), length: match[0].length };
}

/** What may follow a numeral and belongs to it: a denominator, the fraction of a mixed number, minutes. */
function tail(rest: string, value: Rational, whole: boolean): Rational | null {
  const over = /^ ?\/ ?(\d{1,100})(?![\d/.]|,\d)/.exec(rest);
  if (over !== null) return divide(value, rationalOf(over[1] ?? "") ?? { n: 0n, d: 1n });
  const factor = irrational(rest.replace(/^ ?(?:\\cdot|[*·×])? ?/, ""));
  if (factor !== null) return multiply(value, factor);
  if (!whole) return value;
  const mixed = /^ (\d{1,20}) ?\/ ?(\d{1,20})(?![\d/])/.exec(rest);
  if (mixed !== null) return plus(value, divide(rationalOf(mixed[1] ?? "") ?? value, rationalOf(mixed[2] ?? "") ?? value));
  if (/^ ?\\frac/.test(rest)) return plus(value, latexFraction(rest, rest.indexOf("\\frac")));
  const minutes = /^:([0-5]\d)(?!\d)/.exec(rest);
  if (minutes !== null) return plus(value, divide(rationalOf(minutes[1] ?? "") ?? value, { n: 60n, d: 1n }));
  return value;
}

const IRRATIONAL = /\\sqrt|√|\\pi(?![a-zA-Z])|π/;
/** A root of a whole number or pi at the start of a text. */
function irrational(rest: string): Rational | null {
  const match = /^(?:(\\pi(?![a-zA-Z])|π)|(?:\\sqrt ?|√ ?)(?:\{ ?(\d{1,15}) ?\}|\((\d{1,15})\)|(\d{1,15})))/.exec(rest);
  if (match === null) return null;
  return rationalOf((match[1] === undefined ? Math.sqrt(Number(match[2] ?? match[3] ?? match[4])) : Math.PI).toFixed(12));
}

const plus = (a: Rational, b: Rational | null): Rational => (b === null ? a : add(a, b));

const LATEX_FRACTION = /^\\frac ?(?:\{([^{}]{1,200})\}|(\d)) ?(?:\{([^{}]{1,200})\}|(\d))/;
/** `\frac{a}{b}`, `\frac12`, with a sign before it. */
function latexFraction(text: string, at: number): Rational | null {
  const match = LATEX_FRACTION.exec(text.slice(at, at + 420));
  if (match === null) return null;
  const top = signed(match[1] ?? match[2] ?? "");
  const bottom = signed(match[3] ?? match[4] ?? "");
  const value = top === null || bottom === null ? null : divide(top, bottom);
  if (value === null) return null;
  const minus = /-\s?$/.test(text.slice(Math.max(0, at - 2), at)) && !isWordPart(text.slice(0, at).trimEnd().at(-2));
  return minus ? negate(value) : value;
}

/** A whole argument that is one plain numeral. */
function signed(text: string): Rational | null {
  const match = /^ ?([-+]?) ?(\d[\d,]{0,150}(?:\.\d{1,150})?) ?$/.exec(text);
  const value = match === null ? null : rationalOf((match[2] ?? "").replaceAll(",", ""));
  return value !== null && match?.[1] === "-" ? negate(value) : value;
}
