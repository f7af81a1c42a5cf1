/** The black-box suite and the store's contract inside workerd, on D1. */
// @ts-expect-error the module exists inside workerd only
import { env, exports } from "cloudflare:workers";
import { expect, inject, test } from "vitest";
// The test runner cannot load a module from inside a request, so what is loaded lazily is loaded here; a built Worker holds them anyway.
import "../../../src/mcp/http.ts";
import "../../../src/providers/groq-client.ts";
import "../../../src/providers/openai-client.ts";
import { d1Port } from "../../../src/runtimes/d1.ts";
import type { SqlPort } from "../../../src/store/store.ts";
import { storeContract } from "../../store/contract.ts";
import { blackBox, type SeenCall } from "../black-box.ts";
import { SEEDS, traces } from "./traces.ts";

interface Bindings {
  DB: Parameters<typeof d1Port>[0];
}
interface Main {
  default: { fetch(request: Request): Promise<Response> };
}
const { control, hosts, suite } = inject("simulated");
const main = exports as unknown as Main;

blackBox(() => ({
  fetch: (path, init) => {
    const request = new Request(`http://127.0.0.1:8787${path}`, init);
    // what a real caller's connection brings along
    request.headers.set("host", "127.0.0.1:8787");
    return main.default.fetch(request);
  },
  plug: async (provider, fault) => void (await fetch(`${control}/fault/${provider}/${fault ?? ""}`)),
  seen: async (provider) => (await (await fetch(`${control}/seen/${provider}`)).json()) as SeenCall[],
  hasLocals: false,
  hosts,
  suite,
}));

const TABLES = ["reports", "texts", "history", "memory", "replies", "jobs"];
storeContract("D1", async (): Promise<SqlPort> => {
  const sql = d1Port((env as unknown as Bindings).DB);
  await sql.batch(TABLES.map((table) => ({ sql: `DELETE FROM ${table}`, params: [] })));
  return sql;
});

test(`${SEEDS.length} simulated worlds leave the traces that they leave on Node`, { timeout: 60_000 }, async () => {
  const here = await traces();
  const there = inject("traces");
  expect(SEEDS.filter((_, index) => here[index] !== there[index])).toEqual([]);
});
