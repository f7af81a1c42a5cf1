/** Together's flavour of chat completions: `eos` as a finish reason, a bare array of models, its own rate headers. */
import { ALNUM, HEX, draw, hash } from "../seeded.ts";
import { type Flavour, basicUsage, completions } from "./completions.ts";
import { MODELS } from "./models.ts";

const TOGETHER: Flavour = {
  name: "together",
  basePath: "/v1",
  chatPath: "/v1/chat/completions",
  id: (key) => `${draw(ALNUM, 7, key, 1)}-${draw(ALNUM, 6, key, 2)}-${draw(HEX, 16, key, 3)}`,
  stop: (key) => (hash(key, "eos") % 2 === 0 ? "stop" : "eos"),
  usage: basicUsage,
  wholeExtras: () => ({ prompt: [] }),
  lastExtras: (facts) => ({ usage: basicUsage(facts) }),
  headers: (facts) => ({
    "x-request-id": draw(HEX, 32, facts.key),
    "x-ratelimit-limit": "10",
    "x-ratelimit-remaining": "9",
    "x-ratelimit-reset": "1",
    "x-tokenlimit-limit": "3000",
    "x-tokenlimit-remaining": "2900",
  }),
  error: ({ message, type, code, param = null }, key) => ({ id: draw(ALNUM, 16, key), error: { message, type, param, code } }),
  models: () =>
    MODELS.together.map(({ id, contextTokens, input, output }) => ({
      id,
      object: "model",
      created: 1_754_400_000,
      type: "chat",
      display_name: id.split("/")[1] ?? id,
      context_length: contextTokens,
      pricing: { hourly: 0, input, output, base: 0, finetune: 0 },
    })),
};

export const together = completions(TOGETHER);
