/** How long one call may take, as a whole and phase by phase, and what it usually takes. Calls nobody. */
import type { PhaseLimits } from "./attempt.ts";
import type { PanelKnobs } from "./knobs.ts";
import type { Need } from "./limits.ts";
import type { Room, Target } from "./room.ts";

/** The attempt limit, ms: the seat's own, else the model's, else the provider's. */
export const attemptLimit = ({ facts, provider }: Target, timeoutMs: number | null): number =>
  timeoutMs ?? facts.timeoutMs ?? provider.timeoutMs;

/** `isCold`: a local model that is not in memory. */
export function phaseLimits({ firstByteMs, idleMs, coldMs }: PanelKnobs, whole: number, isCold: boolean): PhaseLimits {
  const idle = Math.min(whole, idleMs);
  if (isCold) return { firstByte: Math.max(whole, coldMs), whole, wholeFrom: "first-byte", idle };
  return { firstByte: Math.min(whole, firstByteMs ?? whole), whole, wholeFrom: "start", idle };
}

/** What a call of this member needs of its queue. */
export function needOf({ latencies }: Room, member: string, by: number): Need {
  const known = latencies.known(member);
  return { by, usualMs: known?.p50 ?? 0, mostMs: known?.p95 ?? 0 };
}
