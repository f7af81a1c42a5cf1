/** Faults of a 429 and of a short outage: every form of Retry-After, a limit that is about money, and failures that pass. */
import type { Turn } from "../turn.ts";
import { CLOUD, type Fault } from "./fault.ts";
import { say, words } from "./statuses.ts";

const RATE = words("Rate limit reached for this model. Please try again later.", "rate_limit_error", "rate_limit_exceeded");
const limited = (name: string, doc: string, retryAfter: string | string[] | null): Fault => ({
  name,
  doc,
  expects: "rate-limited",
  play: (turn) => say(turn, 429, RATE, retryAfter === null ? {} : { "retry-after": retryAfter }),
});
/** One failure, then health: a retry is answered. */
const once = (name: string, doc: string, fail: (turn: Turn) => void): Fault => ({
  name,
  doc,
  expects: null,
  play: (turn) => (turn.count === 1 ? fail(turn) : turn.ordinary()),
});
export const LIMIT_FAULTS: Fault[] = [
  limited("429", "Limits the rate with 429 and asks to wait for one second.", "1"),
  limited("429-bare", "Limits the rate with 429 and says nothing about waiting.", null),
  limited("429-negative", "Limits the rate and asks to wait for -5 seconds.", "-5"),
  limited("429-huge", "Limits the rate and asks to wait for 1e12 seconds.", "1000000000000"),
  limited("429-words", "Limits the rate and asks to wait until `soon`.", "soon"),
  limited("429-float", "Limits the rate and asks to wait for half a second, written as a fraction.", "0.5"),
  limited("429-past", "Limits the rate and names a date that has passed.", "Wed, 21 Oct 2015 07:28:00 GMT"),
  limited("429-two", "Limits the rate with two Retry-After headers that differ.", ["1", "3600"]),
  once("429-once", "Limits the rate once, asks to wait for one second, then is well.", (turn) =>
    say(turn, 429, RATE, { "retry-after": "1" }),
  ),
  once("503-once", "Is overloaded for one request, then is well.", (turn) => say(turn, 503, words("Overloaded.", "service_unavailable"))),
  {
    name: "429-money",
    doc: "Says 429 where it means that the account is out of money.",
    expects: "unauthorized",
    only: CLOUD,
    play: (turn) => {
      const code = turn.dialect.name === "anthropic" ? "enforced_spend_limit_reached" : "credit_balance_exhausted";
      say(turn, 429, words("You exceeded your current quota, please check your plan and billing details.", "insufficient_quota", code));
    },
  },
];
