/** `POST /consensus`: one run, as a report or as its events. */
import type { RunRequest } from "../../consensus/consensus.ts";
import { Problem, problemDocument } from "../../core/problem.ts";
import type { ConsensusEvent, Report } from "../../core/report.ts";
import { jsonOf } from "../../core/spelled.ts";
import { negotiate } from "../accept.ts";
import type { AppDeps, Call, Route } from "../deps.ts";
import { claim, type Claimed, readKey, type StoredReply, toResponse, UNCLAIMED } from "../idempotent.ts";
import { readJson } from "../json.ts";
import { CallerLeft, type Life } from "../life.ts";
import { JSON_TYPE, PROBLEM_TYPE, reply } from "../replies.ts";
import { eventStream } from "../sse.ts";
import { acceptJob, wantsJob } from "./jobs.ts";
import { SSE_HEADERS, SSE_TYPE } from "../stream.ts";

const reportHeaders = (report: Report): Record<string, string> => ({ "consensus-status": report.status, "consensus-report": report.id });

function replyOf(last: ConsensusEvent | undefined, call: Call): StoredReply {
  if (last?.type === "run-end") return { status: 200, type: JSON_TYPE, headers: reportHeaders(last.data), body: jsonOf(last.data) };
  if (last?.type !== "error") throw new CallerLeft();
  const { data, retryAfterS } = last;
  const wait: Record<string, string> = retryAfterS === null ? {} : { "retry-after": String(Math.max(1, Math.ceil(retryAfterS))) };
  const headers = data.report ? { ...reportHeaders(data.report), ...wait } : wait;
  return { status: data.status, type: PROBLEM_TYPE, headers, body: JSON.stringify({ ...data, instance: call.url.pathname }) };
}

const start = (call: Call, deps: AppDeps, request: RunRequest, life: Life, live: boolean): AsyncGenerator<ConsensusEvent> =>
  deps.consensus.run(request, { owner: call.owner, requestId: call.requestId, acceptedAt: call.acceptedAt, signal: life.signal, live });

function countProblem(deps: AppDeps, event: ConsensusEvent): void {
  if (event.type === "error") deps.meter.count("problems", { slug: event.data.type.slice("/problems/".length) });
}
/** A run that left a report is never run again under its key; one that was refused or left behind may be. */
const isWorthKeeping = (last: ConsensusEvent | undefined): boolean =>
  last?.type === "run-end" || (last?.type === "error" && last.data.report !== undefined);

async function drained(call: Call, deps: AppDeps, request: RunRequest, key: Claimed): Promise<Response> {
  const life = call.begin();
  let last: ConsensusEvent | undefined;
  let made: StoredReply | null = null;
  try {
    for await (const event of start(call, deps, request, life, false)) {
      last = event;
      if (event.type === "run-start") key.link(event.data.id);
      countProblem(deps, event);
    }
    made = replyOf(last, call);
  } finally {
    life.end();
    if (made === null || !isWorthKeeping(last)) {
      const released = key.release();
      call.background(released);
      await released;
    }
  }
  if (isWorthKeeping(last)) await key.keep(made);
  return toResponse(made);
}

async function streamed(call: Call, deps: AppDeps, request: RunRequest, key: Claimed): Promise<Response> {
  const life = call.begin();
  const events = start(call, deps, request, life, true);
  const first = await events.next().catch(async (error: unknown) => {
    life.end();
    await key.release();
    throw error;
  });
  if (first.done) throw new CallerLeft();
  const headers: Record<string, string> = { ...SSE_HEADERS };
  if (first.value.type === "run-start") {
    headers["consensus-report"] = first.value.data.id;
    key.link(first.value.data.id);
  }
  let last: ConsensusEvent = first.value;
  const noted: AsyncIterator<ConsensusEvent> = {
    next: async () => {
      const step = await events.next();
      if (!step.done) countProblem(deps, (last = step.value));
      return step;
    },
  };
  const broken = (error: unknown): ConsensusEvent => {
    deps.log("error", "internal", { request_id: call.requestId, error: error instanceof Error ? error.name : "unknown" });
    const problem = new Problem("internal", "an unexpected error was logged under this request id");
    return { type: "error", data: problemDocument<Report>(problem, call.url.pathname, call.requestId), retryAfterS: null };
  };
  const leave = (): void => {
    life.cancel();
    life.end();
    call.background(key.release());
  };
  const end = (body: string): void => {
    life.end();
    call.background(isWorthKeeping(last) ? key.keep({ status: 200, type: SSE_TYPE, headers, body }) : key.release());
  };
  return reply(eventStream(first.value, { events: noted, broken, leave, end }, deps.clock), 200, SSE_TYPE, headers);
}

async function accepted(call: Call, deps: AppDeps, request: RunRequest, key: Claimed): Promise<Response> {
  try {
    const made = await acceptJob(call, deps, request);
    await key.keep(made);
    return toResponse(made);
  } catch (error) {
    await key.release();
    throw error;
  }
}

export const consensusRoute: Route = {
  path: "/consensus",
  methods: {
    POST: async (call, deps) => {
      const form = negotiate(call.request, ["application/json", "text/event-stream", "application/problem+json"]);
      const key = readKey(call.request);
      const body = await readJson(call.request);
      const request = deps.parse(body);
      const asJob = wantsJob(call.request);
      const claimFor = { body, form: asJob ? "job" : form, lastsMs: request.deadline_ms };
      const found = key === null ? { claimed: UNCLAIMED } : await claim(call, deps, { key, ...claimFor });
      if ("replay" in found) return toResponse(found.replay);
      if (asJob) return accepted(call, deps, request, found.claimed);
      return (form === "text/event-stream" ? streamed : drained)(call, deps, request, found.claimed);
    },
  },
};
