/** Reports, their list rows, and what is learned from runs; every query names the owner, every read checks the SHA-256. */
import type { Json } from "../../adjudicator/index.ts";
import { sha256Hex } from "../core/sha256.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { type HistoryRow, type ReportRow, type ReportStore, type SqlPort, type SqlRow, type Statement, StoreError } from "./store.ts";
import { deleteTexts, insertTexts, joinTexts, selectTexts } from "./texts.ts";

const COLUMNS = "id, created_at, status, mode, how, agreement, excerpt, cost_usd, total_ms";

const insertReport = (owner: string, row: ReportRow, sha256: string): Statement => ({
  sql: `INSERT INTO reports (owner, sha256, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
  params: [owner, sha256, row.id, row.created_at, row.status, row.mode, row.how, row.agreement, row.excerpt, row.cost_usd, row.total_ms],
});
const insertHistory = (owner: string, row: HistoryRow): Statement => ({
  sql: "INSERT INTO history (run, owner, at, kind, ballots, keys, winner, feedback) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run) DO NOTHING",
  params: [row.run, owner, row.at, row.kind, JSON.stringify(row.ballots), JSON.stringify(row.keys), row.winner, row.right],
});

/** A write, because a full or read-only disk still reads. */
const HEALTH = "INSERT INTO memory (name, value) VALUES ('health', '1') ON CONFLICT (name) DO UPDATE SET value = '1'";

const numberOrNull = (value: SqlRow[string] | undefined): number | null => (typeof value === "number" ? value : null);
const textOrNull = (value: SqlRow[string] | undefined): string | null => (typeof value === "string" ? value : null);
const toRow = (row: SqlRow): ReportRow => ({
  id: String(row.id),
  created_at: String(row.created_at),
  status: String(row.status),
  mode: String(row.mode),
  how: textOrNull(row.how),
  agreement: numberOrNull(row.agreement),
  excerpt: String(row.excerpt),
  cost_usd: numberOrNull(row.cost_usd),
  total_ms: Number(row.total_ms),
});

function toHistory(row: SqlRow): HistoryRow {
  const ballots = parsed<Record<string, number | null>>(row.ballots, "a history row");
  const keys = parsed<string[]>(row.keys, "a history row");
  const { run, at, kind, winner, feedback } = row;
  const known = { run: String(run), at: Number(at), kind: String(kind), ballots, keys };
  return { ...known, winner: numberOrNull(winner), right: numberOrNull(feedback) };
}

/** Damaged JSON in a row is the store's failure, not a bug. */
function parsed<T>(value: SqlRow[string] | undefined, what: string): T {
  try {
    return JSON.parse(String(value)) as T;
  } catch {
    throw new StoreError(`${what} is damaged`, true);
  }
}

/** What is learned from runs: who stood with whom, and who was right. */
const learned = (sql: SqlPort): Pick<ReportStore, "history" | "pastRun" | "teach"> => ({
  async history(kind, limit) {
    const rows = await sql.all({ sql: "SELECT * FROM history WHERE kind = ? ORDER BY at DESC, run DESC LIMIT ?", params: [kind, limit] });
    return rows.map(toHistory);
  },
  async pastRun(owner, run) {
    const [row] = await sql.all({ sql: "SELECT * FROM history WHERE owner = ? AND run = ?", params: [owner, run] });
    return row ? toHistory(row) : null;
  },
  async teach(owner, run, right) {
    const { changes } = await sql.run({
      sql: "UPDATE history SET feedback = ? WHERE owner = ? AND run = ?",
      params: [right, owner, run],
    });
    return changes > 0;
  },
});

const memory = (sql: SqlPort): Pick<ReportStore, "remember" | "recall" | "health"> => ({
  async remember(name, value) {
    const upsert = "INSERT INTO memory (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    await sql.run({ sql: upsert, params: [name, JSON.stringify(value)] });
  },
  async recall(name) {
    const [row] = await sql.all({ sql: "SELECT value FROM memory WHERE name = ?", params: [name] });
    return row ? parsed<Json>(row.value, `the memory "${name}"`) : null;
  },
  async health() {
    try {
      await sql.run({ sql: HEALTH, params: [] });
      return null;
    } catch (error) {
      return error instanceof StoreError ? error.message : "the database cannot be used";
    }
  },
});

export function createReportStore(sql: SqlPort): ReportStore {
  return {
    async save({ owner, row, json, history }) {
      const steps = [insertReport(owner, row, sha256Hex(json)), ...insertTexts(row.id, json)];
      await sql.batch(history ? [...steps, insertHistory(owner, history)] : steps);
    },
    async get(owner, id) {
      const [row] = await sql.all({ sql: "SELECT sha256 FROM reports WHERE owner = ? AND id = ?", params: [owner, id] });
      if (!row) return null;
      const json = joinTexts(await sql.all(selectTexts(id)));
      if (sha256Hex(json) !== row.sha256) throw new StoreError(`report ${id} is damaged`, true);
      return json;
    },
    async list(owner, { limit, cursor }) {
      const from = cursor === null ? null : readCursor(cursor);
      const where = from ? "AND (created_at, id) < (?, ?)" : "";
      const rows = await sql.all({
        sql: `SELECT ${COLUMNS} FROM reports WHERE owner = ? ${where} ORDER BY created_at DESC, id DESC LIMIT ?`,
        params: [owner, ...(from ? [from.at, from.id] : []), limit + 1],
      });
      const data = rows.slice(0, limit).map(toRow);
      const last = data.at(-1);
      return { data, next_cursor: rows.length > limit && last ? writeCursor({ at: last.created_at, id: last.id }) : null };
    },
    async remove(owner, id) {
      const [removed] = await sql.batch([
        { sql: "DELETE FROM reports WHERE owner = ? AND id = ?", params: [owner, id] },
        { ...deleteTexts(id), sql: "DELETE FROM texts WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM reports WHERE id = ?1)" },
      ]);
      return (removed?.changes ?? 0) > 0;
    },
    ...learned(sql),
    ...memory(sql),
  };
}
