/** One leased job, run to its end: renews the lease, notes progress, writes one terminal state under its fence. Never rejects but for a store that fails. */
import type { RunRequest } from "../consensus/consensus.ts";
import { Problem } from "../core/problem.ts";
import type { ConsensusEvent, Report } from "../core/report.ts";
import type { JobRow } from "../store/store.ts";
import { type JobDeps, LEASE_MS } from "./deps.ts";
import { type MemberProgress, progressAfter } from "./progress.ts";

/** A job that took its worker down this often is not tried again. */
const MAX_ATTEMPTS = 3;
/** A job that ended keeps no prompt. */
const NOTHING = "{}";
type Change = Parameters<JobDeps["store"]["update"]>[2];

const problemOf = (error: unknown): string => {
  const known = error instanceof Problem ? error : new Problem("internal", "an unexpected error ended the job");
  return JSON.stringify({ slug: known.slug, detail: known.detail });
};

const isLast = ({ type }: ConsensusEvent): boolean => type === "run-end" || type === "error";

/** The job's last state, by the last event of its run; null = the run ended without one, because it was aborted. */
function endOf(last: ConsensusEvent | undefined): Change | null {
  if (last?.type === "run-end") return { state: "done", report_id: last.data.id };
  if (last?.type !== "error") return null;
  const { type, detail, report } = last.data;
  return { state: "failed", problem: JSON.stringify({ slug: type.slice("/problems/".length), detail }), report_id: report?.id ?? null };
}

/** One try of a job: what it may write, and whether it is still this worker's. */
interface Hold {
  write(change: Change): Promise<boolean>;
  /** the lease has another owner, or the job has ended: nothing more may be asked for it */
  lost: AbortController;
}

function holdOf({ store, clock, meter }: JobDeps, job: JobRow, lost: AbortController): Hold {
  return {
    lost,
    async write(change) {
      const ended = change.state !== undefined && change.state !== "queued";
      const kept = await store.update(job.id, job.fence, ended ? { ...change, request: NOTHING } : change, clock.wall());
      if (!kept) {
        meter.count("stale_writes", {});
        lost.abort("cancelled");
      } else if (change.state) meter.count("jobs", { state: change.state });
      return kept;
    },
  };
}

/** Renews until it is told to stop; a lease that could not be renewed in time is given up, since another may have it. */
function keepLease({ clock }: JobDeps, leasedUntil: number, { write, lost }: Hold): () => void {
  let until = leasedUntil;
  let cancel = (): void => {};
  const renew = (): void => {
    const next = clock.wall() + LEASE_MS;
    const renewed = write({ lease_until: next }).then((kept) => (until = kept ? next : until));
    renewed.catch(() => {});
    arm();
  };
  const arm = (): void => {
    cancel = clock.timer(LEASE_MS / 3, () => (clock.wall() > until ? lost.abort("cancelled") : renew()));
  };
  arm();
  return () => cancel();
}

/** `lost` ends it from outside: "cancelled", or "stopped" to hand it back. */
export async function work(deps: JobDeps, job: JobRow, lost: AbortController): Promise<void> {
  const hold = holdOf(deps, job, lost);
  if (job.attempts > MAX_ATTEMPTS) {
    const problem = problemOf(new Problem("internal", `the job ended its worker ${MAX_ATTEMPTS} times`));
    await hold.write({ state: "dead", problem });
    return;
  }
  // a cancel that came with the lease is seen here, one that comes after it aborts
  const until = deps.clock.wall() + LEASE_MS;
  await hold.write({ lease_until: until });
  const release = keepLease(deps, until, hold);
  const change = await attempt(deps, job, hold).finally(() => release());
  // the service stops, and that was no fault of the job's
  const handedBack: Change = { state: "queued", lease_until: null, attempts: job.attempts - 1 };
  if (change) await hold.write(change);
  else if (lost.signal.reason === "stopped") await hold.write(handedBack);
}

const runIdOf = ({ id }: JobRow): string => `run_${id.slice("job_".length)}`;

/** How an earlier try ended, whose worker died before it could say so. */
async function leftBehind({ reports }: JobDeps, job: JobRow): Promise<Change | null> {
  const json = job.fence > 1 ? await reports?.get(job.owner, runIdOf(job)) : null;
  if (!json) return null;
  const { id, problem } = JSON.parse(json) as Report;
  return problem === null ? { state: "done", report_id: id } : { state: "failed", problem: JSON.stringify(problem), report_id: id };
}

/** Runs it; null = it was ended from outside. */
async function attempt(deps: JobDeps, job: JobRow, { write, lost }: Hold): Promise<Change | null> {
  const left = lost.signal.aborted ? null : await leftBehind(deps, job);
  if (left !== null || lost.signal.aborted) return left;
  const { consensus, clock } = deps;
  const request = JSON.parse(job.request) as RunRequest;
  const context = { owner: job.owner, requestId: job.id, acceptedAt: clock.now(), signal: lost.signal, live: false, runId: runIdOf(job) };
  let progress: MemberProgress[] = [];
  let last: ConsensusEvent | undefined;
  try {
    for await (const event of consensus.run(request, context)) {
      last = event;
      const moved = progressAfter(progress, event, request);
      if (moved === null) continue;
      progress = moved;
      if (!isLast(event)) await write({ progress: JSON.stringify(progress) });
    }
  } catch (error) {
    return { state: "failed", problem: problemOf(error) };
  }
  const end = endOf(last);
  return end && { ...end, progress: JSON.stringify(progress) };
}
