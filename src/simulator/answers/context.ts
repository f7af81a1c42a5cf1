/** What every kind of answer is made from: the question, the voice of who answers, and two sources of seeded chance. */
import type { Asked, ProviderName } from "../asked.ts";
import { seeded } from "../seeded.ts";

export interface AnswerContext {
  asked: Asked;
  provider: ProviderName;
  seed: number;
  /** 0, 1 or 2: how this model likes to put things */
  voice: number;
  /** equal for every model asked the same question: what most of them will agree on */
  shared(...about: (string | number)[]): () => number;
  /** this model's own chance, another for each sample */
  own(...about: (string | number)[]): () => number;
  /** this model errs on this question (about one time in five) */
  errs: boolean;
}

/** Share of questions on which one model differs from what the others share. */
const ERROR_RATE = 0.2;
const VOICES: Record<ProviderName, number> = { together: 0, groq: 1, ollama: 2, openai: 1, anthropic: 0 };

export function contextOf(asked: Asked, provider: ProviderName, seed: number): AnswerContext {
  const question = asked.question.slice(0, 20_000);
  const shared: AnswerContext["shared"] = (...about) => seeded(seed, question, ...about);
  const own: AnswerContext["own"] = (...about) => seeded(seed, question, provider, asked.model, asked.sampling, ...about);
  return { asked, provider, seed, voice: VOICES[provider], shared, own, errs: own("errs")() < ERROR_RATE };
}
