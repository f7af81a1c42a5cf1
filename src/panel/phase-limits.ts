/** How long one call may take, as a whole and phase by phase. Pure. */
import type { PhaseLimits } from "./attempt.ts";
import type { PanelKnobs } from "./knobs.ts";
import type { Target } from "./room.ts";

/** The attempt limit, ms: the seat's own, else the model's, else the provider's. */
export const attemptLimit = ({ facts, provider }: Target, timeoutMs: number | null): number =>
  timeoutMs ?? facts.timeoutMs ?? provider.timeoutMs;

/** `isCold`: a local model that is not in memory. */
export function phaseLimits({ firstByteMs, idleMs, coldMs }: PanelKnobs, whole: number, isCold: boolean): PhaseLimits {
  const idle = Math.min(whole, idleMs);
  if (isCold) return { firstByte: Math.max(whole, coldMs), whole, wholeFrom: "first-byte", idle };
  return { firstByte: Math.min(whole, firstByteMs ?? whole), whole, wholeFrom: "start", idle };
}
