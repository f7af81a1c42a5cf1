/** Candidates, inputs and scripted adjudicators for the tests of the strategies; holds no test. */
import { createHash } from "node:crypto";
import { readBack } from "../../../adjudicator/framing.ts";
import type { AskReply, AskRequest, AdjudicatorSeat, Candidate, DecisionInput } from "../../../adjudicator/types.ts";
import { candidateOf } from "../../kit/candidate.ts";
import { createSeededRandom } from "../../kit/random.ts";
import type { StrategyTask } from "../../../adjudicator/strategies/strategy.ts";

export const seeded = (seed: number): (() => number) => createSeededRandom(seed).next;

export function candidate(seat: number, text: string, more: Partial<Candidate> = {}): Candidate {
  const member = more.member ?? `lab${seat}/model-${seat}`;
  const reading = { status: "read", key: text, value: text } as const;
  return candidateOf({ seat, family: `family-${seat}`, text, reading, ...more, member });
}

export const judge = (name = "court/judge", more: Partial<AdjudicatorSeat> = {}): AdjudicatorSeat => ({
  name,
  family: name.split("/")[0] ?? null,
  promptTokens: 32_000,
  skip: null,
  ...more,
});

export const replied = (text: string, more: Partial<Extract<AskReply, { ok: true }>> = {}): AskReply => ({
  ok: true,
  text,
  finish: "stop",
  usage: { input_tokens: 100, output_tokens: 10 },
  costUsd: 0.001,
  ...more,
});
export const failed = (reason: string): AskReply => ({
  ok: false,
  reason,
  detail: `the adjudicator's ${reason}`,
  usage: { input_tokens: null, output_tokens: null },
  costUsd: reason === "skipped" ? 0 : null,
});

/** A judge that sees what stands under each label, and names the one that `prefer` likes most. */
export function prefers(score: (text: string) => number): (request: AskRequest) => AskReply {
  return ({ prompt }) => {
    const shown = readBack(prompt)?.candidates ?? [];
    const best = shown.toSorted((a, b) => score(b.text.head) - score(a.text.head))[0];
    return replied(JSON.stringify({ reason: "it is right", winner: best?.label }));
  };
}

export interface Scene extends StrategyTask {
  asked: AskRequest[];
}

export function scene(
  texts: (string | Candidate)[],
  reply: (request: AskRequest, call: number) => AskReply,
  more: Partial<DecisionInput> & { allowNone?: boolean } = {},
): Scene {
  const { allowNone = false, ...rest } = more;
  const candidates = texts.map((text, index) => (typeof text === "string" ? candidate(index + 1, text) : text));
  const { next: random, hex } = createSeededRandom(7);
  const asked: AskRequest[] = [];
  const input: DecisionInput = {
    strategy: "pick",
    answer: { type: "text" },
    tools: null,
    question: "How many logins failed?",
    candidates,
    orders: 2,
    adjudicators: [judge()],
    ask: async (request) => {
      asked.push(request);
      return reply(request, asked.length);
    },
    random,
    token: () => hex(16),
    sha256: async (text) => createHash("sha256").update(text).digest("hex"),
    now: () => 0,
    countTokens: (text) => Math.ceil(text.length / 4),
    confidence: null,
    ...rest,
  };
  const classes = candidates.map(({ seat, member, text, weight }) => ({
    key: text,
    value: text,
    members: [member],
    seats: [seat],
    weight,
  }));
  const totalWeight = candidates.reduce((sum, { weight }) => sum + weight, 0);
  return { input, field: candidates, agreement: { share: null, classes, abstained: [], totalWeight }, allowNone, asked };
}
