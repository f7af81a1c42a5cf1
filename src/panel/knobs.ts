/** Every number that the panel's behaviour hangs on, with its default. README.md says where each comes from. */

export interface PanelKnobs {
  /** attempts of one seat, the first included */
  attempts: number;
  /** attempts of one adjudicator call: the second only for a connection that was dead before it was used */
  singleAttempts: number;
  /** ms to the first byte, when shorter than the attempt limit; null = the attempt limit */
  firstByteMs: number | null;
  /** ms between two pieces of content of a streamed reply */
  idleMs: number;
  /** ms to the first byte of a local model that is not in memory, and the bound of a detached warm-up */
  coldMs: number;
  /** ms for a proof or a look at what is loaded */
  proveMs: number;
  /** ms that a proof holds; after it the next call proves again */
  proofTtlMs: number;
  /** ms that a model counts as loaded after its last answer */
  warmTtlMs: number;
  /** full-jitter bases and cap, ms */
  transientBaseMs: number;
  throttleBaseMs: number;
  backoffCapMs: number;
  /** a provider's Retry-After beyond this is not waited for */
  retryAfterCapMs: number;
  /** retries of a provider: share of first attempts, and extra ones in any `retryWindowMs` */
  retryShare: number;
  retryFloor: number;
  retryWindowMs: number;
  /** breaker: failures in a row; failing share of the last `breakerWindow` attempts, once `breakerMinimum` are known */
  breakerRow: number;
  breakerShare: number;
  breakerWindow: number;
  breakerMinimum: number;
  breakerOpenMs: number;
  breakerOpenCapMs: number;
  /** seats that may wait per provider, as a multiple of its concurrency */
  queueFactor: number;
  /** adaptive concurrency: factor on 429 and timeout, at most once in `easeMs`; each success adds 1 ÷ limit */
  easeFactor: number;
  easeMs: number;
  /** attempts that a latency estimate looks at, how many it needs, and how old they may be */
  latencySamples: number;
  latencyMinimum: number;
  latencyMaxAgeMs: number;
  /** substitutes for silent members, `provider/model` → `provider/model`; none = no hedging */
  substitutes: Readonly<Record<string, string>>;
  /** share of a provider's calls that may be hedged */
  hedgeShare: number;
  /** smallest part of the conversation that must survive trimming */
  minShare: number;
  /** tokens kept free for the answer when the request names no max_tokens */
  reserveTokens: number;
}

export const DEFAULT_KNOBS: PanelKnobs = {
  attempts: 3,
  singleAttempts: 2,
  firstByteMs: null,
  idleMs: 30_000,
  coldMs: 300_000,
  proveMs: 10_000,
  proofTtlMs: 60_000,
  warmTtlMs: 240_000,
  transientBaseMs: 50,
  throttleBaseMs: 1000,
  backoffCapMs: 20_000,
  retryAfterCapMs: 60_000,
  retryShare: 0.2,
  retryFloor: 20,
  retryWindowMs: 10_000,
  breakerRow: 5,
  breakerShare: 0.2,
  breakerWindow: 20,
  breakerMinimum: 10,
  breakerOpenMs: 5000,
  breakerOpenCapMs: 300_000,
  queueFactor: 16,
  easeFactor: 0.7,
  easeMs: 1000,
  latencySamples: 64,
  latencyMinimum: 8,
  latencyMaxAgeMs: 300_000,
  substitutes: {},
  hedgeShare: 0.05,
  minShare: 0.05,
  reserveTokens: 1024,
};
