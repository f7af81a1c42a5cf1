/** Answers that can be counted: arithmetic, numbers, lettered options and listed choices, mostly alike among models and right only by chance. */
import type { AnswerContext } from "./context.ts";
import { numbersIn } from "./words.ts";

/** Only the head of a prompt is searched, so that no pattern meets a hostile length. */
const HEAD = 4000;
const WORDS: [RegExp, string][] = [
  [/\bplus\b/g, "+"],
  [/\bminus\b/g, "-"],
  [/\btimes\b|\bmultiplied by\b/g, "*"],
  [/\bdivided by\b/g, "/"],
  [/×/g, "*"],
  [/÷/g, "/"],
];

/** The first sum, difference, product or quotient written out in a text; null when there is none. */
export function arithmetic(text: string): number | null {
  const head = WORDS.reduce((line, [word, sign]) => line.replace(word, sign), text.slice(0, HEAD).toLowerCase());
  const undated = head.replace(/\d{4}-\d{2}-\d{2}/g, " ");
  const [found] = undated.match(/\d{1,9}(?:\.\d{1,6})?(?: ?[-+*/] ?\d{1,9}(?:\.\d{1,6})?){1,20}/) ?? [];
  if (found === undefined) return null;
  return evaluate(found.match(/\d+(?:\.\d+)?|[-+*/]/g) ?? []);
}

/** Products and quotients first, then sums: `["2", "+", "3", "*", "4"]` → 14. */
function evaluate(tokens: string[]): number | null {
  const terms = [Number(tokens[0])];
  for (let at = 1; at + 1 < tokens.length; at += 2) {
    const value = Number(tokens[at + 1]);
    const last = terms.length - 1;
    if (tokens[at] === "*") terms[last] = terms[last]! * value;
    else if (tokens[at] === "/") terms[last] = terms[last]! / value;
    else terms.push(tokens[at] === "-" ? -value : value);
  }
  const sum = terms.reduce((total, term) => total + term, 0);
  return Number.isFinite(sum) ? Math.round(sum * 10_000) / 10_000 : null;
}

const ASKS_NUMBER =
  /\bhow (?:many|much|old|far|long|tall)\b|\b(?:calculate|compute|count|total number|as a number|single number|only the number)\b/i;

/** A number for a question that wants one: the sum itself where it is written out, else one made of the question's numbers. */
export function numberAnswer(context: AnswerContext): number | null {
  const { question } = context.asked;
  const sum = arithmetic(question);
  const wants = ASKS_NUMBER.test(question.slice(0, HEAD)) || ASKS_NUMBER.test(question.slice(-HEAD));
  if (sum === null && !wants) return null;
  const off = context.errs ? 1 + Math.floor(context.own("off")() * 9) : 0;
  if (sum !== null) return sum + off;
  const numbers = numbersIn(question);
  const next = context.shared("number");
  const pick = (): number => numbers[Math.floor(next() * numbers.length)] ?? Math.floor(next() * 90) + 10;
  const [left, right, way] = [pick(), pick(), next()];
  const made = way < 0.4 ? left + right : way < 0.7 ? Math.abs(left - right) : left * 2;
  return Math.round((made + off) * 100) / 100;
}

/** Letters of the options that a question lists as `(A) …`, or as lines `A. …` and `A) …`. */
function letters(question: string): string[] {
  const tail = question.slice(-20_000);
  const bracketed = [...tail.matchAll(/\(([A-P])\) ?\S/g)].map((match) => match[1] ?? "");
  const lined = [...tail.matchAll(/^ {0,4}([A-P])[.)] ?\S/gm)].map((match) => match[1] ?? "");
  const found = bracketed.length > 1 ? bracketed : lined;
  return [...new Set(found)];
}
/** The items after "one of": `one of: red, green or blue`. */
function listed(question: string): string[] {
  const [, items] = question.slice(-HEAD).match(/\bone of(?: these| the following)?:? ([^.?!\n]{3,400})/i) ?? [];
  if (items === undefined) return [];
  return items
    .split(/,| or /)
    .map((item) => item.replace(/^[\s"'`[({]{1,8}|[\s"'`\])}]{1,8}$/g, ""))
    .filter((item) => item !== "" && item.length <= 60);
}

export function choiceAnswer(context: AnswerContext): { choice: string; lettered: boolean } | null {
  const { question } = context.asked;
  const options = letters(question);
  const lettered = options.length > 1;
  const choices = lettered ? options : listed(question);
  if (choices.length < 2) return null;
  const shared = Math.floor(context.shared("choice")() * choices.length);
  const at = context.errs ? Math.floor(context.own("choice")() * choices.length) : shared;
  return { choice: choices[at] ?? choices[0] ?? "", lettered };
}
