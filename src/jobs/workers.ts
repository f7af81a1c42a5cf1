/** A few workers of this process that lease one job after another until none waits. Never rejects; a job's own end is work.ts's. */
import { type JobRow, StoreError } from "../store/store.ts";
import { type JobDeps, LEASE_MS } from "./deps.ts";
import { work } from "./work.ts";

/** Jobs at once in one process; their calls share the providers' limits with everybody else's. */
const WORKERS = 4;
/** How often jobs are looked for whose worker died. */
const WATCH_MS = 2_000;

export interface Workers {
  /** resolves when nothing waits any more, or the workers that there may be are busy and done */
  start(): Promise<void>;
  watch(): void;
  /** ends this job's run, if it runs here */
  abort(id: string): void;
  /** hands running jobs back to the queue */
  stop(): Promise<void>;
}

export function createWorkers(deps: JobDeps): Workers {
  const { store, clock, log, meter } = deps;
  /** by try, not by job: a lease that was lost may have come to another worker of this process */
  const running = new Set<{ id: string; lost: AbortController }>();
  const busy = new Set<Promise<void>>();
  const life = { stopped: false, unwatch: (): void => {} };

  const one = async (job: JobRow): Promise<void> => {
    const lost = new AbortController();
    const mine = { id: job.id, lost };
    running.add(mine);
    // leased while the service was told to stop
    if (life.stopped) lost.abort("stopped");
    meter.count("jobs", { state: "running" });
    await work(deps, job, lost).finally(() => running.delete(mine));
  };
  const workOff = async (): Promise<void> => {
    while (!life.stopped) {
      const job = await store.lease(clock.wall(), LEASE_MS);
      if (job === null) return;
      await one(job);
    }
  };
  const failed = (error: unknown): void => {
    if (error instanceof StoreError) meter.count("store_errors", { op: "job" });
    log("error", "job-worker", { error: error instanceof Error ? error.name : "unknown" });
  };
  const start = async (): Promise<void> => {
    if (!life.stopped && busy.size < WORKERS) {
      const worker: Promise<void> = workOff()
        .catch(failed)
        .finally(() => busy.delete(worker));
      busy.add(worker);
    }
    await Promise.all(busy);
  };
  const watch = (): void => {
    void start();
    life.unwatch = clock.timer(WATCH_MS, watch);
  };
  return {
    start,
    watch,
    abort(id) {
      for (const one of running) if (one.id === id) one.lost.abort("cancelled");
    },
    async stop() {
      life.stopped = true;
      life.unwatch();
      for (const { lost } of running) lost.abort("stopped");
      await Promise.all(busy);
    },
  };
}
