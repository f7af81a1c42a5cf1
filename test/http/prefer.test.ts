/** `Prefer: respond-async, wait=n`: the reply itself when the run ends in time, a job when it does not. */
import { expect, test } from "vitest";
import type { ConsensusEvent } from "../../src/core/report.ts";
import { readPreference } from "../../src/http/prefer.ts";
import { createJobs } from "../../src/jobs/jobs.ts";
import { openSqlite } from "../../src/runtimes/sqlite.ts";
import { createIdempotencyStore } from "../../src/store/idempotency.ts";
import { createJobStore } from "../../src/store/jobs.ts";
import { createReportStore } from "../../src/store/reports.ts";
import { createVirtualClock } from "../kit/clock.ts";
import { createSeededRandom } from "../kit/random.ts";
import { failedEvent, reportOf, type Scene, scene, slugOf } from "./kit.ts";

type Ending = "answered" | "failed";
const HI = { prompt: "hi" };

/** A service whose runs take so long and end so, on a clock that the test moves. */
async function waiting(lastsMs: number, ending: Ending = "answered"): Promise<Scene & { started(): number }> {
  const sql = await openSqlite(":memory:");
  const clock = createVirtualClock();
  const reports = createReportStore(sql);
  let started = 0;
  const run = async function* (context: { runId?: string }): AsyncGenerator<ConsensusEvent, void, void> {
    started += 1;
    const problem = ending === "failed" ? { slug: "no-candidates" as const, detail: "members were asked, and none answered" } : null;
    const report = reportOf({ id: context.runId, ...(problem ? { problem, status: "failed", answer: null, value: null } : {}) });
    yield { type: "run-start", data: { id: report.id, members: [] } };
    await new Promise<void>((resolve) => void clock.timer(lastsMs, resolve));
    const { id, created_at, status, mode } = report;
    const row = { id, created_at, status, mode, how: null, agreement: null, excerpt: "", cost_usd: null, total_ms: 1 };
    await reports.save({ owner: "", row, json: JSON.stringify(report), history: null });
    yield problem ? failedEvent(report) : { type: "run-end", data: report };
  };
  const meter = { count: () => {}, observe: () => {} };
  const consensus = { run: (_request: unknown, context: { runId?: string }) => run(context) };
  const jobs = createJobs({ store: createJobStore(sql), consensus, clock, random: createSeededRandom(7), meter, log: () => {} });
  return { ...(await scene({ clock, reports, jobs, idempotency: createIdempotencyStore(sql) })), clock, started: () => started };
}
async function asked({ ask, clock }: Scene, prefer: string, ms: number, headers: Record<string, string> = {}): Promise<Response> {
  const reply = ask("/consensus", { json: HI, headers: { prefer, ...headers } });
  for (let at = 0; at < ms; at += 50) await clock.advance(50);
  return reply;
}

test("the header is read by its names, whatever stands beside them", () => {
  const read = (prefer: string) => readPreference(new Headers({ prefer }));
  expect(read("respond-async, wait=5")).toEqual({ async: true, waitS: 5 });
  expect(read('WAIT="10"; Respond-Async, wait=3')).toEqual({ async: true, waitS: 10 });
  expect(read("wait=5")).toEqual({ async: false, waitS: 5 });
  expect(read("respond-async, wait=soon, handling=lenient")).toEqual({ async: true, waitS: null });
  expect(read("respond-async, wait=999999999")).toEqual({ async: true, waitS: 600 });
  expect(read("respond-asynchronously")).toEqual({ async: false, waitS: null });
  expect(readPreference(new Headers())).toEqual({ async: false, waitS: null });
});
test("a run that ends within the wait is answered as if no job had been asked for", async () => {
  const reply = await asked(await waiting(400), "respond-async, wait=5", 1000);
  const report = (await reply.json()) as { schema: string; id: string; answer: string };
  expect([reply.status, report.schema, report.answer]).toEqual([200, "consensus.report/1", "42"]);
  expect(reply.headers.get("preference-applied")).toBe("wait=5");
  expect([reply.headers.get("consensus-report"), reply.headers.get("consensus-status")]).toEqual([report.id, "complete"]);
});
test("a run that fails within the wait is a problem with its report", async () => {
  const reply = await asked(await waiting(400, "failed"), "respond-async, wait=5", 1000);
  expect([reply.status, await slugOf(reply)]).toEqual([502, "no-candidates"]);
  expect(((await reply.json()) as { report: { status: string } }).report.status).toBe("failed");
});
test("a run that outlasts the wait is a job, and goes on", async () => {
  const it = await waiting(3000);
  const reply = await asked(it, "respond-async, wait=1", 1200);
  expect([reply.status, reply.headers.get("preference-applied")]).toEqual([202, "respond-async, wait=1"]);
  const location = reply.headers.get("location") ?? "";
  await it.clock.advance(3000);
  expect(((await (await it.ask(location)).json()) as { state: string }).state).toBe("done");
});
test("a wait without a job, and a job without a wait, are what they were", async () => {
  const now = await asked(await waiting(10), "respond-async", 0);
  expect([now.status, now.headers.get("preference-applied")]).toEqual([202, "respond-async"]);
  const { ask, runs } = await scene();
  const reply = await ask("/consensus", { json: HI, headers: { prefer: "wait=1" } });
  expect([reply.status, reply.headers.get("preference-applied"), runs.length]).toEqual([200, null, 1]);
});
test("under a key the job is told at once, and again in the same bytes", async () => {
  const it = await waiting(400);
  const key = { "idempotency-key": "once" };
  const first = await asked(it, "respond-async, wait=5", 0, key);
  await it.clock.advance(1000);
  const again = await asked(it, "respond-async, wait=5", 0, key);
  expect([first.status, again.status, await again.text()]).toEqual([202, 202, await first.text()]);
  expect(it.started()).toBe(1);
});
