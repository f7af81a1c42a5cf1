/** OpenAI's own flavour of chat completions. */
import type { Json } from "../../../adjudicator/index.ts";
import { ALNUM, HEX, draw } from "../seeded.ts";
import { type Flavour, basicUsage, completions } from "./completions.ts";
import { MODELS } from "./models.ts";

const models = (): Json => ({
  object: "list",
  data: MODELS.openai.map((model) => ({ id: model.id, object: "model", created: 1_754_400_000, owned_by: "system" })),
});

const OPENAI: Flavour = {
  name: "openai",
  basePath: "/v1",
  chatPath: "/v1/chat/completions",
  id: (key) => `chatcmpl-${draw(ALNUM, 29, key)}`,
  stop: () => "stop",
  usage: (facts) => ({
    ...basicUsage(facts),
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  }),
  wholeExtras: (facts) => ({ service_tier: "default", system_fingerprint: `fp_${draw(HEX, 10, facts.model)}` }),
  lastExtras: () => ({}),
  headers: (facts) => ({
    "x-request-id": `req_${draw(HEX, 32, facts.key)}`,
    "openai-processing-ms": String(Math.round(facts.tookMs)),
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-remaining-requests": "9999",
    "x-ratelimit-reset-requests": "6ms",
  }),
  error: ({ message, type, code, param = null }) => ({ error: { message, type, param, code } }),
  models,
};

export const openai = completions(OPENAI);
