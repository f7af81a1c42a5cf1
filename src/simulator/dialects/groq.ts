/** Groq's flavour of chat completions: times in the usage, a streamed usage in `x_groq`, day and minute rate headers. */
import { ALNUM, HEX, draw, hash } from "../seeded.ts";
import { type Fields, type Flavour, basicUsage, completions } from "./completions.ts";
import type { Facts } from "./dialect.ts";
import { MODELS } from "./models.ts";

const uuid = (key: string): string => draw(HEX, 32, key).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
const groqUsage = (facts: Facts): Fields => {
  const seconds = facts.tookMs / 1000;
  const times = { queue_time: seconds * 0.1, prompt_time: seconds * 0.2, completion_time: seconds * 0.7, total_time: seconds * 0.9 };
  return { ...basicUsage(facts), ...times };
};
const groqId = (facts: Facts): string => `req_01${draw(ALNUM.toLowerCase(), 24, facts.key)}`;
const GROQ: Flavour = {
  name: "groq",
  basePath: "",
  chatPath: "/openai/v1/chat/completions",
  id: (key) => `chatcmpl-${uuid(key)}`,
  stop: () => "stop",
  usage: groqUsage,
  wholeExtras: (facts) => ({
    usage_breakdown: null,
    system_fingerprint: `fp_${draw(HEX, 10, facts.model)}`,
    x_groq: { id: groqId(facts), seed: hash(facts.key) },
    service_tier: "on_demand",
  }),
  lastExtras: (facts) => ({ x_groq: { id: groqId(facts), usage: groqUsage(facts) } }),
  headers: (facts) => ({
    "x-request-id": groqId(facts),
    "x-groq-region": "dls",
    "x-ratelimit-limit-requests": "14400",
    "x-ratelimit-remaining-requests": "14399",
    "x-ratelimit-reset-requests": "6s",
    "x-ratelimit-limit-tokens": "250000",
    "x-ratelimit-remaining-tokens": String(Math.max(0, 250_000 - facts.promptTokens)),
    "x-ratelimit-reset-tokens": "7.66ms",
  }),
  error: ({ message, type, code }) => {
    const error: Fields = code === null ? { message, type } : { message, type, code };
    return { error };
  },
  models: () => ({
    object: "list",
    data: MODELS.groq.map(({ id, contextTokens, maxOutputTokens }) => ({
      id,
      object: "model",
      created: 1_754_400_000,
      owned_by: id.split("/")[0] ?? "groq",
      active: true,
      context_window: contextTokens,
      max_completion_tokens: maxOutputTokens,
    })),
  }),
};

export const groq = completions(GROQ);
