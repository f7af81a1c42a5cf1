/** `POST /consensus`: one run, as a report or as its events. */
import { Problem } from "../../core/problem.ts";
import type { ConsensusEvent, Report } from "../../core/report.ts";
import type { RunRequest } from "../../consensus/consensus.ts";
import { negotiate } from "../accept.ts";
import type { AppDeps, Call, Route } from "../deps.ts";
import { once, readKey, type StoredReply, toResponse } from "../idempotent.ts";
import { readJson } from "../json.ts";
import { lifeOf, type Life } from "../life.ts";
import { JSON_TYPE, PROBLEM_TYPE, reply } from "../replies.ts";
import { eventStream } from "../sse.ts";

const reportHeaders = (report: Report): Record<string, string> => ({ "consensus-status": report.status, "consensus-report": report.id });

function replyOf(last: ConsensusEvent | undefined, call: Call): StoredReply {
  if (last?.type === "run-end") return { status: 200, type: JSON_TYPE, headers: reportHeaders(last.data), body: JSON.stringify(last.data) };
  if (last?.type !== "error") throw new Problem("internal", "the caller left before the run ended");
  const { data, retryAfterS } = last;
  const wait: Record<string, string> = retryAfterS === null ? {} : { "retry-after": String(Math.max(1, Math.ceil(retryAfterS))) };
  const headers = data.report ? { ...reportHeaders(data.report), ...wait } : wait;
  return { status: data.status, type: PROBLEM_TYPE, headers, body: JSON.stringify({ ...data, instance: call.url.pathname }) };
}

const start = (call: Call, deps: AppDeps, request: RunRequest, life: Life, live: boolean): AsyncGenerator<ConsensusEvent> =>
  deps.consensus.run(request, { owner: call.owner, requestId: call.requestId, acceptedAt: call.acceptedAt, signal: life.signal, live });

async function drained(call: Call, deps: AppDeps, request: RunRequest): Promise<StoredReply> {
  const life = lifeOf(call.request, deps.stopping);
  let last: ConsensusEvent | undefined;
  try {
    for await (const event of start(call, deps, request, life, false)) last = event;
  } finally {
    life.end();
  }
  if (last?.type === "error") deps.meter.count("problems", { slug: last.data.type.slice("/problems/".length) });
  return replyOf(last, call);
}

async function streamed(call: Call, deps: AppDeps, request: RunRequest): Promise<Response> {
  const life = lifeOf(call.request, deps.stopping);
  const events = start(call, deps, request, life, true);
  const first = await events.next().catch((error: unknown) => {
    life.end();
    throw error;
  });
  if (first.done) throw new Problem("internal", "the run ended before it began");
  const headers: Record<string, string> = first.value.type === "run-start" ? { "consensus-report": first.value.data.id } : {};
  const body = eventStream(first.value, { events, leave: life.cancel, end: life.end }, deps.clock);
  return reply(body, 200, "text/event-stream; charset=utf-8", { ...headers, "x-accel-buffering": "no" });
}

export const consensusRoute: Route = {
  path: "/consensus",
  methods: {
    POST: async (call, deps) => {
      const type = negotiate(call.request, ["application/json", "text/event-stream", "application/problem+json"]);
      const key = readKey(call.request);
      const body = await readJson(call.request);
      const request = deps.parse(body);
      if (type === "text/event-stream") return streamed(call, deps, request);
      const work = (): Promise<StoredReply> => drained(call, deps, request);
      return toResponse(key === null ? await work() : await once(call, deps, key, body, work));
    },
  },
};
