/** Accepts runs as jobs and works them off, one lease at a time; a job ends in exactly one terminal state. Knows no HTTP. */
import type { RunRequest } from "../consensus/consensus.ts";
import { Problem } from "../core/problem.ts";
import type { JobRow, Owner } from "../store/store.ts";
import type { JobDeps } from "./deps.ts";
import { viewOf, type JobView } from "./view.ts";
import { createWorkers } from "./workers.ts";

export interface Jobs {
  /** `runId` names the job too; else both are drawn */
  accept(owner: Owner, request: RunRequest, runId?: string): Promise<JobView>;
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

const MAX_WAITING = 1000;
const RETRY_S = 10;

/** A job and its run share their hex digits, so that a job that is run again stores no second report. */
export const jobOf = (runId: string): string => `job_${runId.slice("run_".length)}`;

const missing = (): never => {
  throw new Problem("not-found", "there is no job of this id");
};

export function createJobs(deps: JobDeps): Jobs {
  const { store, clock, random, meter } = deps;
  const workers = createWorkers(deps);
  return {
    async accept(owner, request, runId = `run_${random.hex(16)}`) {
      if ((await store.waiting()) >= MAX_WAITING) {
        meter.count("shed", { where: "jobs" });
        throw new Problem("overloaded", "too many jobs are waiting", { retryAfterS: RETRY_S });
      }
      const now = clock.wall();
      const id = jobOf(runId);
      const fresh = { attempts: 0, fence: 0, lease_until: null, report_id: null, problem: null, progress: null };
      const job: JobRow = { id, owner, state: "queued", request: JSON.stringify(request), created_at: now, updated_at: now, ...fresh };
      await store.accept(job);
      meter.count("jobs", { state: "queued" });
      void workers.start();
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
      // also where the store has said so before: nothing of it may go on here
      workers.abort(id);
      if (ended === "finished") throw new Problem("job-already-finished", "the job has ended before it could be cancelled");
      meter.count("jobs", { state: "cancelled" });
      return viewOf((await store.get(owner, id)) ?? missing());
    },
    drain: workers.start,
    watch: workers.watch,
    stop: workers.stop,
  };
}
