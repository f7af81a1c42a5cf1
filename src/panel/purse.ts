/** What is left of a run's money, and what a call can cost at worst. Knows prices from the facts only; unknown is null, never 0. */
import type { ChatMessage, Sampling } from "../core/chat.ts";
import { countsDigits, estimateTokens, promptTokens } from "../core/tokens.ts";
import { isFree } from "../providers/models.ts";
import type { ModelFacts } from "../providers/provider.ts";
import type { Purse } from "./panel.ts";

type Limits = Pick<ModelFacts, "inputUsdPerMtok" | "outputUsdPerMtok" | "contextTokens" | "maxOutputTokens" | "family">;

const PER_MILLION = 1e6;
/** The estimator's lowest ratio to a true count, over all texts that it was measured on, was 0.79. */
const WORST = 1.3;

function promptTokensAtMost(messages: readonly ChatMessage[], sampling: Sampling, family: string | null): number {
  const tokenizer = { perDigit: countsDigits(family ?? "") };
  let tokens = promptTokens(messages, tokenizer);
  if (sampling.tools) tokens += estimateTokens(JSON.stringify(sampling.tools), tokenizer);
  if (sampling.response_format) tokens += estimateTokens(JSON.stringify(sampling.response_format), tokenizer);
  return Math.ceil(tokens * WORST);
}

/** Tokens that an answer gets where money is limited and nothing else bounds it: an endless answer has no worst case. */
const UNBOUNDED_OUTPUT = 4096;

/** What a call is sent where money is limited: the worst case holds only if the model cannot write on. */
export function bounded(sampling: Sampling, facts: Limits): Sampling {
  const known = sampling.max_tokens ?? facts.maxOutputTokens ?? facts.contextTokens;
  return known !== null || isFree(facts) ? sampling : { ...sampling, max_tokens: UNBOUNDED_OUTPUT };
}

/** The most that one call can cost in US dollars, its sampling being `bounded`; null when a price is unknown. */
export function worstCaseUsd(messages: readonly ChatMessage[], sampling: Sampling, facts: Limits): number | null {
  if (isFree(facts)) return 0;
  const { inputUsdPerMtok, outputUsdPerMtok, contextTokens, maxOutputTokens } = facts;
  if (inputUsdPerMtok === null || outputUsdPerMtok === null) return null;
  const output = sampling.max_tokens ?? maxOutputTokens ?? contextTokens ?? UNBOUNDED_OUTPUT;
  const bound = promptTokensAtMost(messages, sampling, facts.family);
  const input = contextTokens === null ? bound : Math.min(bound, contextTokens);
  return (input * inputUsdPerMtok + output * outputUsdPerMtok) / PER_MILLION;
}

/** Sum in which one unknown part makes the whole unknown. */
export const addUsd = (left: number | null, right: number | null): number | null => (left === null || right === null ? null : left + right);

/** Guards against the sum of many small doubles missing a limit that it meets on paper. */
const ROUNDING_USD = 1e-12;

/** `limitUsd` null: everything fits and nothing is counted. */
export function createPurse(limitUsd: number | null): Purse {
  let booked = 0;
  return {
    unlimited: limitUsd === null,
    reserve(usd) {
      if (limitUsd === null) return true;
      if (usd === null || booked + usd > limitUsd + ROUNDING_USD) return false;
      booked += usd;
      return true;
    },
    settle(reserved, spent) {
      if (limitUsd === null || spent === null) return;
      booked += spent - (reserved ?? 0);
    },
  };
}
