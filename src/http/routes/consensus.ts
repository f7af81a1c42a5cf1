/** `POST /consensus`: one run, as a report or as its events. */
import type { RunRequest } from "../../consensus/consensus.ts";
import { Problem, problemDocument } from "../../core/problem.ts";
import type { ConsensusEvent, Report } from "../../core/report.ts";
import { jsonOf } from "../../core/spelled.ts";
import { negotiate } from "../accept.ts";
import type { AppDeps, Call, Route } from "../deps.ts";
import { claim, type Claimed, type Left, readKey, stillRunning, type StoredReply, toResponse, UNCLAIMED } from "../idempotent.ts";
import { readJson } from "../json.ts";
import { CallerLeft, type Life } from "../life.ts";
import { readPreference } from "../prefer.ts";
import { JSON_TYPE, PROBLEM_TYPE, reply } from "../replies.ts";
import { eventStream, isLast } from "../sse.ts";
import { rebuilt } from "../rebuilt.ts";
import { afterLastEvent } from "../resume.ts";
import { acceptedBefore, acceptJob, endedWithin } from "./jobs.ts";
import { reading } from "./reading.ts";
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

interface Order {
  call: Call;
  deps: AppDeps;
  request: RunRequest;
  key: Claimed;
}
function start({ call, deps, request, key }: Order, { signal }: Life, live: boolean): AsyncGenerator<ConsensusEvent> {
  const { owner, requestId, acceptedAt } = call;
  return deps.consensus.run(request, { owner, requestId, acceptedAt, signal, live, runId: key.run });
}

function countProblem(deps: AppDeps, event: ConsensusEvent): void {
  if (event.type === "error") deps.meter.count("problems", { slug: event.data.type.slice("/problems/".length) });
}
async function drained(order: Order): Promise<Response> {
  const { call, deps, key } = order;
  const life = call.begin();
  let last: ConsensusEvent | undefined;
  let made: StoredReply | null = null;
  try {
    for await (const event of start(order, life, false)) {
      last = event;
      countProblem(deps, event);
    }
    made = replyOf(last, call);
  } finally {
    life.end();
    // refused or left: what has come to no end may be run again
    if (made === null) {
      const released = key.release();
      call.background(released);
      await released;
    }
  }
  await key.keep(made);
  return toResponse(made);
}

/** Nobody reads on: the run is cancelled, and its key free again unless it had come to its end already. */
async function abandon(events: AsyncIterator<ConsensusEvent>, life: Life, key: Claimed): Promise<void> {
  life.cancel();
  let hasEnded = false;
  try {
    for (let step = await events.next(); !step.done; step = await events.next()) hasEnded ||= isLast(step.value);
  } finally {
    life.end();
    if (!hasEnded) await key.release();
  }
}

async function streamed(order: Order): Promise<Response> {
  const { call, deps, key } = order;
  const life = call.begin();
  const events = start(order, life, true);
  const first = await events.next().catch(async (error: unknown) => {
    life.end();
    await key.release();
    throw error;
  });
  if (first.done) throw new CallerLeft();
  const headers: Record<string, string> = { ...SSE_HEADERS };
  if (first.value.type === "run-start") headers["consensus-report"] = first.value.data.id;
  let hasEnded = false;
  const noted: AsyncIterator<ConsensusEvent> = {
    next: async () => {
      const step = await events.next();
      if (!step.done) countProblem(deps, step.value);
      return step;
    },
  };
  const broken = (error: unknown): ConsensusEvent => {
    deps.log("error", "internal", { request_id: call.requestId, error: error instanceof Error ? error.name : "unknown" });
    const problem = new Problem("internal", "an unexpected error was logged under this request id");
    return { type: "error", data: problemDocument<Report>(problem, call.url.pathname, call.requestId), retryAfterS: null };
  };
  const keep = (body: string): Promise<void> => {
    hasEnded = true;
    return key.keep({ status: 200, type: SSE_TYPE, headers, body });
  };
  const leave = (): void => call.background(hasEnded ? Promise.resolve(life.end()) : abandon(events, life, key).catch(() => {}));
  const end = (): void => {
    life.end();
    if (!hasEnded) call.background(key.release());
  };
  return reply(eventStream(first.value, { events: noted, broken, leave, keep, end }, deps.clock), 200, SSE_TYPE, headers);
}

async function accepted({ call, deps, request, key }: Order, waitS: number | null): Promise<Response> {
  let made: StoredReply;
  try {
    made = await acceptJob(call, deps, request, key.run);
    await key.keep(made);
  } catch (error) {
    await key.release();
    throw error;
  }
  // a key promises the same bytes to everybody who asks meanwhile, and the job is all that can be told at once
  if (waitS === null || key.run !== undefined) return toResponse(made);
  const { location = "", ...others } = made.headers;
  const inTime = await endedWithin(call, deps, location.slice("/jobs/".length), waitS);
  return toResponse(inTime ?? { ...made, headers: { ...others, location, "preference-applied": `respond-async, wait=${waitS}` } });
}

/** Out of what a run left behind. Nothing is made again while its own bytes may still be kept: a save that failed after it took effect is told in the reply, not in the row. */
async function remade(call: Call, deps: AppDeps, left: Left, asStream: boolean): Promise<StoredReply> {
  if ("job" in left) return acceptedBefore(call, deps, left.job);
  if (!left.stale) throw stillRunning();
  const json = await reading(deps, "idempotency", async () => (await deps.reports?.get(call.owner, left.report)) ?? null);
  if (json === null) throw stillRunning();
  return rebuilt(call, json, asStream);
}

export const consensusRoute: Route = {
  path: "/consensus",
  methods: {
    POST: async (call, deps) => {
      const form = negotiate(call.request, ["application/json", "text/event-stream", "application/problem+json"]);
      const key = readKey(call.request);
      const body = await readJson(call.request);
      const request = deps.parse(body);
      const prefers = readPreference(call.request.headers);
      const claimFor = { body, form: prefers.async ? "job" : form, lastsMs: request.deadline_ms };
      const found = key === null ? { claimed: UNCLAIMED } : await claim(call, deps, { key, ...claimFor });
      if ("replay" in found) return toResponse(afterLastEvent(call.request, found.replay));
      const asStream = form === "text/event-stream";
      if ("left" in found) return toResponse(afterLastEvent(call.request, await remade(call, deps, found.left, asStream)));
      const order = { call, deps, request, key: found.claimed };
      if (prefers.async) return accepted(order, prefers.waitS);
      return (asStream ? streamed : drained)(order);
    },
  },
};
