/** One bounded queue per provider: how many calls run at once, how many wait, and who is turned away. Never calls anybody. */
import pLimit from "p-limit";
import type { Clock, Meter } from "../core/ports.ts";
import type { Cutoff } from "../core/time.ts";
import type { Cut } from "./cut.ts";
import type { PanelKnobs } from "./knobs.ts";

/** The right to one call; `release` may be called twice. */
export type Slot = { release: () => void };
export interface Need {
  /** monotonic ms by which the call must be done */
  by: number;
  /** ms that it usually takes, and that it hardly ever exceeds; 0 = unknown */
  usualMs: number;
  mostMs: number;
  cutoff: Cutoff<Cut>;
}
export interface Gate {
  /** null = turned away (`overloaded`), or cut while waiting (then `cutoff.reason` is set) */
  acquire(need: Need): Promise<Slot | null>;
  /** whether a call that came now would be turned away */
  full(): boolean;
  /** a call succeeded: room for a little more */
  gain(): void;
  /** a call was throttled or timed out: room for fewer */
  ease(): void;
  inFlight(): number;
  queued(): number;
}
interface Waiter {
  need: Need;
  /** came when no place was free */
  waited: boolean;
  settle(release: (() => void) | null): void;
}

export function createGate(
  ports: { clock: Clock; meter: Meter },
  most: number,
  knobs: Pick<PanelKnobs, "queueFactor" | "easeFactor" | "easeMs">,
): Gate {
  const limit = pLimit(most);
  // p-limit cannot take a waiting call back: its jobs are anonymous, each serves whoever waits longest
  const waiters = new Set<Waiter>();
  let room = most;
  let easedAt = Number.NEGATIVE_INFINITY;
  let inFlight = 0;
  const { clock, meter } = ports;
  const resize = (to: number): void => {
    room = to;
    const whole = Math.floor(room);
    if (whole !== limit.concurrency) limit.concurrency = whole;
  };
  // by the slow case, not the usual one: an overloaded queue is full of calls that would just not make it
  const hopeless = ({ by, mostMs }: Need, waitMs: number): boolean => clock.now() + waitMs + mostMs >= by;
  const shed = (waiter: Waiter): void => {
    waiters.delete(waiter);
    meter.count("shed", { where: "panel" });
    waiter.settle(null);
  };
  const serve = async (): Promise<void> => {
    for (const waiter of waiters) {
      if (waiter.waited && hopeless(waiter.need, 0)) {
        shed(waiter);
        continue;
      }
      waiters.delete(waiter);
      inFlight += 1;
      await new Promise<void>((release) => waiter.settle(release));
      inFlight -= 1;
      return;
    }
  };
  /** those for whom no place is on its way: p-limit hands places out a few microtasks after they are free */
  const waiting = (): number => Math.max(0, waiters.size - Math.max(0, limit.concurrency - inFlight));
  const full = (): boolean => waiting() >= most * knobs.queueFactor && inFlight + waiters.size >= limit.concurrency;
  /** turns of the whole room that pass before a newcomer gets in */
  const turns = (): number => (inFlight + waiters.size < limit.concurrency ? 0 : Math.ceil((waiting() + 1) / limit.concurrency));
  const shedHopeless = (): boolean => {
    for (const waiter of waiters)
      if (hopeless(waiter.need, 0)) {
        shed(waiter);
        return true;
      }
    return false;
  };
  return {
    acquire(need) {
      if (need.cutoff.reason !== null) return Promise.resolve(null);
      const ahead = turns();
      if ((ahead > 0 && hopeless(need, ahead * need.usualMs)) || (full() && !shedHopeless())) {
        meter.count("shed", { where: "panel" });
        return Promise.resolve(null);
      }
      return new Promise((resolve) => {
        const waiter: Waiter = {
          need,
          waited: ahead > 0,
          settle(release) {
            leave();
            resolve(release && { release });
          },
        };
        waiters.add(waiter);
        const leave = need.cutoff.onCut(() => {
          waiters.delete(waiter);
          resolve(null);
        });
        if (limit.pendingCount < waiters.size) void limit(serve);
      });
    },
    full,
    gain: () => resize(Math.min(most, room + 1 / room)),
    ease() {
      if (clock.now() - easedAt < knobs.easeMs) return;
      easedAt = clock.now();
      resize(Math.max(1, room * knobs.easeFactor));
    },
    inFlight: () => inFlight,
    queued: waiting,
  };
}
