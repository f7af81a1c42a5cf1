/** How the service ends after SIGTERM: new requests are refused, jobs handed back, runs in flight given their grace. Knows no server and no process. */
import type { Clock } from "../core/ports.ts";
import { within } from "../core/within.ts";

/** After SIGTERM runs in flight get this long, then end as if their deadline had struck. */
const DRAIN_MS = 20_000;
/** What storing and writing those last replies may take. */
const TAIL_MS = 3_000;

export interface Ending {
  clock: Clock;
  /** from now on new requests are refused */
  drain(): void;
  /** ends what still runs with what there is */
  strike(): void;
  /** hands running jobs back to the queue */
  stopJobs(): Promise<void>;
  /** resolves when every request that is open now has been answered, after `ms` at the latest */
  drained(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Resolves within the grace time, whatever the jobs and their store do meanwhile. */
export async function endInGrace({ clock, drain, strike, stopJobs, drained, close }: Ending): Promise<void> {
  drain();
  const cancel = clock.timer(DRAIN_MS, strike);
  await Promise.all([within(clock, stopJobs(), DRAIN_MS + TAIL_MS), drained(DRAIN_MS + TAIL_MS)]);
  cancel();
  await close();
}
