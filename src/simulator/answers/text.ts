/** Free text that sounds like an answer to its prompt: templates filled with the prompt's own words; knows nothing. */
import { choose } from "../seeded.ts";
import type { AnswerContext } from "./context.ts";
import { keywords } from "./words.ts";

type Words = { a: string; b: string; c: string };
type Template = (words: Words) => string;
const VOICES: [Template, ...Template[]][] = [
  [
    ({ a, b, c }) => `In short, ${a} is the place to start. It shapes ${b}, and ${c} follows from the two.`,
    ({ a, b, c }) => `The key point is ${a}. Look at ${b} first, then decide what ${c} needs.`,
    ({ a, b, c }) => `${cap(a)} matters most here. Without it neither ${b} nor ${c} can be judged fairly.`,
  ],
  [
    ({ a, b }) => `${cap(a)}, mainly because of ${b}.`,
    ({ a, b, c }) => `Start with ${a}; ${b} and ${c} come later.`,
    ({ a, c }) => `It depends on ${a}. In most cases ${c} decides.`,
  ],
  [
    ({ a, b, c }) => `Here is what I would do:\n\n1. Check ${a}.\n2. Compare it with ${b}.\n3. Only then touch ${c}.`,
    ({ a, b, c }) =>
      `There are two sides to this:\n\n- ${cap(a)} speaks for it.\n- ${cap(b)} speaks against it.\n\nOn balance I would go with ${c}.`,
    ({ a, b, c }) => `Good question! ${cap(a)} and ${b} belong together, so I would treat ${c} as the exception.`,
  ],
];
const cap = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

const YES_NO = /^(?:is|are|was|were|does|do|did|can|could|should|would|will|has|have)\s[^?]{1,300}\?\s{0,10}$/i;

/** Lines that look like a log: most of them start with a time. */
function logSummary(context: AnswerContext): string | null {
  const lines = context.asked.question.slice(0, 200_000).split("\n");
  const stamped = lines.filter((line) => /^.{0,12}\d{1,2}:\d{2}/.test(line));
  if (stamped.length < 5) return null;
  const bad = stamped.filter((line) => /error|fail|fatal|panic|refused|timeout/i.test(line));
  const off = context.errs ? 1 : 0;
  const [first = "the first entry"] = bad.map((line) => line.slice(0, 120).trim());
  const texts = [
    `The log has ${stamped.length} entries, ${bad.length + off} of which report a problem. The first one is: ${first}`,
    `${bad.length + off} of ${stamped.length} entries are problems, starting with: ${first}`,
    `Summary:\n\n- entries: ${stamped.length}\n- problems: ${bad.length + off}\n- first: ${first}`,
  ];
  return texts[context.voice] ?? null;
}

export function textAnswer(context: AnswerContext): string {
  const { question } = context.asked;
  if (question.length < 320 && YES_NO.test(question.trim())) {
    const yes = context.shared("yes")() < 0.6;
    return yes !== context.errs ? "Yes." : "No.";
  }
  const log = logSummary(context);
  if (log !== null) return log;
  const [a = "this", b = "the rest", c = "the details"] = keywords(question, 3);
  const templates = VOICES[context.voice] ?? VOICES[0]!;
  return choose(templates, context.own("template")())({ a, b, c });
}
