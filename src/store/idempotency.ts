/** One execution per Idempotency-Key: a claim in one statement, the reply kept whole, found again by the same owner only. */
import { sha256Hex } from "../core/sha256.ts";
import type { Claim, IdempotencyStore, SqlPort } from "./store.ts";
import { deleteTexts, insertTexts, joinTexts, selectTexts } from "./texts.ts";

type Key = Parameters<IdempotencyStore["release"]>[0];
/** Replies are kept for a day; looked for at most this often. */
const KEPT_MS = 24 * 3600_000;
const SWEEP_MS = 600_000;

const idOf = async ({ owner, method, path, key }: Key): Promise<string> => `reply_${sha256Hex(JSON.stringify([owner, method, path, key]))}`;

/** A fresh key, or an unfinished claim that is stale, is ours; RETURNING tells by giving a row back. */
const CLAIM = `INSERT INTO replies (id, fingerprint, claimed_at) VALUES (?1, ?2, ?3)
ON CONFLICT (id) DO UPDATE SET claimed_at = ?3, run = NULL WHERE status IS NULL AND fingerprint = ?2 AND claimed_at < ?3 - ?4
AND NOT EXISTS (SELECT 1 FROM reports WHERE reports.id = replies.run)
RETURNING id`;
const FIND = `SELECT fingerprint, status, headers, run, EXISTS (SELECT 1 FROM reports WHERE reports.id = replies.run) AS stored
FROM replies WHERE id = ?`;

async function found(sql: SqlPort, id: string, fingerprint: string): Promise<Claim> {
  const [row] = await sql.all({ sql: FIND, params: [id] });
  if (!row) return { state: "in-progress" };
  if (row.fingerprint !== fingerprint) return { state: "reused" };
  if (row.status === null) return row.stored === 1 ? { state: "stored", run: String(row.run) } : { state: "in-progress" };
  const body = joinTexts(await sql.all(selectTexts(id)));
  return { state: "done", status: Number(row.status), headers: JSON.parse(String(row.headers)) as Record<string, string>, body };
}

export function createIdempotencyStore(sql: SqlPort): IdempotencyStore {
  let sweptAt = Number.NEGATIVE_INFINITY;
  const sweep = async (now: number): Promise<void> => {
    if (now - sweptAt < SWEEP_MS) return;
    sweptAt = now;
    const old = now - KEPT_MS;
    await sql.batch([
      { sql: "DELETE FROM texts WHERE id IN (SELECT id FROM replies WHERE claimed_at < ?)", params: [old] },
      { sql: "DELETE FROM replies WHERE claimed_at < ?", params: [old] },
    ]);
  };
  return {
    async claim(key, fingerprint, now, staleMs) {
      await sweep(now);
      const id = await idOf(key);
      const mine = await sql.all({ sql: CLAIM, params: [id, fingerprint, now, staleMs] });
      return mine.length > 0 ? { state: "claimed" } : found(sql, id, fingerprint);
    },
    async link(key, run) {
      await sql.run({ sql: "UPDATE replies SET run = ? WHERE id = ? AND status IS NULL", params: [run, await idOf(key)] });
    },
    async finish(key, { status, headers, body }) {
      const id = await idOf(key);
      const done = { sql: "UPDATE replies SET status = ?, headers = ? WHERE id = ?", params: [status, JSON.stringify(headers), id] };
      await sql.batch([deleteTexts(id), ...insertTexts(id, body), done]);
    },
    async release(key) {
      await sql.run({ sql: "DELETE FROM replies WHERE id = ? AND status IS NULL", params: [await idOf(key)] });
    },
  };
}
