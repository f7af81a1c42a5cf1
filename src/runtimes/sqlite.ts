/** The SQL port on Node: node:sqlite in WAL mode. Never waits for a lock on the event loop, never writes over a file that it cannot read. */
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Clock } from "../core/ports.ts";
import { ConfigError } from "../core/problem.ts";
import { migrate, NewerSchemaError } from "../store/migrate.ts";
import { type SqlPort, type SqlRow, type Statement, StoreError } from "../store/store.ts";
import { systemClock } from "./ports.ts";
import { commitEach, createGroup } from "./sqlite-group.ts";

/** SQLite's result codes (sqlite.org/rescode.html), low byte. */
const BUSY = 5;
const LOCKED = 6;
/** ms between tries while another process writes, and how long they go on in all */
const RETRY_MS = 15;
const PATIENCE_MS = 800;

const codeOf = (error: unknown): number => ((error as { errcode?: number }).errcode ?? 0) & 0xff;
const isLocked = (error: unknown): boolean => [BUSY, LOCKED].includes(codeOf(error));
const REASONS: Record<number, string> = {
  [BUSY]: "the database is locked",
  [LOCKED]: "the database is locked",
  8: "the database is read-only",
  10: "reading or writing the database failed",
  11: "the database file is damaged",
  13: "the disk is full",
  14: "the database file cannot be opened",
  26: "the file is not an SQLite database",
};
const asStoreError = (error: unknown): StoreError =>
  error instanceof StoreError ? error : new StoreError(REASONS[codeOf(error)] ?? `the database refused (SQLite code ${codeOf(error)})`);

interface Handle {
  database: DatabaseSync;
  prepared: Map<string, StatementSync>;
  /** which file it is; null for :memory: */
  inode: number | null;
}

const inodeOf = (path: string): number | null => statSync(path, { throwIfNoEntry: false })?.ino ?? null;

function open(path: string): Handle {
  const inMemory = path === ":memory:";
  if (!inMemory) mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 4000");
  } catch (error) {
    database.close();
    throw error;
  }
  return { database, prepared: new Map(), inode: inMemory ? null : inodeOf(path) };
}

function run(handle: Handle, { sql, params }: Statement): { changes: number } {
  return { changes: Number(statementOf(handle, sql).run(...params).changes) };
}
function statementOf({ database, prepared }: Handle, sql: string): StatementSync {
  let statement = prepared.get(sql);
  if (!statement) prepared.set(sql, (statement = database.prepare(sql)));
  return statement;
}

/** One transaction; `durable` waits for the disk, the others trust the WAL to survive all but a loss of power. */
function transact(handle: Handle, statements: Statement[]): { changes: number }[] {
  const { database } = handle;
  const durable = statements.some((statement) => statement.durable);
  if (durable) database.exec("PRAGMA synchronous = FULL");
  try {
    statementOf(handle, "BEGIN IMMEDIATE").run();
    const changes = statements.map((statement) => run(handle, statement));
    statementOf(handle, "COMMIT").run();
    return changes;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  } finally {
    if (durable) database.exec("PRAGMA synchronous = NORMAL");
  }
}

/** The port over one file. Opens at the first use, and again when the file that was opened is no longer the one at the path. */
function portOver(path: string, clock: Clock): SqlPort {
  let handle: Handle | null = null;
  let existed = false;
  const current = (): Handle => {
    if (handle && (handle.inode === null || handle.inode === inodeOf(path))) return handle;
    handle?.database.close();
    handle = null;
    // a file that was there and is gone is a loss to be told, not a reason to begin anew
    if (existed && inodeOf(path) === null) throw new StoreError("the database file is gone");
    handle = open(path);
    existed = handle.inode !== null;
    return handle;
  };
  const patiently = async <T>(work: (handle: Handle) => T): Promise<T> => {
    const until = clock.now() + PATIENCE_MS;
    for (;;) {
      try {
        return work(current());
      } catch (error) {
        if (!isLocked(error) || clock.now() >= until) throw asStoreError(error);
        await new Promise<void>((resolve) => void clock.timer(RETRY_MS, resolve));
      }
    }
  };
  const grouped = createGroup((batches) =>
    patiently((handle) => commitEach((statements) => transact(handle, statements), isLocked, batches)).then((endings) =>
      endings.map((ending) => ("error" in ending ? { error: asStoreError(ending.error) } : ending)),
    ),
  );
  // what waits for the disk makes nobody else wait; in memory a transaction costs nothing that could be shared
  const isAlone = (statements: Statement[]): boolean => path === ":memory:" || statements.some(({ durable }) => durable);
  return {
    all: ({ sql, params }) => patiently((handle) => statementOf(handle, sql).all(...params) as SqlRow[]),
    run: (statement) =>
      patiently((handle) => (statement.durable ? transact(handle, [statement])[0] : run(handle, statement)) ?? { changes: 0 }),
    batch: (statements) => (isAlone(statements) ? patiently((handle) => transact(handle, statements)) : grouped(statements)),
    close: async () => {
      handle?.database.close();
      handle = null;
    },
  };
}

/**
 * Throws ConfigError for a schema newer than the code. A damaged or unusable file is left as it is: every use of the
 * port then fails with what is wrong with it, and tries to migrate first, so that the store comes back once the file does.
 */
export async function openSqlite(path: string, clock: Clock = systemClock): Promise<SqlPort> {
  const port = portOver(path, clock);
  let ready = false;
  const prepare = async (): Promise<void> => {
    if (ready) return;
    await migrate(port);
    // only now: the mode is written into the file, and a file that is not ours must stay as it is
    await port.all({ sql: "PRAGMA journal_mode = WAL", params: [] });
    ready = true;
  };
  const sql: SqlPort = {
    all: async (statement) => (ready || (await prepare()), port.all(statement)),
    run: async (statement) => (ready || (await prepare()), port.run(statement)),
    batch: async (statements) => (ready || (await prepare()), port.batch(statements)),
    close: port.close,
  };
  try {
    await prepare();
  } catch (error) {
    if (error instanceof NewerSchemaError) {
      await port.close();
      throw new ConfigError("CONSENSUS_DB", `${error.message}; the file is left as it is`);
    }
  }
  return sql;
}
