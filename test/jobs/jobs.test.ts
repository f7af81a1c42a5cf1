/** Jobs on a real store: accepted, run, cancelled, resumed after a dead worker, never ended twice. */
import { afterEach, expect, test } from "vitest";
import type { Consensus, RunContext, RunRequest } from "../../src/consensus/consensus.ts";
import type { ConsensusEvent, Report } from "../../src/core/report.ts";
import { Problem } from "../../src/core/problem.ts";
import { type JobDeps, LEASE_MS } from "../../src/jobs/deps.ts";
import { createJobs, type Jobs } from "../../src/jobs/jobs.ts";
import { openSqlite } from "../../src/runtimes/sqlite.ts";
import { createJobStore } from "../../src/store/jobs.ts";
import { type JobStore, StoreError } from "../../src/store/store.ts";
import { createVirtualClock } from "../kit/clock.ts";
import { createSeededRandom } from "../kit/random.ts";

type Play = (context: RunContext) => AsyncGenerator<ConsensusEvent>;
const request = { messages: [{ role: "user", content: "hello" }], panel: [] } as unknown as RunRequest;
const runEnd = (id: string, outcomes: unknown[] = []): ConsensusEvent => ({ type: "run-end", data: { id, outcomes } as Report });
const idOf = ({ runId = "" }: RunContext): string => runId;
const answering: Play = async function* (context) {
  yield runEnd(idOf(context));
};
const waiting: Play = async function* ({ signal }) {
  yield { type: "run-start", data: { id: "x", members: [] } };
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
};

let closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing) await close();
  closing = [];
});

async function scene(
  play: Play,
  more: { over?: (store: JobStore) => Partial<JobStore>; reports?: JobDeps["reports"] } = {},
): Promise<{ jobs: Jobs; store: JobStore; clock: ReturnType<typeof createVirtualClock>; ran: RunContext[] }> {
  const sql = await openSqlite(":memory:");
  const bare = createJobStore(sql);
  const store = { ...bare, ...more.over?.(bare) };
  const clock = createVirtualClock();
  const ran: RunContext[] = [];
  const consensus: Consensus = {
    run: (_request, context) => {
      ran.push(context);
      return play(context);
    },
  };
  const meter = { count: () => {}, observe: () => {} };
  const jobs = createJobs({ store, reports: more.reports, consensus, clock, random: createSeededRandom(1), meter, log: () => {} });
  closing.push(
    () => jobs.stop(),
    () => sql.close(),
  );
  return { jobs, store, clock, ran };
}
const until = async (jobs: Jobs, id: string, state: string): Promise<void> => {
  for (let turn = 0; turn < 500; turn += 1) {
    if ((await jobs.get("", id)).state === state) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`never ${state}, but ${(await jobs.get("", id)).state}`);
};

test("an accepted job runs, and names its report after itself", async () => {
  const { jobs } = await scene(answering);
  const { id, state } = await jobs.accept("", request);
  expect(state).toBe("queued");
  await until(jobs, id, "done");
  expect((await jobs.get("", id)).report).toBe(`/reports/run_${id.slice(4)}`);
});
test("another owner's job looks like none", async () => {
  const { jobs } = await scene(answering);
  const { id } = await jobs.accept("me", request);
  await expect(jobs.get("you", id)).rejects.toMatchObject({ slug: "not-found" });
  await expect(jobs.cancel("you", id)).rejects.toMatchObject({ slug: "not-found" });
});
test("a running job is cancelled once, and its run ends", async () => {
  const { jobs, ran } = await scene(waiting);
  const { id } = await jobs.accept("", request);
  await until(jobs, id, "running");
  expect((await jobs.cancel("", id)).state).toBe("cancelled");
  expect(ran[0]?.signal.aborted).toBe(true);
  await expect(jobs.cancel("", id)).rejects.toMatchObject({ slug: "job-already-finished" });
});
test("a run that throws leaves its problem", async () => {
  const { jobs } = await scene(async function* (context) {
    if (idOf(context) !== "") throw new Problem("privacy-conflict", "nobody is local");
    yield runEnd("");
  });
  const { id } = await jobs.accept("", request);
  await until(jobs, id, "failed");
  expect((await jobs.get("", id)).problem).toEqual({ slug: "privacy-conflict", detail: "nobody is local" });
});
test("a job whose worker died is taken over under the same run id, and the dead worker's words change nothing", async () => {
  const { jobs, store, clock } = await scene(answering);
  const now = clock.wall();
  const fresh = { attempts: 0, fence: 0, lease_until: null, report_id: null, problem: null, progress: null };
  const id = `job_${"ab".repeat(16)}`;
  await store.accept({ id, owner: "", state: "queued", request: JSON.stringify(request), created_at: now, updated_at: now, ...fresh });
  const dead = await store.lease(now, LEASE_MS);
  await jobs.drain();
  expect((await jobs.get("", id)).state).toBe("running");
  await clock.advance(LEASE_MS + 1);
  await jobs.drain();
  expect(await jobs.get("", id)).toMatchObject({ state: "done", attempts: 2, report: `/reports/run_${"ab".repeat(16)}` });
  expect(await store.update(id, dead?.fence ?? 0, { state: "failed" }, clock.wall())).toBe(false);
});
test("a job that keeps killing its worker is given up, and others go on", async () => {
  const { jobs, store, clock } = await scene(answering);
  const now = clock.wall();
  const id = `job_${"cd".repeat(16)}`;
  const tried = { attempts: 3, fence: 3, lease_until: now - 1, report_id: null, problem: null, progress: null };
  await store.accept({ id, owner: "", state: "running", request: "{}", created_at: now, updated_at: now, ...tried });
  const { id: other } = await jobs.accept("", request);
  await until(jobs, other, "done");
  expect((await jobs.get("", id)).state).toBe("dead");
});
test("a stop hands running jobs back to the queue", async () => {
  const { jobs, store } = await scene(waiting);
  const { id } = await jobs.accept("", request);
  await until(jobs, id, "running");
  await jobs.stop();
  expect((await store.get("", id))?.state).toBe("queued");
});
/** A store whose lease takes effect at once and is told of only when the test says so. */
function slowLease(): { told(): void; over(store: JobStore): Partial<JobStore> } {
  const gate = Promise.withResolvers<void>();
  return {
    told: gate.resolve,
    over: (store) => ({
      async lease(now, leaseMs) {
        const job = await store.lease(now, leaseMs);
        await gate.promise;
        return job;
      },
    }),
  };
}
test("a cancel that comes while the job is being leased lets nothing run", async () => {
  const { told, over } = slowLease();
  const { jobs, ran } = await scene(waiting, { over });
  const { id } = await jobs.accept("", request);
  await until(jobs, id, "running");
  expect((await jobs.cancel("", id)).state).toBe("cancelled");
  told();
  await jobs.drain();
  expect(ran).toHaveLength(0);
  expect((await jobs.get("", id)).state).toBe("cancelled");
});
test("a job that was leased while the service is told to stop is handed back, and counts as not tried", async () => {
  const { told, over } = slowLease();
  const { jobs, ran } = await scene(waiting, { over });
  const { id } = await jobs.accept("", request);
  await until(jobs, id, "running");
  const stopped = jobs.stop();
  told();
  await stopped;
  expect(ran).toHaveLength(0);
  expect(await jobs.get("", id)).toMatchObject({ state: "queued", attempts: 0 });
});
test("a worker that has lost its lease ends its run", async () => {
  const { jobs, store, clock, ran } = await scene(waiting);
  const { id } = await jobs.accept("", request);
  await until(jobs, id, "running");
  while (ran.length === 0) await clock.flush();
  await store.lease(clock.wall() + LEASE_MS + 1, LEASE_MS);
  await clock.advance(LEASE_MS / 3 + 1);
  expect(ran[0]?.signal.aborted).toBe(true);
});
test("a worker that could not renew in time ends its run by itself", async () => {
  const fails = { isOn: false };
  const over = (store: JobStore): Partial<JobStore> => ({
    update: (...change) => (fails.isOn ? Promise.reject(new StoreError("locked")) : store.update(...change)),
  });
  const { jobs, clock, ran } = await scene(waiting, { over });
  const { id } = await jobs.accept("", request);
  await until(jobs, id, "running");
  while (ran.length === 0) await clock.flush();
  fails.isOn = true;
  await clock.advance(LEASE_MS);
  expect(ran[0]?.signal.aborted).toBe(false);
  await clock.advance(LEASE_MS / 3);
  expect(ran[0]?.signal.aborted).toBe(true);
});
test("a job whose report is there already is not run again", async () => {
  const stored = { id: `run_${"ef".repeat(16)}`, problem: null };
  const reports = { get: (_owner: string, id: string) => Promise.resolve(id === stored.id ? JSON.stringify(stored) : null) };
  const { jobs, store, clock, ran } = await scene(answering, { reports });
  const now = clock.wall();
  const id = `job_${"ef".repeat(16)}`;
  const tried = { attempts: 1, fence: 1, lease_until: now - 1, report_id: null, problem: null, progress: null };
  await store.accept({ id, owner: "", state: "running", request: JSON.stringify(request), created_at: now, updated_at: now, ...tried });
  await jobs.drain();
  expect(await jobs.get("", id)).toMatchObject({ state: "done", report: `/reports/${stored.id}` });
  expect(ran).toHaveLength(0);
});
test("an ended job keeps no prompt", async () => {
  const { jobs, store } = await scene(answering);
  const { id } = await jobs.accept("", request);
  await until(jobs, id, "done");
  expect((await store.get("", id))?.request).toBe("{}");
});
test("every seat of a running job is shown from the start, in seat order, and at the end those that were not needed too", async () => {
  const seat = (number: number, member: string, status: string): unknown => ({ member, seat: number, status, reason: "timeout" });
  const heard = Promise.withResolvers<void>();
  const { jobs } = await scene(async function* (context) {
    yield { type: "run-start", data: { id: idOf(context), members: ["groq/a", "ollama/b"] } };
    yield { type: "member-dropped", data: seat(3, "ollama/b", "dropped") } as ConsensusEvent;
    await heard.promise;
    yield runEnd(idOf(context), [seat(1, "groq/a", "answered"), seat(2, "groq/a", "not-asked"), seat(3, "ollama/b", "dropped")]);
  });
  const panel = [
    { model: "groq/a", samples: 2 },
    { model: "together/left-out", samples: 1 },
    { model: "ollama/b", samples: 1 },
  ];
  const { id } = await jobs.accept("", { ...request, panel } as RunRequest);
  const states = async (): Promise<unknown[]> =>
    (await jobs.get("", id)).progress.map(({ member, seat: number, status, reason }) => [number, member, status, reason]);
  await expect.poll(states).toEqual([
    [1, "groq/a", "waiting", null],
    [2, "groq/a", "waiting", null],
    [3, "ollama/b", "dropped", "timeout"],
  ]);
  heard.resolve();
  await until(jobs, id, "done");
  expect(await states()).toEqual([
    [1, "groq/a", "answered", null],
    [2, "groq/a", "not-asked", null],
    [3, "ollama/b", "dropped", "timeout"],
  ]);
});
