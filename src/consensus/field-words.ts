/** What each field of a request is for, in a sentence for the model that fills it in. Holds words only; limits and shapes are the schema's. */
import type { WireRequest } from "./schema.ts";

export const FIELD_WORDS: Record<keyof WireRequest, string> = {
  messages: "The conversation, as in OpenAI's API, text only. Either this or prompt.",
  prompt: "The question, as one user message. Either this or messages.",
  panel:
    'Whom to ask, each written "provider/model"; as an object also with samples, weight, timeout_ms. Leave out for the configured panel.',
  strategy:
    "How to decide. auto: count what can be counted, else an adjudicator picks. vote: count only. pick, merge, rank: an adjudicator decides. cascade: local models first. fallback: the first usable answer.",
  answer:
    'What kind of answer is wanted; all but text are counted: {"type":"number"}, {"type":"choice","choices":[…]}, {"type":"exact"}, {"type":"json","schema":{…}}. Default text.',
  adjudicators: "Models to ask for a decision, in order, each only when the one before failed.",
  orders: "2 shows the candidates to the adjudicator in both orders and trusts only a stable choice; 1 is cheaper.",
  quorum: "How many different members must give a usable answer.",
  require_quorum: "true: fewer than quorum is an error, not a degraded answer.",
  stop: "decided: stop as soon as the members still out cannot change the outcome. all: wait for everyone.",
  deadline_ms: "Milliseconds for everything together.",
  grace_ms: "Milliseconds to wait for slow members once quorum is met.",
  privacy: "local-only: nothing leaves this machine and its listed neighbours. auto: local-only when personal data is seen.",
  max_cost_usd: "Most that the run may cost in US dollars; members that do not fit are not asked.",
  temperature: "Passed on to the members.",
  top_p: "Passed on to the members.",
  max_tokens: "Longest answer of a member, in tokens.",
  seed: "Passed on to the members that take one.",
  stop_sequences: "Texts at which a member stops.",
  tools: "Functions that the members may call, as in OpenAI's API; their calls are compared and handed back, not carried out.",
  tool_choice: "Whether a function must be called, and which.",
  response_format: "Shape of each member's text, as in OpenAI's API.",
  metadata: "Up to 16 pairs of texts, stored with the report.",
};
