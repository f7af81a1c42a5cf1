/** Hands the candidates to the adjudicator with all that it is lent; a chain (`fallback`) is decided by its first answer. */
import { adjudicate, type Agreement, type Candidate, type Decision } from "../../adjudicator/index.ts";
import { sha256Hex } from "../core/sha256.ts";
import { estimateTokens, TOKEN_MARGIN } from "../core/tokens.ts";
import type { Outcome } from "../core/report.ts";
import type { CallLedger } from "../panel/panel.ts";
import { toolSpecs } from "./candidates.ts";
import type { ConsensusDeps } from "./deps.ts";
import { adjudicatorSeats, lendAsk } from "./ladder.ts";
import type { Learned } from "./learning.ts";
import type { RunPlan } from "./plan.ts";
import { questionOf } from "./question.ts";

/** 128 bits. */
const FENCE_BYTES = 16;

export interface DecideIo {
  candidates: Candidate[];
  agreement: Agreement;
  learned: Learned;
  signal: AbortSignal;
  /** of this run's seats; none when it is decided again */
  outcomes: readonly Outcome[];
  /** adjudication calls are booked here */
  ledger: CallLedger;
  /** pieces of a merge, as they pass its filter */
  onDelta: ((text: string) => void) | undefined;
}

/** Nothing was compared: the first of the chain that answered is the answer. */
function firstOfChain(candidate: Candidate, agreement: Agreement, counted: boolean): Decision {
  const { member, weight, weightSource, seat, text, reading, toolCalls, finish } = candidate;
  const cut = finish === "length";
  return {
    answer: text,
    value: reading.status === "read" && counted ? reading.value : null,
    toolCalls,
    verdict: {
      how: "fallback",
      winner: member,
      supporters: [member],
      agreement: null,
      confidence: null,
      rationale: null,
      dissents: [],
      weights: [{ member, weight, source: weightSource }],
    },
    adjudication: null,
    degradations: cut ? [{ code: "answer-truncated", member, detail: "the answer was cut by its token limit" }] : [],
    agreement,
    winnerSeat: seat,
  };
}

export async function decide(deps: ConsensusDeps, plan: RunPlan, io: DecideIo): Promise<Decision> {
  const { request } = plan;
  const { candidates, agreement, learned, signal, ledger, onDelta } = io;
  const [first] = candidates;
  if (request.strategy === "fallback" && first)
    return firstOfChain(first, agreement, request.tools === undefined && request.answer.type !== "text");
  return adjudicate({
    strategy: request.strategy === "cascade" || request.strategy === "fallback" ? "auto" : request.strategy,
    answer: request.answer,
    tools: toolSpecs(request),
    question: questionOf(request.messages),
    candidates,
    orders: request.orders,
    adjudicators: adjudicatorSeats(deps, plan, io.outcomes),
    ask: lendAsk(deps, plan, signal, ({ calls, retries }) => {
      ledger.calls += calls;
      ledger.retries += retries;
    }),
    random: () => deps.random.next(),
    token: () => deps.random.hex(FENCE_BYTES),
    sha256: async (text) => sha256Hex(text),
    now: () => deps.clock.now(),
    countTokens: (text) => estimateTokens(text) * TOKEN_MARGIN,
    confidence: learned.confidence,
    onDelta,
  });
}
