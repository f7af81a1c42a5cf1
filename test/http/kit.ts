/** The app on fakes: a run that does what the test says, real stores in memory, a clock that the test moves. */
import type { ConsensusEvent, Report } from "../../src/core/report.ts";
import type { Consensus, RunContext, RunRequest } from "../../src/consensus/consensus.ts";
import { parseRunRequest } from "../../src/consensus/request.ts";
import { Problem, problemDocument } from "../../src/core/problem.ts";
import { createSecret } from "../../src/core/secret.ts";
import { createApp } from "../../src/http/app.ts";
import type { AppDeps } from "../../src/http/deps.ts";
import { openSqlite } from "../../src/runtimes/sqlite.ts";
import { createIdempotencyStore } from "../../src/store/idempotency.ts";
import { createReportStore } from "../../src/store/reports.ts";
import { createVirtualClock, type VirtualClock } from "../kit/clock.ts";
import { createHash } from "node:crypto";

let drawn = 0;
const hex = (bytes: number): string =>
  createHash("sha512")
    .update(String(++drawn))
    .digest("hex")
    .slice(0, bytes * 2);
export const runId = (): string => `run_${hex(16)}`;

export function reportOf(change: Partial<Report> = {}): Report {
  return {
    schema: "consensus.report/1",
    id: runId(),
    created_at: "2026-11-22T02:00:00.000Z",
    status: "complete",
    mode: "consensus",
    simulated: false,
    problem: null,
    answer: "42",
    value: 42,
    tool_calls: [],
    verdict: null,
    outcomes: [],
    quorum: { needed: 2, usable: 2, met: true },
    adjudication: null,
    degradations: [],
    privacy: { class: "cloud-allowed", hosts: [] },
    usage: { calls: 2, retries: 0, input_tokens: 1, output_tokens: 1, wasted_output_tokens: 0 },
    cost_usd: { total: 0, members: 0, adjudication: 0 },
    timing_ms: { total: 1, panel: 1, adjudication: 0, engine: 1 },
    storage: { stored: true },
    request: {},
    ...change,
  };
}
export const failedEvent = (report: Report): ConsensusEvent => {
  const { slug, detail } = report.problem ?? { slug: "no-candidates" as const, detail: "no member gave a usable answer" };
  return { type: "error", data: problemDocument<Report>(new Problem(slug, detail, { report }), "/", "req_x"), retryAfterS: null };
};

export interface Scene {
  deps: AppDeps;
  clock: VirtualClock;
  /** contexts of the runs that were started, oldest first */
  runs: { request: RunRequest; context: RunContext }[];
  logs: string[];
  ask(path: string, init?: RequestInit & { host?: string | null; json?: unknown }): Promise<Response>;
}
type Script = (request: RunRequest, context: RunContext) => AsyncGenerator<ConsensusEvent, void, void>;

export const answers: Script = async function* () {
  const report = reportOf();
  yield { type: "run-start", data: { id: report.id, members: ["groq/a", "together/b"] } };
  yield { type: "run-end", data: report };
};

export async function scene(change: Partial<AppDeps> = {}, script: Script = answers): Promise<Scene> {
  const clock = createVirtualClock();
  const sql = await openSqlite(":memory:");
  const runs: Scene["runs"] = [];
  const logs: string[] = [];
  const consensus: Consensus = {
    async *run(request, context) {
      runs.push({ request, context });
      yield* script(request, context);
    },
  };
  const defaults = {
    panel: ["groq/a", "together/b"],
    adjudicators: [],
    fallback: ["groq/a"],
    quorum: 2,
    deadlineMs: 60_000,
    graceMs: 5000,
    privacy: "cloud-allowed" as const,
  };
  const deps: AppDeps = {
    consensus,
    parse: (body) => parseRunRequest(body, defaults),
    readjudicate: () => Promise.resolve(reportOf()),
    teach: () => Promise.resolve(),
    members: () => [],
    provider: () => ({ configured: true }),
    canAnswer: () => true,
    reports: createReportStore(sql),
    idempotency: createIdempotencyStore(sql),
    plugs: null,
    apiKeys: [],
    allowedHosts: ["localhost", "127.0.0.1", "[::1]"],
    rateLimitRpm: null,
    version: "0.0.0",
    simulated: false,
    clock,
    random: { next: () => 0.5, hex },
    meter: { count() {}, observe() {} },
    log: (level, event, fields) => void logs.push(JSON.stringify({ level, event, ...fields })),
    draining: () => false,
    stopping: new AbortController().signal,
    ...change,
  };
  const app = createApp(deps);
  const ask: Scene["ask"] = async (path, { host = "127.0.0.1:8787", json, headers, ...init } = {}) => {
    const all = new Headers(headers);
    if (host !== null) all.set("host", host);
    if (json !== undefined && !all.has("content-type")) all.set("content-type", "application/json");
    const body = json === undefined ? init.body : JSON.stringify(json);
    const method = init.method ?? (body === undefined ? "GET" : "POST");
    return app.fetch(new Request(`http://127.0.0.1:8787${path}`, { ...init, method, body, headers: all, duplex: "half" } as RequestInit));
  };
  return { deps, clock, runs, logs, ask };
}
export const keys = async (...values: string[]): Promise<AppDeps["apiKeys"]> => Promise.all(values.map(createSecret));
export const slugOf = async (response: Response): Promise<string | undefined> =>
  ((await response.clone().json()) as { type?: string }).type?.slice("/problems/".length);
