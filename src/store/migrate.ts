/** Brings a database to the newest schema: each migration all or nothing in one batch, resumable, and never on a schema newer than the code. */
import { MIGRATIONS } from "./migrations/index.ts";
import { type SqlPort, StoreError } from "./store.ts";

/** Every migration is harmless when run twice and ends by writing its own version, so that `wrangler d1 migrations apply` and we agree. */
export interface Migration {
  version: number;
  sql: string;
}

/** The file was written by a newer version: nothing may touch it. */
export class NewerSchemaError extends StoreError {
  constructor(have: number, newest: number) {
    super(`the database has schema ${have}, this version knows ${newest}: a newer version wrote it`);
    this.name = "NewerSchemaError";
  }
}

/** One statement each; our migrations hold no semicolon inside a statement. */
const statementsOf = (sql: string): string[] =>
  sql
    .split(";")
    .map((text) => text.trim())
    .filter((text) => text !== "");

/** Version of the schema, 0 for an empty database; refuses one with tables that are not ours. */
export async function versionOf(sql: Pick<SqlPort, "all">): Promise<number> {
  const tables = await sql.all({ sql: "SELECT name FROM sqlite_master WHERE type = 'table'", params: [] });
  const names = tables.map(({ name }) => String(name));
  if (!names.includes("schema_versions")) {
    const foreign = names.find((name) => !/^(?:sqlite_|_cf_|d1_)/.test(name));
    if (foreign !== undefined) throw new StoreError("the database belongs to another program");
    return 0;
  }
  const rows = await sql.all({ sql: "SELECT max(version) AS version FROM schema_versions", params: [] });
  return Number(rows[0]?.version ?? 0);
}

export async function migrate(sql: SqlPort, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  const have = await versionOf(sql);
  const newest = migrations.at(-1)?.version ?? 0;
  if (have > newest) throw new NewerSchemaError(have, newest);
  for (const { version, sql: text } of migrations) {
    if (version > have) await sql.batch(statementsOf(text).map((statement) => ({ sql: statement, params: [] })));
  }
}
