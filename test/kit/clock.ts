/** A clock that moves only when a test says so; timers fire in order of time, then of creation, with all microtasks run between them. */
import type { Clock } from "../../src/core/ports.ts";

export interface VirtualClock extends Clock {
  /** moves time forward, firing what falls due on the way */
  advance(ms: number): Promise<void>;
  /** fires timers until none is left; fails after `limit` of them */
  runAll(limit?: number): Promise<void>;
  /** lets every promise that can go on do so, without moving time */
  flush(): Promise<void>;
  /** timers armed and not yet fired or cancelled */
  pending(): number;
  /** ms until the next timer; 0 without one */
  untilNext(): number;
  /** moves the wall clock alone */
  jumpWall(ms: number): void;
}

const MAX_TIMER_MS = 2 ** 31 - 1;

export function createVirtualClock(startWall = Date.UTC(2026, 10, 22, 2, 0, 0)): VirtualClock {
  let now = 0;
  let wall = startWall;
  let order = 0;
  const timers = new Map<number, { at: number; fire: () => void }>();
  const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const move = (to: number): void => {
    wall += to - now;
    now = to;
  };
  const next = (): { id: number; at: number; fire: () => void } | null => {
    let first: { id: number; at: number; fire: () => void } | null = null;
    for (const [id, timer] of timers) if (first === null || timer.at < first.at) first = { id, ...timer };
    return first;
  };
  const fireNext = async (until: number): Promise<boolean> => {
    await flush();
    const due = next();
    if (due === null || due.at > until) return false;
    timers.delete(due.id);
    move(Math.max(now, due.at));
    due.fire();
    return true;
  };
  return {
    wall: () => wall,
    now: () => now,
    timer(ms, fire) {
      const id = ++order;
      timers.set(id, { at: now + Math.min(Math.max(0, ms), MAX_TIMER_MS), fire });
      return () => timers.delete(id);
    },
    async advance(ms) {
      const until = now + ms;
      while (await fireNext(until));
      move(until);
      await flush();
    },
    async runAll(limit = 100_000) {
      for (let fired = 0; await fireNext(Number.POSITIVE_INFINITY); fired++)
        if (fired >= limit) throw new Error(`more than ${limit} timers fired`);
      await flush();
    },
    flush,
    pending: () => timers.size,
    untilNext: () => Math.max(0, (next()?.at ?? now) - now),
    jumpWall: (ms) => void (wall += ms),
  };
}
