/** What every store must do, told once: run on node:sqlite (memory and file) and on D1. */
import { expect, test } from "vitest";
import { createIdempotencyStore } from "../../src/store/idempotency.ts";
import { createJobStore } from "../../src/store/jobs.ts";
import { createReportStore } from "../../src/store/reports.ts";
import type { HistoryRow, JobRow, ReportRow, SqlPort } from "../../src/store/store.ts";

let made = 0;
const idOf = (kind: string): string => `${kind}_${(++made).toString(16).padStart(32, "0")}`;
const AT = Date.UTC(2026, 10, 22, 2);

export const rowOf = (change: Partial<ReportRow> = {}): ReportRow => ({
  id: idOf("run"),
  created_at: new Date(AT + made).toISOString(),
  status: "complete",
  mode: "consensus",
  how: "agreed",
  agreement: 1,
  excerpt: "42",
  cost_usd: 0.0002,
  total_ms: 740,
  ...change,
});
const historyOf = (run: string, change: Partial<HistoryRow> = {}): HistoryRow => ({
  run,
  at: AT + made,
  kind: "number",
  ballots: { "groq/a": 0, "ollama/b": 1, "together/c": null },
  keys: ["n:42", "n:41"],
  winner: 0,
  right: null,
  ...change,
});
const jobOf = (change: Partial<JobRow> = {}): JobRow => ({
  id: idOf("job"),
  owner: "me",
  state: "queued",
  request: '{"prompt":"hi"}',
  created_at: AT + made,
  updated_at: AT + made,
  attempts: 0,
  fence: 0,
  lease_until: null,
  report_id: null,
  problem: null,
  progress: null,
  ...change,
});

/** Registers the tests; `open` gives a fresh, migrated database. */
export function storeContract(name: string, open: () => Promise<SqlPort>): void {
  const withSql = (title: string, body: (sql: SqlPort) => Promise<void>): void =>
    test(`${name}: ${title}`, async () => {
      const sql = await open();
      try {
        await body(sql);
      } finally {
        await sql.close();
      }
    });
  reportTests(withSql);
  learningTests(withSql);
  idempotencyTests(withSql);
  jobTests(withSql);
}
type WithSql = (title: string, body: (sql: SqlPort) => Promise<void>) => void;

function reportTests(withSql: WithSql): void {
  withSql("a report is read back byte for byte, and by its owner only", async (sql) => {
    const store = createReportStore(sql);
    const row = rowOf();
    const json = JSON.stringify({ id: row.id, answer: "naïve \u{1F98E} 'quotes'; DROP TABLE reports; -- \u0000 \ud800" });
    await store.save({ owner: "me", row, json, history: null });
    expect(await store.get("me", row.id)).toBe(json);
    expect(await store.get("you", row.id)).toBeNull();
    expect(await store.get("me", idOf("run"))).toBeNull();
  });

  withSql("saving the same report twice keeps one", async (sql) => {
    const store = createReportStore(sql);
    const row = rowOf();
    await store.save({ owner: "me", row, json: "{}", history: historyOf(row.id) });
    await store.save({ owner: "me", row, json: "{}", history: historyOf(row.id) });
    expect((await store.list("me", { limit: 10, cursor: null })).data).toHaveLength(1);
    expect(await store.get("me", row.id)).toBe("{}");
  });

  withSql("sixteen answers of 1 MiB fit into one report", async (sql) => {
    const store = createReportStore(sql);
    const row = rowOf();
    const json = JSON.stringify(
      Array.from({ length: 16 }, (_, index) =>
        "é\u{1F98E}x"
          .slice(index % 2)
          .repeat(250_000)
          .slice(0, 1024 * 1024),
      ),
    );
    await store.save({ owner: "me", row, json, history: null });
    expect((await store.get("me", row.id)) === json).toBe(true);
  });

  withSql("pages run newest first, each row once, and end with a null cursor", async (sql) => {
    const store = createReportStore(sql);
    const rows = Array.from({ length: 7 }, (_, index) => rowOf({ created_at: new Date(AT + Math.floor(index / 2) * 1000).toISOString() }));
    for (const row of rows) await store.save({ owner: "me", row, json: "{}", history: null });
    await store.save({ owner: "you", row: rowOf(), json: "{}", history: null });
    const seen: string[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < 10; page++) {
      const found: { data: ReportRow[]; next_cursor: string | null } = await store.list("me", { limit: 3, cursor });
      seen.push(...found.data.map((row) => row.id));
      cursor = found.next_cursor;
      if (cursor === null) break;
      expect(cursor).toMatch(/^[A-Za-z0-9_-]{1,120}$/);
    }
    const expected = [...rows].sort((a, b) => (a.created_at + a.id < b.created_at + b.id ? 1 : -1)).map((row) => row.id);
    expect(seen).toEqual(expected);
  });

  withSql("a list row keeps every value and its nulls", async (sql) => {
    const store = createReportStore(sql);
    const row = rowOf({ status: "failed", how: null, agreement: null, cost_usd: null, excerpt: "" });
    await store.save({ owner: "me", row, json: "{}", history: null });
    expect((await store.list("me", { limit: 1, cursor: null })).data).toEqual([row]);
  });

  withSql("a cursor that is not ours is refused", async (sql) => {
    const store = createReportStore(sql);
    for (const cursor of ["", "x", "' OR 1=1 --", "AAAA", "a".repeat(10_000), btoa("1 run_x")])
      await expect(store.list("me", { limit: 1, cursor })).rejects.toMatchObject({ slug: "validation-failed" });
  });

  withSql("one flipped byte is never served, and other reports still are", async (sql) => {
    const store = createReportStore(sql);
    const [bad, good] = [rowOf(), rowOf()];
    for (const row of [bad, good]) await store.save({ owner: "me", row, json: '{"answer":"42"}', history: null });
    await sql.run({ sql: "UPDATE texts SET text = replace(text, '42', '43') WHERE id = ?", params: [bad.id] });
    await expect(store.get("me", bad.id)).rejects.toMatchObject({ name: "StoreError", damaged: true });
    expect(await store.get("me", good.id)).toBe('{"answer":"42"}');
  });

  withSql("deleting takes row and text, by the owner only", async (sql) => {
    const store = createReportStore(sql);
    const row = rowOf();
    await store.save({ owner: "me", row, json: "{}", history: null });
    expect(await store.remove("you", row.id)).toBe(false);
    expect(await store.get("me", row.id)).toBe("{}");
    expect(await store.remove("me", row.id)).toBe(true);
    expect(await store.remove("me", row.id)).toBe(false);
    expect(await store.get("me", row.id)).toBeNull();
    expect(await sql.all({ sql: "SELECT count(*) AS n FROM texts", params: [] })).toEqual([{ n: 0 }]);
  });
}

function learningTests(withSql: WithSql): void {
  withSql("history comes newest first, of one kind, and feedback marks the class that was right", async (sql) => {
    const store = createReportStore(sql);
    const rows = [rowOf(), rowOf(), rowOf()];
    for (const [index, row] of rows.entries()) {
      const history = historyOf(row.id, { at: AT + index, kind: index === 1 ? "json" : "number" });
      await store.save({ owner: "me", row, json: "{}", history });
    }
    expect((await store.history("number", 10)).map((row) => row.run)).toEqual([rows[2]?.id, rows[0]?.id]);
    expect(await store.teach("you", rows[0]?.id ?? "", 1)).toBe(false);
    expect(await store.teach("me", rows[0]?.id ?? "", 1)).toBe(true);
    expect((await store.history("number", 10)).map((row) => row.right)).toEqual([null, 1]);
    expect((await store.history("number", 1))[0]?.ballots).toEqual({ "groq/a": 0, "ollama/b": 1, "together/c": null });
  });

  withSql("small values are remembered by name, and health is a write", async (sql) => {
    const store = createReportStore(sql);
    expect(await store.recall("breakers")).toBeNull();
    await store.remember("breakers", { open: ["groq"] });
    await store.remember("breakers", { open: [] });
    expect(await store.recall("breakers")).toEqual({ open: [] });
    expect(await store.health()).toBeNull();
  });
}

function idempotencyTests(withSql: WithSql): void {
  const key = { owner: "me", method: "POST", path: "/consensus", key: "k" };
  const reply = { status: 200, headers: { "consensus-status": "complete" }, body: '{"answer":"42"}' };

  withSql("fifty claims at once give one winner", async (sql) => {
    const store = createIdempotencyStore(sql);
    const claims = await Promise.all(Array.from({ length: 50 }, () => store.claim(key, "f", AT, 1000)));
    expect(claims.filter((claim) => claim.state === "claimed")).toHaveLength(1);
    expect(claims.filter((claim) => claim.state === "in-progress")).toHaveLength(49);
  });

  withSql("a finished reply comes back as it was, another body is told, another owner is another key", async (sql) => {
    const store = createIdempotencyStore(sql);
    await store.claim(key, "f", AT, 1000);
    await store.finish(key, reply);
    expect(await store.claim(key, "f", AT + 5000, 1000)).toEqual({ state: "done", ...reply });
    expect(await store.claim(key, "g", AT, 1000)).toEqual({ state: "reused" });
    expect(await store.claim({ ...key, owner: "you" }, "f", AT, 1000)).toEqual({ state: "claimed" });
  });

  withSql("a released key is free, a finished one is not released", async (sql) => {
    const store = createIdempotencyStore(sql);
    await store.claim(key, "f", AT, 1000);
    await store.release(key);
    expect(await store.claim(key, "g", AT, 1000)).toEqual({ state: "claimed" });
    await store.finish(key, reply);
    await store.release(key);
    expect((await store.claim(key, "g", AT, 1000)).state).toBe("done");
  });

  withSql("a stale claim is taken over, unless its run left a report", async (sql) => {
    const store = createIdempotencyStore(sql);
    await store.claim(key, "f", AT, 1000);
    expect((await store.claim(key, "f", AT + 900, 1000)).state).toBe("in-progress");
    expect((await store.claim(key, "f", AT + 1001, 1000)).state).toBe("claimed");
    const row = rowOf();
    expect((await store.claim(key, "f", AT + 2002, 1000, row.id)).state).toBe("claimed");
    expect((await store.claim(key, "f", AT + 2003, 1000)).state).toBe("in-progress");
    await createReportStore(sql).save({ owner: "me", row, json: "{}", history: null });
    expect(await store.claim(key, "f", AT + 2004, 1000)).toEqual({ state: "stored", run: row.id, stale: false });
    expect(await store.claim(key, "f", AT + 9999, 1000)).toEqual({ state: "stored", run: row.id, stale: true });
  });

  withSql("a run that lost its claim neither keeps a reply nor frees the key", async (sql) => {
    const store = createIdempotencyStore(sql);
    const [first, second] = [rowOf().id, rowOf().id];
    await store.claim(key, "f", AT, 1000, first);
    expect((await store.claim(key, "f", AT + 1001, 1000, second)).state).toBe("claimed");
    await store.finish(key, { ...reply, body: "late" }, first);
    await store.release(key, first);
    expect((await store.claim(key, "f", AT + 1002, 1000)).state).toBe("in-progress");
    await store.finish(key, reply, second);
    expect(await store.claim(key, "f", AT + 1003, 1000)).toEqual({ state: "done", ...reply });
  });

  withSql("a key is not freed of a run that left a report or a job behind, and tells of the job", async (sql) => {
    const store = createIdempotencyStore(sql);
    const row = rowOf();
    await store.claim(key, "f", AT, 1000, row.id);
    await createReportStore(sql).save({ owner: "me", row, json: "{}", history: null });
    await store.release(key, row.id);
    expect((await store.claim(key, "f", AT + 1, 1000)).state).toBe("stored");
    const job = jobOf();
    const run = `run_${job.id.slice("job_".length)}`;
    await store.claim({ ...key, key: "j" }, "f", AT, 1000, run);
    await createJobStore(sql).accept(job);
    await store.release({ ...key, key: "j" }, run);
    expect(await store.claim({ ...key, key: "j" }, "f", AT + 9999, 1000)).toEqual({ state: "accepted", run });
  });

  withSql("what took effect before its port was told so may be written again", async (sql) => {
    const store = createIdempotencyStore(sql);
    const { id: run } = rowOf();
    expect((await store.claim(key, "f", AT, 1000, run)).state).toBe("claimed");
    expect((await store.claim(key, "f", AT, 1000, run)).state).toBe("claimed");
    const jobs = createJobStore(sql);
    const job = jobOf();
    await jobs.accept(job);
    await jobs.accept(job);
    expect(await jobs.waiting()).toBe(1);
  });

  withSql("replies older than a day are swept away", async (sql) => {
    const store = createIdempotencyStore(sql);
    await store.claim(key, "f", AT, 1000);
    await store.finish(key, reply);
    const later = createIdempotencyStore(sql);
    expect((await later.claim({ ...key, key: "other" }, "f", AT + 25 * 3600_000, 1000)).state).toBe("claimed");
    expect((await later.claim(key, "g", AT + 25 * 3600_000, 1000)).state).toBe("claimed");
    expect(await sql.all({ sql: "SELECT count(*) AS n FROM texts", params: [] })).toEqual([{ n: 0 }]);
  });
}

function jobTests(withSql: WithSql): void {
  withSql("one worker leases a job, oldest first, and a stale fence changes nothing", async (sql) => {
    const jobs = createJobStore(sql);
    const [first, second] = [jobOf(), jobOf()];
    await jobs.accept(first);
    await jobs.accept(second);
    expect(await jobs.waiting()).toBe(2);
    const leased = await Promise.all([jobs.lease(AT + 100, 1000), jobs.lease(AT + 100, 1000), jobs.lease(AT + 100, 1000)]);
    expect(leased.map((job) => job?.id ?? null)).toEqual([first.id, second.id, null]);
    expect(leased[0]).toMatchObject({ state: "running", fence: 1, attempts: 1, lease_until: AT + 1100 });
    const again = await jobs.lease(AT + 1101, 1000);
    expect(again).toMatchObject({ id: first.id, fence: 2, attempts: 2 });
    expect(await jobs.update(first.id, 1, { state: "done" }, AT + 1200)).toBe(false);
    expect(await jobs.update(first.id, 2, { state: "done", report_id: "run_1" }, AT + 1200)).toBe(true);
    expect(await jobs.get("me", first.id)).toMatchObject({ state: "done", report_id: "run_1" });
    expect(await jobs.update(first.id, 2, { state: "running" }, AT + 1300)).toBe(false);
  });

  withSql("cancelling ends a waiting job once, and never a finished one", async (sql) => {
    const jobs = createJobStore(sql);
    const job = jobOf();
    await jobs.accept(job);
    expect(await jobs.cancel("you", job.id, AT)).toBe("missing");
    expect(await jobs.cancel("me", job.id, AT)).toBe("cancelled");
    expect(await jobs.cancel("me", job.id, AT)).toBe("finished");
    expect(await jobs.lease(AT + 100, 1000)).toBeNull();
  });

  withSql("jobs are listed newest first by their owner", async (sql) => {
    const jobs = createJobStore(sql);
    const mine = [jobOf(), jobOf(), jobOf()];
    for (const job of mine) await jobs.accept(job);
    await jobs.accept(jobOf({ owner: "you" }));
    const page = await jobs.list("me", { limit: 2, cursor: null });
    const rest = await jobs.list("me", { limit: 2, cursor: page.next_cursor });
    expect([...page.data, ...rest.data].map((job) => job.id)).toEqual(mine.map((job) => job.id).reverse());
    expect(rest.next_cursor).toBeNull();
  });
}
