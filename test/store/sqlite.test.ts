/** The store on node:sqlite: the contract, and what files can do to it: locks, damage, loss, newer schemas, kills. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, test } from "vitest";
import { openSqlite } from "../../src/runtimes/sqlite.ts";
import { migrate } from "../../src/store/migrate.ts";
import { MIGRATIONS } from "../../src/store/migrations/index.ts";
import { createReportStore } from "../../src/store/reports.ts";
import { rowOf, storeContract } from "./contract.ts";

const folder = mkdtempSync(join(tmpdir(), "gekro-store-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const freshPath = (): string => join(folder, `${++files}`, "consensus.db");
async function filled(): Promise<{ path: string; id: string }> {
  const path = freshPath();
  const sql = await openSqlite(path);
  const row = rowOf();
  await createReportStore(sql).save({ owner: "", row, json: '{"answer":"42"}', history: null });
  await sql.close();
  return { path, id: row.id };
}

storeContract("memory", () => openSqlite(":memory:"));
storeContract("file", () => openSqlite(freshPath()));

test("a report survives closing and opening again", async () => {
  const { path, id } = await filled();
  const sql = await openSqlite(path);
  expect(await createReportStore(sql).get("", id)).toBe('{"answer":"42"}');
  await sql.close();
});

test("a schema newer than the code stops the start and leaves the file as it is", async () => {
  const { path } = await filled();
  const database = new DatabaseSync(path);
  database.exec("INSERT INTO schema_versions VALUES (999); PRAGMA journal_mode = DELETE");
  database.close();
  const before = readFileSync(path);
  await expect(openSqlite(path)).rejects.toMatchObject({ name: "ConfigError", variable: "CONSENSUS_DB" });
  expect(readFileSync(path).equals(before)).toBe(true);
});

const unusable: [string, (path: string) => void][] = [
  ["noise", (path) => writeFileSync(path, Buffer.alloc(20_000, 7))],
  ["cut short", (path) => truncateSync(path, 5000)],
  ["text", (path) => writeFileSync(path, "this is my diary, not a database\n".repeat(50))],
];
test.each(unusable)("a file that is %s is told, not written over, and the store comes back with the file", async (_, damage) => {
  const { path, id } = await filled();
  const whole = readFileSync(path);
  damage(path);
  const damaged = readFileSync(path);
  const sql = await openSqlite(path);
  const store = createReportStore(sql);
  expect(await store.health()).toMatch(/damaged|not an SQLite/);
  await expect(store.save({ owner: "", row: rowOf(), json: "{}", history: null })).rejects.toMatchObject({ name: "StoreError" });
  expect(readFileSync(path).equals(damaged)).toBe(true);
  writeFileSync(`${path}.new`, whole);
  renameSync(`${path}.new`, path);
  expect(await store.health()).toBeNull();
  expect(await store.get("", id)).toBe('{"answer":"42"}');
  await sql.close();
});

test("a database of another program is left alone", async () => {
  const path = freshPath();
  await (await openSqlite(path)).close();
  const other = `${path}.other`;
  const database = new DatabaseSync(other);
  database.exec("CREATE TABLE diary (day TEXT)");
  database.close();
  const sql = await openSqlite(other);
  expect(await createReportStore(sql).health()).toBe("the database belongs to another program");
  await sql.close();
  const after = new DatabaseSync(other);
  expect(after.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()).toEqual([{ name: "diary" }]);
  after.close();
});

test("a deleted file is told, is not made anew, and works again when it is back", async () => {
  const { path, id } = await filled();
  const sql = await openSqlite(path);
  const store = createReportStore(sql);
  copyFileSync(path, `${path}.kept`);
  rmSync(path);
  expect(await store.health()).toBe("the database file is gone");
  await expect(store.get("", id)).rejects.toMatchObject({ name: "StoreError", damaged: false });
  for (const rest of ["-wal", "-shm"]) rmSync(path + rest, { force: true });
  renameSync(`${path}.kept`, path);
  expect(await store.get("", id)).toBe('{"answer":"42"}');
  await sql.close();
});

test("a lock is waited for without blocking the loop, and told when it stays", async () => {
  const { path } = await filled();
  const sql = await openSqlite(path);
  const store = createReportStore(sql);
  const other = new DatabaseSync(path);
  other.exec("BEGIN IMMEDIATE");
  let longest = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  const held = store.save({ owner: "", row: rowOf(), json: "{}", history: null });
  setTimeout(() => other.exec("COMMIT"), 200);
  await held;
  other.exec("BEGIN IMMEDIATE");
  await expect(store.save({ owner: "", row: rowOf(), json: "{}", history: null })).rejects.toThrow("the database is locked");
  clearInterval(watch);
  expect(longest).toBeLessThan(250);
  expect((await store.list("", { limit: 10, cursor: null })).data).toHaveLength(2);
  other.exec("COMMIT");
  other.close();
  expect(await store.health()).toBeNull();
  await sql.close();
});

test("a full disk fails the write, keeps reads, and recovers", async () => {
  const { path, id } = await filled();
  const sql = await openSqlite(path);
  const store = createReportStore(sql);
  const [pages] = await sql.all({ sql: "PRAGMA page_count", params: [] });
  await sql.all({ sql: `PRAGMA max_page_count = ${Number(pages?.page_count)}`, params: [] });
  const big = { owner: "", row: rowOf(), json: JSON.stringify("x".repeat(400_000)), history: null };
  await expect(store.save(big)).rejects.toThrow("the disk is full");
  expect(await store.get("", id)).toBe('{"answer":"42"}');
  await sql.all({ sql: "PRAGMA max_page_count = 1000000", params: [] });
  await store.save(big);
  expect(await store.get("", big.row.id)).toBe(big.json);
  await sql.close();
});

test.skipIf(process.getuid?.() === 0)("a read-only file fails the write and keeps reads", async () => {
  const { path } = await filled();
  chmodSync(path, 0o444);
  const sql = await openSqlite(path);
  expect(await createReportStore(sql).health()).toMatch(/read-only|cannot be opened/);
  await sql.close();
});

test("a migration that dies half-way leaves nothing, and the next start finishes it", async () => {
  const sql = await openSqlite(":memory:");
  const next = {
    version: 2,
    sql: "CREATE TABLE IF NOT EXISTS extra (a TEXT); INSERT OR IGNORE INTO schema_versions (version) VALUES (2);",
  };
  const broken = { ...next, sql: next.sql.replace("INSERT", "CREATE TABLE extra (a TEXT); INSERT") };
  await expect(migrate(sql, [...MIGRATIONS, broken])).rejects.toMatchObject({ name: "StoreError" });
  expect(await sql.all({ sql: "SELECT name FROM sqlite_master WHERE name = 'extra'", params: [] })).toEqual([]);
  await migrate(sql, [...MIGRATIONS, next]);
  expect(await sql.all({ sql: "SELECT max(version) AS version FROM schema_versions", params: [] })).toEqual([{ version: 2 }]);
  await sql.close();
});

test("killed at any moment while it writes, the file opens again and holds whole reports only", async () => {
  const path = freshPath();
  await (await openSqlite(path)).close();
  const script = `
    import { openSqlite } from ${JSON.stringify(join(import.meta.dirname, "../../src/runtimes/sqlite.ts"))};
    import { createReportStore } from ${JSON.stringify(join(import.meta.dirname, "../../src/store/reports.ts"))};
    const store = createReportStore(await openSqlite(${JSON.stringify(path)}));
    for (let n = Date.now(); ; n++) {
      const id = "run_" + n.toString(16).padStart(32, "0");
      const row = { id, created_at: new Date(n).toISOString(), status: "complete", mode: "consensus", how: null, agreement: null, excerpt: "", cost_usd: null, total_ms: 1 };
      await store.save({ owner: "", row, json: JSON.stringify("y".repeat(700_000)), history: null });
      process.stdout.write(".");
    }`;
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    await new Promise((resolve) => setTimeout(resolve, 7 * (round + 1)));
    child.kill("SIGKILL");
    await once(child, "exit");
    const sql = await openSqlite(path);
    const store = createReportStore(sql);
    const { data } = await store.list("", { limit: 100, cursor: null });
    expect(data.length).toBeGreaterThan(round);
    for (const row of data) expect(await store.get("", row.id)).toHaveLength(700_002);
    await sql.close();
  }
});
