/** A judge of our choice before texts of our choice, through the whole decision, in this process. Knows no right answer and asks nobody else. */
import { adjudicate, type AskReply, type Candidate, type Decision, inspectAnswer, readBack } from "../../../adjudicator/index.ts";
import { saidText } from "./gold.ts";
import { seeded } from "./statistics.ts";

export interface Shown {
  label: string;
  text: string;
}
/** What the judge writes to the texts in the order in which it is shown them. */
export type Judge = (shown: Shown[]) => string;

interface Matter {
  strategy: "auto" | "pick" | "rank";
  question: string;
  texts: string[];
  judge: Judge;
}

/** A window that holds every recorded text whole. */
const PROMPT_TOKENS = 10_000_000;
const ANSWER = { type: "text" } as const;
const NO_USAGE = { input_tokens: null, output_tokens: null };

function candidateOf(text: string, index: number): Candidate {
  const said = saidText(text);
  const { flags, reading } = inspectAnswer({ ...said, answer: ANSWER, tools: null });
  const member = `member/${index + 1}`;
  const place = { seat: index + 1, member, backend: member, family: null, order: index };
  return { ...place, ...said, flags, reading, weight: 1, weightSource: "config", reliability: null };
}

function shownIn(prompt: string): Shown[] {
  return (readBack(prompt)?.candidates ?? []).map(({ label, text }) => ({ label, text: text.head }));
}

/** The same in every evaluation: orders are drawn from one seed. */
export function judged({ strategy, question, texts, judge }: Matter, random: () => number = seeded(11)): Promise<Decision> {
  let drawn = 0;
  const ask = async ({ prompt }: { prompt: string }): Promise<AskReply> => {
    return { ok: true, text: judge(shownIn(prompt)), finish: "stop", usage: NO_USAGE, costUsd: 0 };
  };
  return adjudicate({
    strategy,
    answer: ANSWER,
    tools: null,
    question,
    candidates: texts.map(candidateOf),
    orders: 2,
    adjudicators: [{ name: "court/judge", family: null, promptTokens: PROMPT_TOKENS, skip: null }],
    ask,
    random,
    token: () => (drawn++).toString(16).padStart(32, "a"),
    sha256: async () => "",
    now: () => 0,
    countTokens: (text) => text.length,
    confidence: null,
  });
}
