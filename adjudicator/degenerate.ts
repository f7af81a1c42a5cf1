/** Recognises answers without substance: an opener, padding, one symbol or word over and over, a constant claim. Never reads meaning. */
import { visible } from "./answers/text.ts";
import type { AnswerSpec } from "./types.ts";

/** Openers and claims that fooled judges as whole answers, in the languages they were published in. */
const FILLER =
  /^(?:thought process|thinking|thoughts|reasoning|solution|解|解説|かいせつ|解答|solución|lösung|réponse|respuesta|answer|final answer|the answer|the final answer|final|response|output|result|explanation|analysis|conclusion|step 1|let'?s (?:think|solve|work|see)[^.:\n]{0,60}|sure|certainly|of course|here (?:is|are)[^.:\n]{0,60}|i have (?:verified|checked|confirmed|reviewed)(?: (?:this|it|that|everything|the answer|my answer))?|(?:this|the answer|it) (?:is|has been) (?:verified|correct|checked|confirmed)|verified|correct|done|ok|okay|as an ai(?: language model)?)$/;

/** Shortest text in which repetition is judged, in characters. */
const LONG = 200;
/** How much of a text is looked at, in characters. */
const LOOK = 20_000;

export function isDegenerate(raw: string, answer: AnswerSpec): boolean {
  const text = visible(raw.slice(0, LOOK)).trim();
  if (text === "") return false;
  // a short countable answer may well be "ok", "correct" or "A"
  if (answer.type === "text" && isFiller(text)) return true;
  return text.length >= LONG && isRepetition(text);
}

function isFiller(text: string): boolean {
  if (text.length > 120) return false;
  const words = text
    .toLowerCase()
    .replace(/[’]/g, "'")
    .replace(/[*_#>`"“”:.…!?,;\s-]+/g, " ")
    .trim();
  return FILLER.test(words);
}

/** One symbol, one word or one short phrase makes up nearly all of the text. */
function isRepetition(text: string): boolean {
  const words = text.toLowerCase().split(/\s+/);
  if (words.length < 8) return new Set(text).size <= 3;
  return new Set(words).size <= Math.max(2, words.length / 50) && new Set(words.map((word) => word.replace(/\d+/g, "0"))).size <= 12;
}
