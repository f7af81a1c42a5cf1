/** One leased job, run to its end: renews the lease, notes progress, writes one terminal state under its fence. Never rejects but for a store that fails. */
import type { RunRequest } from "../consensus/consensus.ts";
import { Problem } from "../core/problem.ts";
import type { ConsensusEvent } from "../core/report.ts";
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

export async function work(deps: JobDeps, job: JobRow, signal: AbortSignal): Promise<void> {
  const { store, clock, meter } = deps;
  const write = async (change: Change): Promise<boolean> => {
    const ended = change.state !== undefined && change.state !== "queued";
    const kept = await store.update(job.id, job.fence, ended ? { ...change, request: NOTHING } : change, clock.wall());
    if (!kept) meter.count("stale_writes", {});
    else if (change.state) meter.count("jobs", { state: change.state });
    return kept;
  };
  if (job.attempts > MAX_ATTEMPTS) {
    await write({ state: "dead", problem: problemOf(new Problem("internal", `the job ended its worker ${MAX_ATTEMPTS} times`)) });
    return;
  }
  let cancel = (): void => {};
  const renew = (): void => {
    cancel = clock.timer(LEASE_MS / 3, () => {
      void write({ lease_until: clock.wall() + LEASE_MS }).catch(() => {});
      renew();
    });
  };
  renew();
  const change = await attempt(deps, job, signal, write).finally(() => cancel());
  if (change) await write(change);
}

/** Runs it; null = cancelled, and the store already says so. */
async function attempt(
  { consensus, clock }: JobDeps,
  job: JobRow,
  signal: AbortSignal,
  write: (change: Change) => Promise<boolean>,
): Promise<Change | null> {
  const request = JSON.parse(job.request) as RunRequest;
  const runId = `run_${job.id.slice("job_".length)}`;
  const context = { owner: job.owner, requestId: job.id, acceptedAt: clock.now(), signal, live: false, runId };
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
  if (end) return { ...end, progress: JSON.stringify(progress) };
  return signal.reason === "stopped" ? { state: "queued", lease_until: null } : null;
}
