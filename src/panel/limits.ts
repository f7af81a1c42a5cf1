/** One bounded queue per provider: how many calls run at once, how many wait, and who is turned away. Never calls anybody. */
import type { Clock, Meter } from "../core/ports.ts";
import type { Cutoff } from "../core/time.ts";
import type { Cut } from "./cut.ts";
import type { PanelKnobs } from "./knobs.ts";

/** The right to one call; `release` may be called twice. */
export interface Slot {
  release(): void;
}
export interface Need {
  /** monotonic ms by which the call must be done */
  by: number;
  /** ms that it usually takes, and that it hardly ever exceeds; 0 = unknown */
  usualMs: number;
  mostMs: number;
}
interface Waiter {
  need: Need;
  cutoff: Cutoff<Cut>;
  settle(served: boolean): void;
}
type Knobs = Pick<PanelKnobs, "queueFactor" | "easeFactor" | "easeMs">;

/**
 * Turns are longer than the p50 says when some calls are slow, and the error grows with the queue: whoever is let in on it and turned
 * away at the end has waited for nothing. The turn that is running is half over on average.
 */
const TURN_SLACK = 1.5;

export class Gate {
  readonly #ports: { clock: Clock; meter: Meter };
  readonly #knobs: Knobs;
  readonly #most: number;
  readonly #waiters = new Set<Waiter>();
  #room: number;
  #easedAt = Number.NEGATIVE_INFINITY;
  #inFlight = 0;

  constructor(ports: { clock: Clock; meter: Meter }, most: number, knobs: Knobs) {
    this.#ports = ports;
    this.#knobs = knobs;
    this.#most = most;
    this.#room = most;
  }

  /** null = turned away (`overloaded`), or cut while waiting (then `cutoff.reason` is set) */
  acquire({ cutoff, ...need }: Need & { cutoff: Cutoff<Cut> }): Promise<Slot | null> {
    if (cutoff.reason !== null) return Promise.resolve(null);
    if (this.refuses(need)) {
      this.#ports.meter.count("shed", { where: "panel" });
      return Promise.resolve(null);
    }
    if (this.#hasPlace()) return Promise.resolve(this.#take(cutoff));
    if (this.full()) this.#shedHopeless();
    return new Promise((resolve) => {
      const waiter: Waiter = {
        need,
        cutoff,
        settle: (served) => {
          leave();
          resolve(served ? this.#take(cutoff) : null);
        },
      };
      this.#waiters.add(waiter);
      const leave = cutoff.onCut(() => {
        this.#waiters.delete(waiter);
        resolve(null);
      });
    });
  }

  /** whether `acquire` would turn this call away now: the wait cannot end in time, or there is no place to wait */
  refuses(need: Need): boolean {
    const ahead = this.#turns();
    if (ahead > 0 && this.#hopeless(need, (ahead - 0.5) * TURN_SLACK * need.usualMs)) return true;
    return this.full() && this.#firstHopeless() === null;
  }

  /** whether a call that came now would find no place, neither to run nor to wait */
  full(): boolean {
    return this.queued() >= this.#most * this.#knobs.queueFactor && !this.#hasPlace();
  }

  /** a call succeeded: room for a little more, one for each round of successes */
  gain(): void {
    this.#resize(Math.min(this.#most, this.#room + 1 / this.#room));
  }

  /** a call was throttled or timed out: room for fewer, once for each burst of them */
  ease(): void {
    const now = this.#ports.clock.now();
    if (now - this.#easedAt < this.#knobs.easeMs) return;
    this.#easedAt = now;
    this.#resize(Math.max(1, this.#room * this.#knobs.easeFactor));
  }

  inFlight(): number {
    return this.#inFlight;
  }

  queued(): number {
    return this.#waiters.size;
  }

  /** nobody waits while there is a place */
  #hasPlace(): boolean {
    return this.#inFlight < Math.floor(this.#room);
  }

  /** A cut ends the call in the same tick: the place is free then, whether or not whoever holds it still hears of it. */
  #take(cutoff: Cutoff<Cut>): Slot {
    this.#inFlight += 1;
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      leave();
      this.#inFlight -= 1;
      this.#serve();
    };
    const leave = cutoff.onCut(release);
    return { release };
  }

  #serve(): void {
    for (const waiter of this.#waiters) {
      if (!this.#hasPlace()) return;
      // the cut that made room may be its own: it hears of it in a moment
      if (waiter.cutoff.reason !== null) continue;
      if (this.#hopeless(waiter.need, 0)) this.#shed(waiter);
      else {
        this.#waiters.delete(waiter);
        waiter.settle(true);
      }
    }
  }

  /** by the slow case, not the usual one: an overloaded queue is full of calls that would just not make it */
  #hopeless({ by, mostMs }: Need, waitMs: number): boolean {
    return this.#ports.clock.now() + waitMs + mostMs >= by;
  }

  /** turns of the whole room that pass before a newcomer gets in */
  #turns(): number {
    return this.#hasPlace() ? 0 : Math.ceil((this.queued() + 1) / Math.floor(this.#room));
  }

  #firstHopeless(): Waiter | null {
    for (const waiter of this.#waiters) if (this.#hopeless(waiter.need, 0)) return waiter;
    return null;
  }

  #shedHopeless(): void {
    const waiter = this.#firstHopeless();
    if (waiter !== null) this.#shed(waiter);
  }

  #shed(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    this.#ports.meter.count("shed", { where: "panel" });
    waiter.settle(false);
  }

  #resize(to: number): void {
    this.#room = to;
    this.#serve();
  }
}
