/** One execution per Idempotency-Key: a claim in one statement, the reply kept whole, found again by the same owner only. */
import { sha256Hex } from "../core/sha256.ts";
import type { Claim, IdempotencyStore, SqlPort } from "./store.ts";
import { insertTexts, joinTexts, selectTexts } from "./texts.ts";

type Key = Parameters<IdempotencyStore["release"]>[0];
/** Replies are kept for a day; looked for at most this often. */
const KEPT_MS = 24 * 3600_000;
const SWEEP_MS = 600_000;

const idOf = async ({ owner, method, path, key }: Key): Promise<string> => `reply_${sha256Hex(JSON.stringify([owner, method, path, key]))}`;

/** What the run of a claim left behind: never run again, but found. */
const LEFT_REPORT = "EXISTS (SELECT 1 FROM reports WHERE reports.id = replies.run)";
const LEFT_JOB = "EXISTS (SELECT 1 FROM jobs WHERE jobs.id = 'job_' || substr(replies.run, 5))";
/** A fresh key, or an unfinished claim that is stale, is ours; RETURNING tells by giving a row back. */
const CLAIM = `INSERT INTO replies (id, fingerprint, claimed_at, run) VALUES (?1, ?2, ?3, ?5)
ON CONFLICT (id) DO UPDATE SET claimed_at = ?3, run = ?5 WHERE status IS NULL AND fingerprint = ?2 AND claimed_at < ?3 - ?4
AND NOT ${LEFT_REPORT} AND NOT ${LEFT_JOB}
RETURNING id`;
const FIND = `SELECT fingerprint, claimed_at, status, headers, run, ${LEFT_REPORT} AS stored, ${LEFT_JOB} AS accepted FROM replies WHERE id = ?`;
const OURS = "run IS ?2 AND status IS NULL";

interface Wanted {
  id: string;
  fingerprint: string;
  run: string | null;
  /** an older claim was left behind */
  staleBefore: number;
}

async function found(sql: SqlPort, { id, fingerprint, run, staleBefore }: Wanted): Promise<Claim> {
  const [row] = await sql.all({ sql: FIND, params: [id] });
  if (!row) return { state: "in-progress" };
  if (row.fingerprint !== fingerprint) return { state: "reused" };
  if (row.status === null) {
    if (row.accepted === 1) return { state: "accepted", run: String(row.run) };
    if (row.stored === 1) return { state: "stored", run: String(row.run), stale: Number(row.claimed_at) < staleBefore };
    // a port may try again what took effect before it was told so
    return { state: run !== null && row.run === run ? "claimed" : "in-progress" };
  }
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
    async claim(key, fingerprint, now, staleMs, run) {
      await sweep(now);
      const id = await idOf(key);
      const mine = await sql.all({ sql: CLAIM, params: [id, fingerprint, now, staleMs, run ?? null] });
      return mine.length > 0 ? { state: "claimed" } : found(sql, { id, fingerprint, run: run ?? null, staleBefore: now - staleMs });
    },
    async finish(key, { status, headers, body }, run) {
      const id = await idOf(key);
      const cleared = `DELETE FROM texts WHERE id = ?1 AND EXISTS (SELECT 1 FROM replies WHERE id = ?1 AND ${OURS})`;
      const done = `UPDATE replies SET status = ?3, headers = ?4 WHERE id = ?1 AND ${OURS}`;
      await sql.batch([
        { sql: cleared, params: [id, run ?? null] },
        ...insertTexts(id, body),
        { sql: done, params: [id, run ?? null, status, JSON.stringify(headers)] },
      ]);
    },
    async release(key, run) {
      const free = `DELETE FROM replies WHERE id = ?1 AND ${OURS} AND NOT ${LEFT_REPORT} AND NOT ${LEFT_JOB}`;
      await sql.run({ sql: free, params: [await idOf(key), run ?? null] });
    },
  };
}
