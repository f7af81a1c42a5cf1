/** Batches that share a transaction: all in one, none suffers from another's fault, none is forgotten. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openSqlite } from "../../src/runtimes/sqlite.ts";
import { commitEach, createGroup } from "../../src/runtimes/sqlite-group.ts";
import type { Statement } from "../../src/store/store.ts";

const folder = mkdtempSync(join(tmpdir(), "gekro-group-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const remember = (name: string, value: string | null): Statement => ({
  sql: "INSERT INTO memory (name, value) VALUES (?, ?)",
  params: [name, value],
});
const one = { changes: 1 };

test("batches of one turn are committed together, and each hears of its own changes", async () => {
  const sizes: number[] = [];
  const batch = createGroup(async (batches) => {
    sizes.push(batches.length);
    return commitEach(
      (statements) => statements.map(() => one),
      () => false,
      batches,
    );
  });
  const endings = await Promise.all([batch([remember("a", "1")]), batch([remember("b", "1"), remember("c", "1")])]);
  expect(sizes).toEqual([2]);
  expect(endings).toEqual([[one], [one, one]]);
});

test("a batch that fails takes no other with it", async () => {
  const sql = await openSqlite(join(folder, "one.db"));
  const endings = await Promise.allSettled([
    sql.batch([remember("a", "1")]),
    sql.batch([remember("b", "1"), remember("bad", null)]),
    sql.batch([remember("c", "1")]),
  ]);
  expect(endings.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  const rows = await sql.all({ sql: "SELECT name FROM memory WHERE name IN ('a', 'b', 'bad', 'c') ORDER BY name", params: [] });
  expect(rows.map(({ name }) => name)).toEqual(["a", "c"]);
  await sql.close();
});

test("under a lock all of them fail, and none is written one by one", async () => {
  let tries = 0;
  const locked = new Error("locked");
  const batch = createGroup(async (batches) =>
    commitEach(
      () => {
        tries += 1;
        throw locked;
      },
      (error) => error === locked,
      batches,
    ),
  );
  const endings = await Promise.allSettled([batch([remember("a", "1")]), batch([remember("b", "1")])]);
  expect(endings.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(tries).toBe(1);
});
