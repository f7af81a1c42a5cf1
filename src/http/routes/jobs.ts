/** Background runs: what they are at, and their cancel. They are accepted by `POST /consensus` with `Prefer: respond-async`. */
import { isRetryable, Problem, type ProblemSlug } from "../../core/problem.ts";
import { jobOf, type Jobs } from "../../jobs/jobs.ts";
import type { JobView } from "../../jobs/view.ts";
import type { AppDeps, Call, Route } from "../deps.ts";
import { rebuilt } from "../rebuilt.ts";
import { JSON_TYPE, jsonReply } from "../replies.ts";
import type { StoredReply } from "../idempotent.ts";
import { readPage, reading } from "./reading.ts";

const ID_SHAPE = /^job_[0-9a-f]{32}$/;
const POLL_S = 1;

const jobsOf = ({ jobs }: AppDeps): Jobs => {
  if (!jobs) throw new Problem("store-unavailable", "no store is there to keep jobs in", { retryAfterS: 5 });
  return jobs;
};
const idOf = ({ params }: Call): string => {
  const id = params.id ?? "";
  if (!ID_SHAPE.test(id)) throw new Problem("not-found", "there is no job of this id");
  return id;
};

/** As it was when it was accepted, whatever has become of it since: whoever asks again is told the same. */
function acceptance(job: JobView): StoredReply {
  const fresh = { state: "queued", updated_at: job.created_at, attempts: 0, progress: [], report: null, problem: null };
  const headers = { location: `/jobs/${job.id}`, "preference-applied": "respond-async", "retry-after": String(POLL_S) };
  return { status: 202, type: JSON_TYPE, headers, body: JSON.stringify({ ...job, ...fresh }) };
}
export const acceptJob = async (call: Call, deps: AppDeps, request: Parameters<Jobs["accept"]>[1], run?: string): Promise<StoredReply> =>
  acceptance(await reading(deps, "accept", () => jobsOf(deps).accept(call.owner, request, run)));
/** The job was accepted for this run by a process that died before it could say so. */
export const acceptedBefore = async (call: Call, deps: AppDeps, run: string): Promise<StoredReply> =>
  acceptance(await reading(deps, "get", () => jobsOf(deps).get(call.owner, jobOf(run))));

/** How often a job is looked at that somebody waits for: soon at first, then less and less. */
const FIRST_LOOK_MS = 20;
const LAST_LOOK_MS = 250;
const RETRY_S = 5;
const UNDER_WAY: ReadonlySet<JobView["state"]> = new Set(["queued", "running"]);

async function stateWithin({ owner, request }: Call, deps: AppDeps, id: string, ms: number): Promise<JobView> {
  const { clock } = deps;
  const until = clock.now() + ms;
  const look = (): Promise<JobView> => reading(deps, "get", () => jobsOf(deps).get(owner, id));
  let job = await look();
  for (let pause = FIRST_LOOK_MS; UNDER_WAY.has(job.state); pause = Math.min(LAST_LOOK_MS, pause * 1.5)) {
    const left = until - clock.now();
    if (left <= 0 || deps.draining() || request.signal.aborted) break;
    await new Promise<void>((resolve) => void clock.timer(Math.min(pause, left), resolve));
    job = await look();
  }
  return job;
}

/** `wait=n` (RFC 7240): what the run itself would have been answered with, when it ends in this time; null = it goes on, or left nothing to tell. */
export async function endedWithin(call: Call, deps: AppDeps, id: string, waitS: number): Promise<StoredReply | null> {
  // accepted is accepted: a store that fails meanwhile takes nothing back
  const job = await stateWithin(call, deps, id, waitS * 1000).catch(() => null);
  if (job === null) return null;
  const { report, problem } = job;
  const json = report === null ? null : await deps.reports?.get(call.owner, report.slice("/reports/".length)).catch(() => null);
  if (json) {
    const made = rebuilt(call, json, false);
    const again = made.status > 500 && (JSON.parse(made.body) as { retryable: boolean }).retryable;
    const later: Record<string, string> = again ? { "retry-after": String(RETRY_S) } : {};
    return { ...made, headers: { ...made.headers, ...later, "preference-applied": `wait=${waitS}` } };
  }
  if (problem !== null)
    throw new Problem(
      problem.slug as ProblemSlug,
      problem.detail,
      isRetryable(problem.slug as ProblemSlug) ? { retryAfterS: RETRY_S } : {},
    );
  return null;
}

export const jobRoutes: Route[] = [
  {
    path: "/jobs",
    makes: ["application/json"],
    methods: { GET: async (call, deps) => jsonReply(await reading(deps, "list", () => jobsOf(deps).list(call.owner, readPage(call.url)))) },
  },
  {
    path: "/jobs/:id",
    makes: ["application/json"],
    methods: {
      GET: async (call, deps) => jsonReply(await reading(deps, "get", () => jobsOf(deps).get(call.owner, idOf(call)))),
      DELETE: async (call, deps) => jsonReply(await reading(deps, "cancel", () => jobsOf(deps).cancel(call.owner, idOf(call)))),
    },
  },
];
