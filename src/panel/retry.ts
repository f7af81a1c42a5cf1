/** Whether and when a failed attempt is tried again: by what the failure allows, never beyond the deadline. Pure. */
import type { Again, Failure } from "../providers/provider.ts";
import type { PanelKnobs } from "./knobs.ts";

/** Retries that one kind of failure may have in a run. */
const ALLOWED: Record<Again, number> = { never: 0, "at-once": 1, once: 1, shrink: 1, twice: 2 };

export interface RetryHistory {
  attempts: number;
  /** retries so far by failure reason */
  byReason: Map<string, number>;
}
type Knobs = Pick<PanelKnobs, "attempts" | "transientBaseMs" | "throttleBaseMs" | "backoffCapMs" | "retryAfterCapMs">;

/** Full jitter: uniform over the whole of an exponentially growing span; a provider's own wait is the floor. */
export function waitMs(failure: Failure, retries: number, random: () => number, knobs: Knobs): number {
  if (failure.again === "at-once") return 0;
  const base = failure.reason === "rate-limited" ? knobs.throttleBaseMs : knobs.transientBaseMs;
  const jitter = random() * Math.min(knobs.backoffCapMs, base * 2 ** retries);
  return Math.max(failure.retryAfterMs ?? 0, jitter);
}

/** ms to wait before the next attempt; null = there is none. `timeLeftMs` is what remains, `usualMs` what an attempt takes. */
export function nextWait(
  failure: Failure,
  history: RetryHistory,
  time: { leftMs: number; usualMs: number },
  random: () => number,
  knobs: Knobs,
): number | null {
  if (failure.textRead || history.attempts >= knobs.attempts) return null;
  const retries = history.byReason.get(failure.reason) ?? 0;
  if (retries >= ALLOWED[failure.again]) return null;
  if ((failure.retryAfterMs ?? 0) > knobs.retryAfterCapMs) return null;
  const wait = waitMs(failure, history.attempts - 1, random, knobs);
  return wait + Math.max(1, time.usualMs) > time.leftMs ? null : wait;
}

export function noteRetry(history: RetryHistory, reason: string): void {
  history.byReason.set(reason, (history.byReason.get(reason) ?? 0) + 1);
}
