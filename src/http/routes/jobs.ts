/** Background runs: what they are at, and their cancel. They are accepted by `POST /consensus` with `Prefer: respond-async`. */
import { Problem } from "../../core/problem.ts";
import { jobOf, type Jobs } from "../../jobs/jobs.ts";
import type { JobView } from "../../jobs/view.ts";
import type { AppDeps, Call, Route } from "../deps.ts";
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

/** Whether the caller would rather be answered at once. */
export const wantsJob = (request: Request): boolean =>
  /(?:^|[,;\s])respond-async(?:$|[,;\s])/i.test((request.headers.get("prefer") ?? "").slice(0, 500));

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

export const jobRoutes: Route[] = [
  {
    path: "/jobs",
    methods: { GET: async (call, deps) => jsonReply(await reading(deps, "list", () => jobsOf(deps).list(call.owner, readPage(call.url)))) },
  },
  {
    path: "/jobs/:id",
    methods: {
      GET: async (call, deps) => jsonReply(await reading(deps, "get", () => jobsOf(deps).get(call.owner, idOf(call)))),
      DELETE: async (call, deps) => jsonReply(await reading(deps, "cancel", () => jobsOf(deps).cancel(call.owner, idOf(call)))),
    },
  },
];
