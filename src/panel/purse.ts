/** What is left of a run's money, and what a call can cost at worst or did cost. Knows prices from the facts only; unknown is null, never 0. */
import type { ChatMessage, Sampling, Usage } from "../core/chat.ts";
import type { ModelFacts } from "../providers/provider.ts";
import type { Purse } from "./panel.ts";

type Prices = Pick<ModelFacts, "inputUsdPerMtok" | "outputUsdPerMtok">;
type Limits = Prices & Pick<ModelFacts, "contextTokens" | "maxOutputTokens">;

const PER_MILLION = 1e6;
/** tokens that a chat template adds per message and per request, rounded up */
const TOKENS_PER_MESSAGE = 8;
const TOKENS_PER_REQUEST = 16;
const encoder = new TextEncoder();

/** No byte-pair tokenizer makes more tokens than the text has UTF-8 bytes: a bound that needs no vocabulary. */
const mostTokens = (text: string): number => encoder.encode(text).length;

function promptTokensAtMost(messages: readonly ChatMessage[], sampling: Sampling): number {
  let tokens = TOKENS_PER_REQUEST;
  for (const message of messages) {
    tokens += TOKENS_PER_MESSAGE + mostTokens(message.content ?? "");
    if (message.role === "assistant" && message.tool_calls) tokens += mostTokens(JSON.stringify(message.tool_calls));
  }
  if (sampling.tools) tokens += mostTokens(JSON.stringify(sampling.tools));
  if (sampling.response_format) tokens += mostTokens(JSON.stringify(sampling.response_format));
  return tokens;
}

const isFree = (facts: Prices): boolean => facts.inputUsdPerMtok === 0 && facts.outputUsdPerMtok === 0;

/** The most that one call can cost in US dollars; null when a price or the length of the answer has no known bound. */
export function worstCaseUsd(messages: readonly ChatMessage[], sampling: Sampling, facts: Limits): number | null {
  if (isFree(facts)) return 0;
  const { inputUsdPerMtok, outputUsdPerMtok, contextTokens, maxOutputTokens } = facts;
  if (inputUsdPerMtok === null || outputUsdPerMtok === null) return null;
  const output = sampling.max_tokens ?? maxOutputTokens ?? contextTokens;
  if (output === null) return null;
  const bound = promptTokensAtMost(messages, sampling);
  const input = contextTokens === null ? bound : Math.min(bound, contextTokens);
  return (input * inputUsdPerMtok + output * outputUsdPerMtok) / PER_MILLION;
}

/** What a call cost by its reported usage; null when a price or a count that matters is unknown. */
export function costUsd(facts: Prices, usage: Usage): number | null {
  if (isFree(facts)) return 0;
  const input = product(facts.inputUsdPerMtok, usage.input_tokens);
  const output = product(facts.outputUsdPerMtok, usage.output_tokens);
  return input === null || output === null ? null : (input + output) / PER_MILLION;
}

function product(usdPerMtok: number | null, tokens: number | null): number | null {
  if (usdPerMtok === 0 || tokens === 0) return 0;
  return usdPerMtok === null || tokens === null ? null : usdPerMtok * tokens;
}

/** Sum in which one unknown part makes the whole unknown. */
export const addUsd = (left: number | null, right: number | null): number | null => (left === null || right === null ? null : left + right);

/** Guards against the sum of many small doubles missing a limit that it meets on paper. */
const ROUNDING_USD = 1e-12;

/** `limitUsd` null: everything fits and nothing is counted. */
export function createPurse(limitUsd: number | null): Purse {
  let booked = 0;
  return {
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
