/** Recognises answers without substance: an opener, padding, one symbol or word over and over, a constant claim. Never reads meaning. */
import { visible } from "./answers/text.ts";
import type { AnswerSpec } from "./types.ts";

/** What may stand before an opener, as words without punctuation. */
const ASSENT = /^(?:sure|certainly|of course|absolutely|okay|ok|great) /;
/** Openers and claims that fooled judges as whole answers, in the languages they were published in. */
const FILLER =
  /^(?:thought process|thinking|thoughts|reasoning|solution|解|解説|かいせつ|解答|solución|lösung|réponse|respuesta|answer|final answer|the answer|the final answer|final|response|output|result|explanation|analysis|conclusion|step 1|let'?s (?:think|solve|work|see)(?: (?:this|that|it|the|problem|question|task|on|about|through|out|step|by|carefully)){0,8}|sure|certainly|of course|here(?:'s| is) (?:the|my|your) (?:final )?(?:answer|solution|response|result)|i can help(?: you)?(?: with (?:this|that|it))?|i(?:'d| would) be (?:happy|glad) to help(?: you)?(?: with (?:this|that|it))?|i have (?:verified|checked|confirmed|reviewed)(?: (?:this|it|that|everything|the answer|my answer))?|(?:this|the answer|it) (?:is|has been) (?:verified|correct|checked|confirmed)|verified|correct|done|ok|okay|as an ai(?: language model)?)$/;
/** An announcement that nothing follows: its only colon, or its dots, end it. */
const ANNOUNCED =
  /^(?:(?:sure|certainly|of course|absolutely|okay|ok|great)[,.! ]{1,3})?(?:here(?:'s| is| are)|let'?s|let us|let me) [^.:!?…\n]{0,60}(?::|\.\.\.|…)$/;

/** Shortest text in which repetition is judged, in characters. */
const LONG = 200;
/** Fewer words than this are told by their letters; more different ones than that (all numbers being one) are no repetition. */
const FEW_WORDS = 8;
const MOST_WORDS = 12;
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
  const plain = text
    .toLowerCase()
    .replace(/[’]/g, "'")
    .replace(/[*_#>`"“”]+/g, "")
    .trim();
  const words = plain.replace(/[:.…!?,;\s-]+/g, " ").trim();
  return FILLER.test(words) || FILLER.test(words.replace(ASSENT, "")) || ANNOUNCED.test(plain);
}

/** One symbol, one word or one short phrase makes up nearly all of the text. */
function isRepetition(text: string): boolean {
  const words = new Set<string>();
  const counted = new Set<string>();
  let number = 0;
  for (const [word] of text.toLowerCase().matchAll(/\S+/g)) {
    number += 1;
    words.add(word);
    counted.add(word.replace(/\d+/g, "0"));
    // nearly every text is told by its first dozen of words
    if (counted.size > MOST_WORDS) return false;
  }
  if (number < FEW_WORDS) return new Set(text).size <= 3;
  return words.size <= Math.max(2, number / 50);
}
