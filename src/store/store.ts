/** The contract of the store: reports, jobs, idempotency, and what is learned between runs. One small async SQL port below it. Imports no implementation. */
import type { Json } from "../../adjudicator/index.ts";

export type SqlValue = string | number | null | Uint8Array;
export type SqlRow = Record<string, SqlValue>;
export interface Statement {
  sql: string;
  params: SqlValue[];
  /** must survive a loss of power before the call returns (an accepted job) */
  durable?: boolean;
}
/** All that a database must do. D1 has no interactive transactions, so every write is one statement or one batch (all or nothing). */
export interface SqlPort {
  all(statement: Statement): Promise<SqlRow[]>;
  run(statement: Statement): Promise<{ changes: number }>;
  batch(statements: Statement[]): Promise<{ changes: number }[]>;
  close(): Promise<void>;
}

/** Who asked: the fingerprint of the bearer key, "" when no keys are configured. Foreign rows look like missing ones. */
export type Owner = string;

export interface ReportRow {
  id: string;
  created_at: string;
  status: string;
  mode: string;
  how: string | null;
  agreement: number | null;
  excerpt: string;
  cost_usd: number | null;
  total_ms: number;
}

/** One run as reliability learns from it; holds no prompt and no answer text. */
export interface HistoryRow {
  run: string;
  /** ms since 1970 */
  at: number;
  /** answer type, or `tool-calls` */
  kind: string;
  /** member → class number within this run (0 = winner's class where there is one); null = abstained */
  ballots: Record<string, number | null>;
  /** class that won, null = none */
  winner: number | null;
  /** class that feedback named as right; -1 = none of them; null = no feedback */
  right: number | null;
  /** per class: 8 hex digits of the SHA-256 of run id and answer key, so that feedback finds its class without any stored text */
  keys: string[];
}

export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

/** Every method rejects with a StoreError when the database fails; reads of damaged rows reject with `damaged: true`. */
export class StoreError extends Error {
  readonly damaged: boolean;
  constructor(message: string, damaged = false) {
    super(message);
    this.name = "StoreError";
    this.damaged = damaged;
  }
}

export interface ReportStore {
  /** one batch: report (with its SHA-256), list row and history row */
  save(entry: { owner: Owner; row: ReportRow; json: string; history: HistoryRow | null }): Promise<void>;
  get(owner: Owner, id: string): Promise<string | null>;
  list(owner: Owner, page: { limit: number; cursor: string | null }): Promise<Page<ReportRow>>;
  remove(owner: Owner, id: string): Promise<boolean>;
  /** newest first, at most `limit` rows of one kind */
  history(kind: string, limit: number): Promise<HistoryRow[]>;
  /** the history row of one run; null = no such run of this owner */
  pastRun(owner: Owner, run: string): Promise<HistoryRow | null>;
  /** feedback on a run: sets `right` of its history row; false = no such run of this owner */
  teach(owner: Owner, run: string, right: number): Promise<boolean>;
  /** small values that must outlive the process (breaker states, estimator factors), by name */
  remember(name: string, value: Json): Promise<void>;
  recall(name: string): Promise<Json>;
  /** null = fine, else what is wrong, for `/readyz` and `/status`; never throws */
  health(): Promise<string | null>;
}

export type Claim =
  | { state: "claimed" }
  | { state: "in-progress" }
  | { state: "reused" }
  | { state: "done"; status: number; headers: Record<string, string>; body: string }
  /** the report of the run is stored and its reply is not: about to be kept, or (`stale`) left so by a process that died */
  | { state: "stored"; run: string; stale: boolean }
  /** the same of the job of this run, which is accepted */
  | { state: "accepted"; run: string };
/** Idempotency: (owner, method, path, key) → the stored reply. */
export interface IdempotencyStore {
  /**
   * Claims the key for this body fingerprint and this run, in one statement, so that whatever the run leaves behind is found
   * though its process died before `finish`; a claim older than `staleMs` whose run left nothing may be taken over.
   */
  claim(
    key: { owner: Owner; method: string; path: string; key: string },
    fingerprint: string,
    now: number,
    staleMs: number,
    run?: string,
  ): Promise<Claim>;
  /** changes nothing once the claim has gone to another run */
  finish(
    key: { owner: Owner; method: string; path: string; key: string },
    reply: { status: number; headers: Record<string, string>; body: string },
    run?: string,
  ): Promise<void>;
  /** the key is free again, unless the run left a report or a job, or the claim is another's */
  release(key: { owner: Owner; method: string; path: string; key: string }, run?: string): Promise<void>;
}

export type JobState = "queued" | "running" | "done" | "failed" | "cancelled" | "dead";
export interface JobRow {
  id: string;
  owner: Owner;
  state: JobState;
  /** the parsed request as JSON */
  request: string;
  created_at: number;
  updated_at: number;
  attempts: number;
  /** grows at every lease; a write with an older one changes nothing */
  fence: number;
  lease_until: number | null;
  report_id: string | null;
  problem: string | null;
  progress: string | null;
}
export interface JobStore {
  accept(job: JobRow): Promise<void>;
  get(owner: Owner, id: string): Promise<JobRow | null>;
  list(owner: Owner, page: { limit: number; cursor: string | null }): Promise<Page<JobRow>>;
  /** leases one waiting (or expired) job, in one statement; null = nothing to do */
  lease(now: number, leaseMs: number): Promise<JobRow | null>;
  /** guarded by the fence; false = stale */
  update(
    id: string,
    fence: number,
    change: Partial<Pick<JobRow, "request" | "state" | "attempts" | "lease_until" | "report_id" | "problem" | "progress">>,
    now: number,
  ): Promise<boolean>;
  cancel(owner: Owner, id: string, now: number): Promise<"cancelled" | "finished" | "missing">;
  waiting(): Promise<number>;
}
