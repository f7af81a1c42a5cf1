/** The SQL port on Workers: D1, with its passing errors tried again; a batch is D1's own, all or nothing. */
import type { D1Database, D1PreparedStatement } from "@cloudflare/workers-types";
import type { Clock } from "../core/ports.ts";
import { migrate } from "../store/migrate.ts";
import { type SqlPort, type SqlRow, type Statement, StoreError } from "../store/store.ts";
import { systemClock } from "./ports.ts";

/** Our writes may run twice (inserts ignore what is there), so a passing error is simply tried again, after these ms. */
const BACKOFF_MS = [20, 80];

/** Brings the schema up to date at the first use of the isolate; a failure there is tried again at the next use. */
export function d1Port(database: D1Database, clock: Clock = systemClock): SqlPort {
  const bind = ({ sql, params }: Statement): D1PreparedStatement => database.prepare(sql).bind(...params);
  const tried = async <T>(work: () => Promise<T>): Promise<T> => {
    for (const wait of [...BACKOFF_MS, null]) {
      try {
        return await work();
      } catch {
        if (wait !== null) await new Promise<void>((resolve) => void clock.timer(wait, resolve));
      }
    }
    throw new StoreError("the database refused");
  };
  const port: SqlPort = {
    all: (statement) => tried(async () => (await bind(statement).all<SqlRow>()).results),
    run: (statement) => tried(async () => ({ changes: (await bind(statement).run()).meta.changes })),
    batch: (statements) => tried(async () => (await database.batch(statements.map(bind))).map(({ meta }) => ({ changes: meta.changes }))),
    close: async () => {},
  };
  let ready = false;
  const prepare = async (): Promise<void> => {
    if (ready) return;
    await migrate(port);
    ready = true;
  };
  return {
    all: async (statement) => (ready || (await prepare()), port.all(statement)),
    run: async (statement) => (ready || (await prepare()), port.run(statement)),
    batch: async (statements) => (ready || (await prepare()), port.batch(statements)),
    close: port.close,
  };
}
