/** How many retries and hedges a provider can stand: a bucket that first attempts fill. Holds no clock of its own. */
import type { Clock } from "../core/ports.ts";

export interface RetryBudget {
  /** a first attempt: earns its share */
  earn(provider: string): void;
  /** whether `take` would succeed now */
  ready(provider: string): boolean;
  /** takes one; false = not now */
  take(provider: string): boolean;
}

/**
 * In any `windowMs` at most `floor` + `share` × first attempts are taken, however the window is laid: half of the floor may
 * lie ready in the bucket, the other half trickles in over the window.
 */
export function createRetryBudget(
  clock: Clock,
  { share, floor, windowMs }: { share: number; floor: number; windowMs: number },
): RetryBudget {
  const cap = floor / 2;
  const buckets = new Map<string, { tokens: number; at: number }>();
  const filled = (provider: string): { tokens: number; at: number } => {
    const now = clock.now();
    const bucket = buckets.get(provider) ?? { tokens: cap, at: now };
    bucket.tokens = Math.min(cap, bucket.tokens + ((now - bucket.at) * cap) / windowMs);
    bucket.at = now;
    buckets.set(provider, bucket);
    return bucket;
  };
  return {
    earn(provider) {
      filled(provider).tokens += share;
    },
    ready: (provider) => filled(provider).tokens >= 1,
    take(provider) {
      const bucket = filled(provider);
      if (bucket.tokens < 1) return false;
      bucket.tokens -= 1;
      return true;
    },
  };
}
