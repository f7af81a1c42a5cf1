/** A judge of our choice before texts of our choice, through the whole decision, in this process. Knows no right answer and asks nobody else. */
import {
  adjudicate,
  type AnswerSpec,
  type AskReply,
  type Candidate,
  type Decision,
  inspectAnswer,
  readBack,
} from "../../../adjudicator/index.ts";
import { saidText } from "./gold.ts";
import { seeded } from "./statistics.ts";

export interface Shown {
  label: string;
  text: string;
}
/** What the judge writes to the texts in the order in which it is shown them. */
export type Judge = (shown: Shown[]) => string;

/** A window that holds every recorded text whole. */
const PROMPT_TOKENS = 10_000_000;
const TEXT: AnswerSpec = { type: "text" };
const NO_USAGE = { input_tokens: null, output_tokens: null };

/** As they come off a panel: each answer is read once, when it arrives. */
export const candidatesOf = (texts: readonly string[], answer: AnswerSpec = TEXT): Candidate[] =>
  texts.map((text, index) => {
    const said = saidText(text);
    const { flags, reading } = inspectAnswer({ ...said, answer, tools: null });
    const member = `member/${index + 1}`;
    const place = { seat: index + 1, member, backend: member, family: null, order: index };
    return { ...place, ...said, flags, reading, weight: 1, weightSource: "config", reliability: null };
  });

function shownIn(prompt: string): Shown[] {
  return (readBack(prompt)?.candidates ?? []).map(({ label, text }) => ({ label, text: text.head }));
}

interface Matter {
  strategy: "auto" | "vote" | "pick" | "rank";
  answer?: AnswerSpec;
  question: string;
  candidates: Candidate[];
  /** the judge's reply to one prompt */
  reply: (prompt: string) => string;
  promptTokens?: number;
  countTokens?: (text: string) => number;
}

/** The same in every evaluation: orders are drawn from one seed. */
export function decided(matter: Matter, random: () => number = seeded(11)): Promise<Decision> {
  const {
    strategy,
    answer = TEXT,
    question,
    candidates,
    reply,
    promptTokens = PROMPT_TOKENS,
    countTokens = (text) => text.length,
  } = matter;
  let drawn = 0;
  const ask = async ({ prompt }: { prompt: string }): Promise<AskReply> => {
    return { ok: true, text: reply(prompt), finish: "stop", usage: NO_USAGE, costUsd: 0 };
  };
  return adjudicate({
    strategy,
    answer,
    tools: null,
    question,
    candidates,
    orders: 2,
    adjudicators: [{ name: "court/judge", family: null, promptTokens, skip: null }],
    ask,
    random,
    token: () => (drawn++).toString(16).padStart(32, "a"),
    sha256: async () => "",
    now: () => 0,
    countTokens,
    confidence: null,
  });
}

/** Texts before a judge who is told what it is shown. */
export function judged(
  { strategy, question, texts, judge }: Pick<Matter, "strategy" | "question"> & { texts: string[]; judge: Judge },
  random?: () => number,
): Promise<Decision> {
  return decided({ strategy, question, candidates: candidatesOf(texts), reply: (prompt) => judge(shownIn(prompt)) }, random);
}
