/** Accepts runs as jobs and works them off, one lease at a time; a job ends in exactly one terminal state. Knows no HTTP. */
import type { RunRequest } from "../consensus/consensus.ts";
import { Problem } from "../core/problem.ts";
import type { JobRow, Owner } from "../store/store.ts";
import { type JobDeps, LEASE_MS } from "./deps.ts";
import { viewOf, type JobView } from "./view.ts";
import { work } from "./work.ts";

export interface Jobs {
  accept(owner: Owner, request: RunRequest): Promise<JobView>;
  get(owner: Owner, id: string): Promise<JobView>;
  list(owner: Owner, page: { limit: number; cursor: string | null }): Promise<{ data: JobView[]; next_cursor: string | null }>;
  /** throws `job-already-finished` or `not-found` */
  cancel(owner: Owner, id: string): Promise<JobView>;
  /** works off what waits until nothing does (Workers: within the life of one request); never rejects */
  drain(): Promise<void>;
  /** looks for jobs whose worker died, now and then (Node) */
  watch(): void;
  /** hands running jobs back to the queue */
  stop(): Promise<void>;
}

/** Jobs at once in one process; their calls share the providers' limits with everybody else's. */
const WORKERS = 4;
const MAX_WAITING = 1000;
const WATCH_MS = 10_000;
const RETRY_S = 10;

const missing = (): never => {
  throw new Problem("not-found", "there is no job of this id");
};

export function createJobs(deps: JobDeps): Jobs {
  const { store, clock, random, meter, log } = deps;
  const running = new Map<string, AbortController>();
  const busy = new Set<Promise<void>>();
  let stopped = false;
  let unwatch = (): void => {};

  const one = async (job: JobRow): Promise<void> => {
    const controller = new AbortController();
    running.set(job.id, controller);
    try {
      await work(deps, job, controller.signal);
    } finally {
      running.delete(job.id);
    }
  };
  const workOff = async (): Promise<void> => {
    while (!stopped) {
      const job = await store.lease(clock.wall(), LEASE_MS);
      if (job === null) return;
      await one(job);
    }
  };
  const start = (): Promise<void> => {
    if (stopped || busy.size >= WORKERS) return Promise.all(busy).then(() => {});
    const worker = workOff().catch((error: unknown) =>
      log("error", "job-worker", { error: error instanceof Error ? error.name : "unknown" }),
    );
    busy.add(worker);
    void worker.finally(() => busy.delete(worker));
    return worker;
  };
  const watch = (): void => {
    void start();
    unwatch = clock.timer(WATCH_MS, watch);
  };

  return {
    async accept(owner, request) {
      if ((await store.waiting()) >= MAX_WAITING) throw new Problem("overloaded", "too many jobs are waiting", { retryAfterS: RETRY_S });
      const now = clock.wall();
      const id = `job_${random.hex(16)}`;
      const fresh = { attempts: 0, fence: 0, lease_until: null, report_id: null, problem: null, progress: null };
      const job: JobRow = { id, owner, state: "queued", request: JSON.stringify(request), created_at: now, updated_at: now, ...fresh };
      await store.accept(job);
      meter.count("jobs", { state: "queued" });
      void start();
      return viewOf(job);
    },
    get: async (owner, id) => viewOf((await store.get(owner, id)) ?? missing()),
    async list(owner, page) {
      const { data, next_cursor } = await store.list(owner, page);
      return { data: data.map(viewOf), next_cursor };
    },
    async cancel(owner, id) {
      const ended = await store.cancel(owner, id, clock.wall());
      if (ended === "missing") return missing();
      if (ended === "finished") throw new Problem("job-already-finished", "the job has ended before it could be cancelled");
      running.get(id)?.abort("cancelled");
      meter.count("jobs", { state: "cancelled" });
      return viewOf((await store.get(owner, id)) ?? missing());
    },
    drain: start,
    watch,
    async stop() {
      stopped = true;
      unwatch();
      for (const controller of running.values()) controller.abort("stopped");
      await Promise.all(busy);
    },
  };
}
