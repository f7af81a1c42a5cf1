/** Requests made of the contract document, right and wrong, and the app that they are put to: the real one in this process, before simulated providers. */
import * as fc from "fast-check";
import type { JsonObject } from "../../src/http/openapi/schemas.ts";
import type { OpenApi } from "../../src/http/openapi/document.ts";
import { contractOf } from "../../src/http/openapi/document.ts";
import { createJobs } from "../../src/jobs/jobs.ts";
import { readSettings } from "../../src/runtimes/config.ts";
import { openEngine } from "../../src/runtimes/engine.ts";
import { mount } from "../../src/runtimes/rim.ts";
import { startSimulator } from "../../src/simulator/simulator.ts";
import { createIdempotencyStore } from "../../src/store/idempotency.ts";
import { createJobStore } from "../../src/store/jobs.ts";
import { complaint } from "./contract-kit.ts";

const VERSION = "fuzz";
export const { document } = contractOf(VERSION);
const MEMBERS = [
  "groq/openai/gpt-oss-120b",
  "ollama/llama3.2",
  "together/meta-llama/Llama-3.3-70B-Instruct-Turbo",
  "nobody/at-all",
  "openai/gpt-5",
];
const MAX_DEPTH = 5;
const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom("", " ", "__proto__", "a".repeat(600)),
);
const anything = fc.jsonValue({ maxDepth: 3 });

function number(schema: JsonObject): fc.Arbitrary<unknown> {
  const { minimum, maximum } = schema as { minimum?: number; maximum?: number };
  const [min, max] = [Math.max(minimum ?? -1e6, -1e15), Math.min(maximum ?? 1e6, 1e15)];
  if (schema["type"] !== "integer") return fc.double({ min, max, noNaN: true });
  // mostly small: most limits are far above what is usual
  return fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min, max: Math.min(max, min + 8) }) },
    { weight: 1, arbitrary: fc.integer({ min, max: Math.min(max, 2 ** 31) }) },
  );
}
function object(schema: JsonObject, depth: number): fc.Arbitrary<unknown> {
  const properties = (schema["properties"] ?? {}) as Record<string, JsonObject>;
  const required = new Set((schema["required"] ?? []) as string[]);
  const fields = Object.entries(properties).map(([name, one]): [string, fc.Arbitrary<unknown>] => [name, arbitraryOf(one, depth + 1)]);
  // few of many optional fields at once, so that a request is sometimes right
  const optional = Object.keys(properties).filter((name) => !required.has(name));
  const kept = fc.subarray(optional, { maxLength: Math.min(4, optional.length) });
  return fc
    .tuple(fc.record(Object.fromEntries(fields)), kept)
    .map(([made, names]) => Object.fromEntries(Object.entries(made).filter(([name]) => required.has(name) || names.includes(name))));
}

/** Values that this schema admits, but for rules between fields. */
function arbitraryOf(schema: JsonObject, depth = 0): fc.Arbitrary<unknown> {
  const to = schema["$ref"];
  if (typeof to === "string") return arbitraryOf(document.components.schemas[to.split("/").at(-1) ?? ""] ?? {}, depth);
  if (schema["const"] !== undefined) return fc.constant(schema["const"]);
  if (schema["enum"] !== undefined) return fc.constantFrom(...(schema["enum"] as unknown[]));
  const some = (schema["anyOf"] ?? schema["oneOf"]) as JsonObject[] | undefined;
  if (some) return fc.oneof(...some.map((one) => arbitraryOf(one, depth)));
  const type = schema["type"];
  if (Array.isArray(type)) return fc.oneof(...type.map((one: string) => arbitraryOf({ ...schema, type: one }, depth)));
  switch (type) {
    case "string":
      return typeof schema["pattern"] === "string" && schema["pattern"].includes("\\/") ? fc.constantFrom(...MEMBERS) : text;
    case "integer":
    case "number":
      return number(schema);
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array": {
      const { minItems = 0, items = {} } = schema as { minItems?: number; items?: JsonObject };
      return depth > MAX_DEPTH
        ? fc.constant([])
        : fc.array(arbitraryOf(items, depth + 1), { minLength: minItems, maxLength: minItems + 2 });
    }
    case "object":
      return schema["properties"] ? object(schema, depth) : fc.dictionary(text, anything, { maxKeys: 2 });
    default:
      return depth > MAX_DEPTH ? fc.constant(null) : anything;
  }
}

/** One field, somewhere, becomes something else. */
const spoiled = (body: unknown, value: unknown, pick: number): unknown => {
  if (typeof body !== "object" || body === null) return value;
  const names = Object.keys(body);
  const name = names[pick % Math.max(1, names.length)] ?? "extra";
  return { ...body, [name]: pick % 3 === 0 ? value : spoiled((body as JsonObject)[name], value, Math.floor(pick / 3)) };
};

export interface Case {
  method: string;
  path: string;
  params: Record<string, string>;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string | null;
}
const WORD = fc.stringMatching(/^[a-zA-Z0-9_~%+-]{1,20}$/);
const KEPT = "kept";
const accept = fc.constantFrom(
  "application/json",
  "text/event-stream",
  "*/*",
  "text/html, application/json;q=0.5",
  "image/png",
  "text/*",
  ";;,q=",
  "",
);
const headers = fc.record(
  {
    accept,
    prefer: fc.constantFrom("respond-async", "wait=5", "respond-async, wait=1", "nonsense"),
    "idempotency-key": fc.oneof(fc.stringMatching(/^[!-~]{1,12}$/), fc.constant(""), fc.constant("k".repeat(300))),
    "content-type": fc.constantFrom("text/plain", "application/json; charset=utf-16", "application/xml"),
    "last-event-id": fc.constantFrom("0", "3", "999", "x"),
    origin: fc.constant("https://elsewhere.example"),
  },
  { requiredKeys: [] },
);
const fewHeaders = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: fc.record({ accept }) },
  { weight: 1, arbitrary: headers },
);

function bodyOf(operation: JsonObject): fc.Arbitrary<string | null> {
  const content = (operation["requestBody"] as { content: Record<string, { schema: JsonObject }> } | undefined)?.content[
    "application/json"
  ];
  if (!content) return fc.constant(null);
  const right = arbitraryOf(content.schema);
  const wrong = fc.tuple(right, anything, fc.nat(1000)).map(([body, value, pick]) => spoiled(body, value, pick));
  return fc.oneof(
    { weight: 6, arbitrary: right.map((body) => JSON.stringify(body)) },
    { weight: 4, arbitrary: wrong.map((body) => JSON.stringify(body) ?? "") },
    { weight: 1, arbitrary: anything.map((body) => JSON.stringify(body)) },
    { weight: 1, arbitrary: fc.tuple(right, fc.nat(200)).map(([body, at]) => JSON.stringify(body).slice(0, at)) },
    { weight: 1, arbitrary: fc.string({ maxLength: 50 }) },
  );
}

const operations = Object.entries((document as OpenApi).paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);
export const cases: fc.Arbitrary<Case> = fc.oneof(
  ...operations.map(({ path, method, operation }) => {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
    const params = fc.record(Object.fromEntries(names.map((name) => [name, fc.oneof(WORD, fc.constant(KEPT), fc.constant(KEPT))])));
    const listed = ((operation["parameters"] ?? []) as { in: string; name: string }[])
      .filter((one) => one.in === "query")
      .map(({ name }) => name);
    const query = fc.record(
      Object.fromEntries(listed.map((name) => [name, fc.oneof(fc.constantFrom("1", "100", "0", "-1", "1e3", "null"), text)])),
      { requiredKeys: [] },
    );
    const made = fc
      .record({ params, query, headers: fewHeaders, body: bodyOf(operation) })
      .map((one) => ({ method, path, ...one }) as Case);
    // where most of the code is, most of the cases go
    return { weight: path === "/consensus" ? 6 : method === "POST" && path !== "/simulator/{provider}" ? 3 : 1, arbitrary: made };
  }),
);

export interface Target {
  /** what is wrong with the reply; null = nothing */
  put(one: Case): Promise<string | null>;
  statuses: Map<number, number>;
  close(): Promise<void>;
}
export async function openTarget(): Promise<Target> {
  const simulator = await startSimulator({ latencyMs: 0 });
  const env = { ...simulator.environment(), CONSENSUS_DB: ":memory:", CONSENSUS_DEADLINE_MS: "5000", LOG_LEVEL: "error" };
  const engine = await openEngine(await readSettings(env, { version: VERSION, simulated: true }));
  const { composed, sql } = engine;
  const jobs = createJobs({ ...composed.engine, store: createJobStore(sql), consensus: composed.consensus });
  const ports = {
    idempotency: createIdempotencyStore(sql),
    jobs,
    plugs: simulator,
    draining: () => false,
    stopping: new AbortController().signal,
  };
  const app = mount(composed, ports);
  const kept: Record<string, string> = { slug: "internal", provider: "groq" };
  const statuses = new Map<number, number>();
  const remember = (headersOf: Headers): void => {
    const report = headersOf.get("consensus-report");
    if (report) kept["/reports"] = report;
    const job = headersOf.get("location")?.slice("/jobs/".length);
    if (job) kept["/jobs"] = job;
  };
  const put = async ({ method, path, params, query, headers: given, body }: Case): Promise<string | null> => {
    const idOf = (name: string): string => kept[name] ?? kept[path.slice(0, path.indexOf("/", 1))] ?? "consensus";
    const place = path.replace(/\{(\w+)\}/g, (_, name: string) => (params[name] === KEPT ? idOf(name) : (params[name] ?? "")));
    const search = new URLSearchParams(query).toString();
    const sent = new Headers({ ...(body === null ? {} : { "content-type": "application/json" }), ...given, host: "127.0.0.1:8787" });
    const response = await app.fetch(
      new Request(`http://127.0.0.1:8787${place}${search === "" ? "" : `?${search}`}`, { method, headers: sent, body }),
    );
    const reply = await response.text();
    remember(response.headers);
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    if (response.status === 500) return `${method} ${place}: 500 ${reply.slice(0, 200)}`;
    return complaint(document, { method, path, status: response.status, type: response.headers.get("content-type") ?? "", text: reply });
  };
  return {
    put,
    statuses,
    async close() {
      await jobs.stop();
      await engine.close();
      await simulator.close();
    },
  };
}
