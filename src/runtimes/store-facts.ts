/** Looks at the store's file without changing it: whether it is ours, of which schema, and whether it can be written. Creates nothing. */
import { accessSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { StoreFacts } from "../cli/doctor/survey.ts";
import { versionOf } from "../store/migrate.ts";
import { MIGRATIONS } from "../store/migrations/index.ts";

/** ms to wait for a writer */
const PATIENCE_MS = 500;
const NEWEST = MIGRATIONS.at(-1)?.version ?? 0;

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

/** The nearest folder above that is there: what is missing below it is made at the start. */
function folderAbove(path: string): string {
  const folder = dirname(path);
  return exists(folder) || folder === dirname(folder) ? folder : folderAbove(folder);
}

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

async function schemaIn(path: string): Promise<Pick<StoreFacts, "state" | "detail">> {
  const database = new DatabaseSync(path, { timeout: PATIENCE_MS });
  try {
    const schema = await versionOf({ all: async ({ sql, params }) => database.prepare(sql).all(...params) as Record<string, string>[] });
    if (schema > NEWEST) return { state: "unusable", detail: `it has schema ${schema} of a newer version; this one knows ${NEWEST}` };
    database.exec("BEGIN IMMEDIATE; ROLLBACK");
    return { state: "ready", detail: schema === NEWEST ? `schema ${schema}` : `schema ${schema}, brought to ${NEWEST} at the next start` };
  } finally {
    database.close();
  }
}

export async function storeFacts(path: string): Promise<StoreFacts> {
  if (path === ":memory:") return { path, state: "memory", detail: "reports are lost when the process ends" };
  if (!exists(path)) {
    const folder = folderAbove(path);
    if (!writable(folder)) return { path, state: "unusable", detail: `the folder ${folder} cannot be written` };
    return { path, state: "new", detail: "it is made at the first start" };
  }
  if (!writable(path) || !writable(dirname(path))) return { path, state: "unusable", detail: "the file or its folder cannot be written" };
  try {
    return { path, ...(await schemaIn(path)) };
  } catch (error) {
    return { path, state: "unusable", detail: error instanceof Error ? error.message : "it cannot be opened" };
  }
}
