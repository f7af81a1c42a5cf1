/** Recent durations of answered attempts, per name, and their p50 and p95. Forgets what is old. */
import type { Clock } from "../core/ports.ts";
import { Lately } from "./lately.ts";

export interface Percentiles {
  p50: number;
  p95: number;
}
export interface Latencies {
  add(name: string, ms: number): void;
  /** null before the first */
  recent(name: string): Percentiles | null;
  /** like `recent`, but null until there is enough to act on */
  known(name: string): Percentiles | null;
}
interface Ring {
  ms: number[];
  at: number[];
  next: number;
  /** samples since `cached` was made */
  since: number;
  cached: (Percentiles & { count: number; until: number }) | null;
}

/** Sorting at every call would be a quarter of the panel's time: an estimate stands for a while, once it rests on enough. */
const STANDS_MS = 1000;
const STANDS_SAMPLES = 8;

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;

export function createLatencies(
  clock: Clock,
  knobs: { latencySamples: number; latencyMinimum: number; latencyMaxAgeMs: number },
): Latencies {
  const rings = new Lately<Ring>();
  const look = (name: string): (Percentiles & { count: number }) | null => {
    const ring = rings.get(name);
    if (ring === undefined) return null;
    const now = clock.now();
    const stands = ring.cached !== null && ring.since < Math.min(STANDS_SAMPLES, Math.floor(ring.cached.count / 16));
    if (ring.cached !== null && (stands || ring.since === 0) && now < ring.cached.until)
      return ring.cached.count === 0 ? null : ring.cached;
    const fresh = ring.ms.filter((_, index) => now - (ring.at[index] ?? 0) <= knobs.latencyMaxAgeMs).sort((a, b) => a - b);
    ring.cached = { p50: percentile(fresh, 0.5), p95: percentile(fresh, 0.95), count: fresh.length, until: now + STANDS_MS };
    ring.since = 0;
    return fresh.length === 0 ? null : ring.cached;
  };
  return {
    add(name, ms) {
      const ring = rings.get(name) ?? { ms: [], at: [], next: 0, since: 0, cached: null };
      ring.ms[ring.next] = ms;
      ring.at[ring.next] = clock.now();
      ring.next = (ring.next + 1) % knobs.latencySamples;
      ring.since += 1;
      rings.set(name, ring);
    },
    recent(name) {
      const seen = look(name);
      return seen && { p50: Math.round(seen.p50), p95: Math.round(seen.p95) };
    },
    known(name) {
      const seen = look(name);
      return seen !== null && seen.count >= knobs.latencyMinimum ? seen : null;
    },
  };
}
