/** Candidates and decision inputs for tests, with a judge that is scripted; nothing here is random. */
import type { Ask, Candidate, Decision, DecisionInput, Json } from "../../adjudicator/index.ts";
import { candidateOf } from "../kit/candidate.ts";

export function candidate(seat: number, answer: Json, over: Partial<Candidate> = {}): Candidate {
  const member = over.member ?? `p${seat}/m${seat}`;
  const text = typeof answer === "string" ? answer : JSON.stringify(answer);
  const reading: Candidate["reading"] =
    answer === null ? { status: "abstained" } : { status: "read", key: JSON.stringify(answer), value: answer };
  return candidateOf({ seat, text, reading, order: seat - 1, ...over, member });
}

export const silentAsk: Ask = async () => ({
  ok: false,
  reason: "timeout",
  detail: "",
  usage: { input_tokens: null, output_tokens: null },
  costUsd: null,
});
/** A judge that says the same whatever it is asked. */
export const sayingAsk =
  (text: string): Ask =>
  async () => ({
    ok: true,
    text,
    finish: "stop",
    usage: { input_tokens: 10, output_tokens: 5 },
    costUsd: 0.001,
  });
export function decisionInput(candidates: Candidate[], over: Partial<DecisionInput> = {}): DecisionInput {
  let drawn = 0;
  return {
    strategy: "auto",
    answer: { type: "number" },
    tools: null,
    question: "How many?",
    candidates,
    orders: 2,
    adjudicators: [{ name: "judge/one", family: null, promptTokens: 100_000, skip: null }],
    ask: silentAsk,
    random: () => 0.5,
    token: () => (++drawn).toString(16).padStart(32, "0"),
    sha256: async () => "0".repeat(64),
    now: () => 0,
    countTokens: (text) => Math.ceil(text.length / 4),
    confidence: null,
    ...over,
  };
}

export const codes = (decision: Decision): string[] => decision.degradations.map((one) => one.code).toSorted();
