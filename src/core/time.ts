/** Waiting on a Clock port: alarms that never fire early, sleeps that a cut ends, and the cut itself. Never reads ambient time. */
import type { Clock } from "./ports.ts";

/** Ends waits and calls from outside, once, with a reason. An AbortSignal does the same at 20 times the cost, and drops the reason's type. */
export interface Cutoff<Reason extends string> {
  /** null until cut */
  readonly reason: Reason | null;
  /** runs every listener within the same tick; only the first call counts */
  cut(reason: Reason): void;
  /** runs `listener` at the cut (at once when it was cut already); returns its removal */
  onCut(listener: (reason: Reason) => void): () => void;
}

const nothing = (): void => undefined;

export function createCutoff<Reason extends string>(): Cutoff<Reason> {
  let reason: Reason | null = null;
  const listeners = new Set<(reason: Reason) => void>();
  return {
    get reason() {
      return reason;
    },
    cut(why) {
      if (reason !== null) return;
      reason = why;
      const waiting = [...listeners];
      listeners.clear();
      for (const listener of waiting) listener(why);
    },
    onCut(listener) {
      if (reason !== null) {
        listener(reason);
        return nothing;
      }
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A cutoff of its own that its parent cuts too; `leave` takes it off the parent and must be called at the end. */
export function forkCutoff<Reason extends string>(parent: Cutoff<Reason>): { cutoff: Cutoff<Reason>; leave: () => void } {
  const cutoff = createCutoff<Reason>();
  return { cutoff, leave: parent.onCut(cutoff.cut) };
}

/** Runtimes may fire a timer up to a millisecond early, or clamp a long one: an alarm arms itself again until its time has come. */
const REARMS = 64;

/** Calls `fire` once, not before the monotonic time `at`; returns the cancel. */
export function alarm(clock: Clock, at: number, fire: () => void): () => void {
  let rearms = 0;
  let cancel: () => void = nothing;
  const ring = (): void => {
    // a clock that stands still must not make a busy loop
    if (clock.now() < at && ++rearms < REARMS) cancel = clock.timer(Math.ceil(at - clock.now()), ring);
    else fire();
  };
  cancel = clock.timer(Math.max(0, Math.ceil(at - clock.now())), ring);
  return () => cancel();
}

/** Resolves true after `ms`, or false at the cut; leaves neither timer nor listener behind. */
export function sleep<Reason extends string>(clock: Clock, ms: number, cutoff: Cutoff<Reason>): Promise<boolean> {
  if (cutoff.reason !== null) return Promise.resolve(false);
  return new Promise((resolve) => {
    const cancel = alarm(clock, clock.now() + ms, () => {
      leave();
      resolve(true);
    });
    const leave = cutoff.onCut(() => {
      cancel();
      resolve(false);
    });
  });
}
