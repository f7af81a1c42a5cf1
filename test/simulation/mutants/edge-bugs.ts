/** Bugs at the edge, in the store and in jobs (I21, I27–I30, I46): where, what, and which invariant must catch them. */
import { type Bug, bug } from "./bug.ts";

export const EDGE_BUGS: readonly Bug[] = [
  bug("nameless-claim", "I21", "a claim does not say which run it is for", [
    "src/store/idempotency.ts",
    "params: [id, fingerprint, now, staleMs, run ?? null]",
    "params: [id, fingerprint, now, staleMs, null]",
  ]),
  bug("second-report", "I21", "a job that is run again stores a report of its own", [
    "src/jobs/work.ts",
    'const runIdOf = ({ id }: JobRow): string => `run_${id.slice("job_".length)}`;',
    'const runIdOf = ({ id, fence }: JobRow): string => `run_${String(fence % 10)}${id.slice("job_".length + 1)}`;',
  ]),
  bug("free-on-leave", "I21", "a stream that is left frees its key though its run has stored a report", [
    "src/store/idempotency.ts",
    "AND ${OURS} AND NOT ${LEFT_REPORT} AND NOT ${LEFT_JOB}`",
    "AND ${OURS}`",
  ]),
  bug("raw-fingerprint", "I27", "the order of a body's fields makes it another body", [
    "src/http/idempotent.ts",
    "sha256Hex(JSON.stringify([form, canonical(body)]))",
    "sha256Hex(JSON.stringify([form, body]))",
  ]),
  bug("check-then-insert", "I27", "a key is looked for first and claimed after that", [
    "src/store/idempotency.ts",
    "const mine = await sql.all({ sql: CLAIM, params: [id, fingerprint, now, staleMs, run ?? null] });",
    `const there = await sql.all({ sql: "SELECT 1 FROM replies WHERE id = ?", params: [id] });
      const late = "INSERT INTO replies (id, fingerprint, claimed_at, run) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO UPDATE SET run = ?4 RETURNING id";
      const mine = there.length > 0 ? [] : await sql.all({ sql: late, params: [id, fingerprint, now, run ?? null] });`,
  ]),
  bug("unkept-stream", "I27", "a stream is kept only after its last byte has left", [
    "src/http/sse.ts",
    'await keep(sent.join(""))',
    'void keep(sent.join(""))',
  ]),
  bug("early-202", "I28", "the 202 leaves before the job's row is written", [
    "src/jobs/jobs.ts",
    "await store.accept(job);",
    "void store.accept(job).catch(() => {});",
  ]),
  bug("unsynced-job", "I28", "an accepted job does not wait for the disk", [
    "src/store/jobs.ts",
    "sql: insert, params, durable: true",
    "sql: insert, params",
  ]),
  bug("endless-lease", "I28", "a lease never runs out", ["src/store/jobs.ts", " OR (state = 'running' AND lease_until < ?1)", ""]),
  bug("unfenced", "I29", "a write is not bound to the lease that it came with", [
    "src/store/jobs.ts",
    "WHERE id = ? AND fence = ? AND state = 'running'`",
    "WHERE id = ? AND fence >= 0 * ? AND state = 'running'`",
  ]),
  bug("revived", "I29", "a job that has failed is tried again", [
    "src/store/jobs.ts",
    "WHERE state = 'queued' OR (",
    "WHERE state IN ('queued', 'failed') OR (",
  ]),
  bug("stolen-lease", "I29", "a job is leased away from a worker that renews in time", [
    "src/store/jobs.ts",
    "lease_until < ?1)",
    "lease_until < ?1 + 6500)",
  ]),
  bug("blamed-job", "I29", "a job that was handed back counts as one that took its worker down", [
    "src/jobs/work.ts",
    "attempts: job.attempts - 1",
    "attempts: job.attempts + 1",
  ]),
  bug("deaf-worker", "I30", "a cancel does not reach the run that is under way", [
    "src/jobs/workers.ts",
    'if (one.id === id) one.lost.abort("cancelled");',
    "void one;",
  ]),
  bug("cancel-unsynced", "I30", "a cancel does not wait for the disk", [
    "src/store/jobs.ts",
    "        durable: true,\n      });\n      if (changes > 0)",
    "      });\n      if (changes > 0)",
  ]),
  bug("cut-replies", "I46", "the listener is closed before the replies in flight have left", [
    "src/runtimes/ending.ts",
    "drained(DRAIN_MS + TAIL_MS)]",
    "Promise.resolve()]",
  ]),
  bug("late-drain", "I46", "requests are taken until the last run has ended", [
    "src/runtimes/ending.ts",
    "  drain();\n  const cancel = clock.timer(DRAIN_MS, strike);",
    "  const cancel = clock.timer(DRAIN_MS, () => (drain(), strike()));",
  ]),
  bug("no-strike", "I46", "runs in flight are not ended when their grace is over", [
    "src/runtimes/ending.ts",
    "clock.timer(DRAIN_MS, strike)",
    "clock.timer(DRAIN_MS * 3, strike)",
  ]),
  bug("leased-on", "I46", "a job that was leased while the service was told to stop is begun", [
    "src/jobs/workers.ts",
    'if (life.stopped) lost.abort("stopped");',
    "",
  ]),
];
