/** Stored reports: list, read in three forms, delete, feedback, decide again. Foreign and unknown look alike. */
import { Problem } from "../../core/problem.ts";
import type { Report } from "../../core/report.ts";
import { eventsAfter } from "../../consensus/replay.ts";
import { negotiate } from "../accept.ts";
import type { AppDeps, Call, Route } from "../deps.ts";
import { readJson } from "../json.ts";
import { reportHtml } from "../render/html.ts";
import { reportMarkdown } from "../render/markdown.ts";
import { emptyReply, JSON_TYPE, jsonReply, PAGE_POLICY, reply } from "../replies.ts";
import { frameEvent } from "../sse.ts";
import { SSE_HEADERS, SSE_TYPE } from "../stream.ts";
import { storeUnavailable } from "./health.ts";
import { readPage, reading } from "./reading.ts";

const ID_SHAPE = /^run_[0-9a-f]{32}$/;
const missing = (): never => {
  throw new Problem("not-found", "there is no report of this id");
};

async function list({ url, owner }: Call, deps: AppDeps): Promise<Response> {
  const { reports } = deps;
  if (reports === null) return storeUnavailable();
  return jsonReply(await reading(deps, "list", () => reports.list(owner, readPage(url))));
}

async function read({ params, owner, request }: Call, deps: AppDeps): Promise<Response> {
  const id = params.id ?? "";
  const type = negotiate(request, ["application/json", "text/markdown", "text/html"]);
  const { reports } = deps;
  if (!ID_SHAPE.test(id)) return missing();
  if (reports === null) return storeUnavailable();
  const json = (await reading(deps, "get", () => reports.get(owner, id))) ?? missing();
  if (type === "application/json") return reply(json, 200, JSON_TYPE);
  const report = JSON.parse(json) as Report;
  if (type === "text/markdown") return reply(reportMarkdown(report), 200, "text/markdown; charset=utf-8");
  return reply(reportHtml(report), 200, "text/html; charset=utf-8", { "content-security-policy": PAGE_POLICY });
}

/** A run's events once more, after the one that the reader saw last; 204 tells an EventSource that there is nothing to come back for. */
async function events({ params, owner, request, requestId }: Call, deps: AppDeps): Promise<Response> {
  const id = params.id ?? "";
  const { reports } = deps;
  if (!ID_SHAPE.test(id)) return missing();
  if (reports === null) return storeUnavailable();
  const json = (await reading(deps, "get", () => reports.get(owner, id))) ?? missing();
  const given = request.headers.get("last-event-id") ?? "";
  const rest = eventsAfter(JSON.parse(json) as Report, /^\d{1,9}$/.test(given) ? Number(given) : 0, requestId);
  if (rest.length === 0) return emptyReply(204);
  return reply(rest.map((one) => frameEvent(one.id, one.event)).join(""), 200, SSE_TYPE, { ...SSE_HEADERS, "consensus-report": id });
}

async function remove({ params, owner }: Call, deps: AppDeps): Promise<Response> {
  const { reports } = deps;
  const id = params.id ?? "";
  if (!ID_SHAPE.test(id)) return missing();
  if (reports === null) return storeUnavailable();
  if (!(await reading(deps, "remove", () => reports.remove(owner, id)))) return missing();
  return emptyReply(204);
}

async function feedback({ params, owner, request }: Call, deps: AppDeps): Promise<Response> {
  const id = params.id ?? "";
  if (!ID_SHAPE.test(id)) return missing();
  const body = await readJson(request);
  await reading(deps, "teach", () => deps.teach(owner, id, body));
  return jsonReply({ id, learned: true });
}

async function again(call: Call, deps: AppDeps): Promise<Response> {
  const id = call.params.id ?? "";
  if (!ID_SHAPE.test(id)) return missing();
  const body = await readJson(call.request);
  const life = call.begin();
  try {
    const report = await reading(deps, "get", () => deps.readjudicate(call.owner, id, body, call.requestId, life.signal));
    return jsonReply(report, 200, { "consensus-status": report.status, "consensus-report": report.id });
  } finally {
    life.end();
  }
}

export const reportRoutes: Route[] = [
  { path: "/reports", makes: ["application/json"], methods: { GET: list } },
  { path: "/reports/:id", methods: { GET: read, DELETE: remove } },
  { path: "/reports/:id/events", makes: ["text/event-stream"], methods: { GET: events } },
  { path: "/reports/:id/feedback", makes: ["application/json"], methods: { POST: feedback } },
  { path: "/reports/:id/adjudicate", makes: ["application/json"], methods: { POST: again } },
];
