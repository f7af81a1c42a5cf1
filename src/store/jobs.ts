/** Runs that outlive their request: accepted, leased to one worker at a time by a growing fence, ended once. Runs nothing itself. */
import { readCursor, writeCursor } from "./cursor.ts";
import type { JobRow, JobState, JobStore, SqlPort, SqlRow, SqlValue } from "./store.ts";

const COLUMNS = "id, owner, state, request, created_at, updated_at, attempts, fence, lease_until, report_id, problem, progress";
const CHANGEABLE = ["request", "state", "attempts", "lease_until", "report_id", "problem", "progress"] as const;

const toJob = (row: SqlRow): JobRow => ({
  id: String(row.id),
  owner: String(row.owner),
  state: String(row.state) as JobState,
  request: String(row.request),
  created_at: Number(row.created_at),
  updated_at: Number(row.updated_at),
  attempts: Number(row.attempts),
  fence: Number(row.fence),
  lease_until: row.lease_until === null ? null : Number(row.lease_until),
  report_id: row.report_id === null ? null : String(row.report_id),
  problem: row.problem === null ? null : String(row.problem),
  progress: row.progress === null ? null : String(row.progress),
});

const LEASE = `UPDATE jobs SET state = 'running', fence = fence + 1, attempts = attempts + 1, lease_until = ?1 + ?2, updated_at = ?1
WHERE id = (SELECT id FROM jobs WHERE state = 'queued' OR (state = 'running' AND lease_until < ?1) ORDER BY created_at, id LIMIT 1)
RETURNING ${COLUMNS}`;

export function createJobStore(sql: SqlPort): JobStore {
  return {
    async accept(job) {
      const values = [job.id, job.owner, job.state, job.request, job.created_at, job.updated_at, job.attempts, job.fence];
      const params = [...values, job.lease_until, job.report_id, job.problem, job.progress];
      // a port may try again what took effect before it was told so
      const insert = `INSERT INTO jobs (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`;
      await sql.run({ sql: insert, params, durable: true });
    },
    async get(owner, id) {
      const [row] = await sql.all({ sql: `SELECT ${COLUMNS} FROM jobs WHERE owner = ? AND id = ?`, params: [owner, id] });
      return row ? toJob(row) : null;
    },
    async list(owner, { limit, cursor }) {
      const from = cursor === null ? null : readCursor(cursor);
      const where = from ? "AND (created_at, id) < (?, ?)" : "";
      const rows = await sql.all({
        sql: `SELECT ${COLUMNS} FROM jobs WHERE owner = ? ${where} ORDER BY created_at DESC, id DESC LIMIT ?`,
        params: [owner, ...(from ? [Number(from.at), from.id] : []), limit + 1],
      });
      const data = rows.slice(0, limit).map(toJob);
      const last = data.at(-1);
      return { data, next_cursor: rows.length > limit && last ? writeCursor({ at: String(last.created_at), id: last.id }) : null };
    },
    async lease(now, leaseMs) {
      const [row] = await sql.all({ sql: LEASE, params: [now, leaseMs] });
      return row ? toJob(row) : null;
    },
    async update(id, fence, change, now) {
      const fields = CHANGEABLE.filter((field) => change[field] !== undefined);
      const values: SqlValue[] = fields.map((field) => change[field] ?? null);
      const set = [...fields.map((field) => `${field} = ?`), "updated_at = ?"].join(", ");
      const sqlText = `UPDATE jobs SET ${set} WHERE id = ? AND fence = ? AND state = 'running'`;
      const { changes } = await sql.run({ sql: sqlText, params: [...values, now, id, fence] });
      return changes > 0;
    },
    async cancel(owner, id, now) {
      const { changes } = await sql.run({
        sql: "UPDATE jobs SET state = 'cancelled', request = '{}', updated_at = ? WHERE owner = ? AND id = ? AND state IN ('queued', 'running')",
        params: [now, owner, id],
        // what was called off must not run again after a loss of power
        durable: true,
      });
      if (changes > 0) return "cancelled";
      const rows = await sql.all({ sql: "SELECT 1 FROM jobs WHERE owner = ? AND id = ?", params: [owner, id] });
      return rows.length > 0 ? "finished" : "missing";
    },
    async waiting() {
      const [row] = await sql.all({ sql: "SELECT count(*) AS waiting FROM jobs WHERE state = 'queued'", params: [] });
      return Number(row?.waiting ?? 0);
    },
  };
}
