/** The contract that the service publishes: complete, true of its replies, and readable without a key. */
import { Validator } from "@cfworker/json-schema";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PROBLEM_WORDS } from "../../src/core/problem-words.ts";
import { isRetryable, PROBLEMS, type ProblemSlug } from "../../src/core/problem.ts";
import { contractOf, problemsOf } from "../../src/http/openapi/document.ts";
import { OPERATIONS } from "../../src/http/openapi/operations.ts";
import { EVENT_NAMES } from "../../src/http/openapi/schemas.ts";
import { ROUTES } from "../../src/http/routes/index.ts";
import { readSettings } from "../../src/runtimes/config.ts";
import { serve, type Service } from "../../src/runtimes/serve.ts";
import { startSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { complaint, eventsOf } from "./contract-kit.ts";
import { keys, scene } from "./kit.ts";

const { document } = contractOf("test");
const pathOf = (path: string): string => path.replace(/:(\w+)(?:\{[^}]*\})?/g, "{$1}");

test("every route and method is in the contract, and nothing else", () => {
  const served = [...ROUTES, { path: "/mcp", methods: { POST: null } }].flatMap(({ path, methods }) =>
    Object.keys(methods).map((method) => `${method} ${pathOf(path)}`),
  );
  const described = OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect(described.sort()).toEqual(served.sort());
});

test("open routes are open in the contract, and no other", () => {
  const open = ROUTES.filter((route) => route.open).map(({ path }) => pathOf(path));
  expect([...new Set(OPERATIONS.filter((one) => one.open).map(({ path }) => path))].sort()).toEqual([...open].sort());
});

test("every problem that can come stands at some operation, and every event in the stream", () => {
  expect([...new Set(["method-not-allowed", ...OPERATIONS.flatMap(problemsOf)])].sort()).toEqual(Object.keys(PROBLEMS).sort());
  expect([...EVENT_NAMES].sort()).toEqual([
    "agreement-measured",
    "answer-delta",
    "candidate-arrived",
    "error",
    "member-dropped",
    "run-end",
    "run-start",
    "verdict-reached",
  ]);
});

test("every reference leads somewhere, every operation has a name of its own", () => {
  const text = JSON.stringify(document);
  expect(text).not.toContain("$defs");
  const names = new Set(Object.keys(document.components.schemas));
  for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) expect([name, names.has(name ?? "")]).toEqual([name, true]);
  const ids = Object.values(document.paths).flatMap((item) => Object.values(item).map((one) => one["operationId"]));
  expect(new Set(ids).size).toBe(ids.length);
  for (const schema of Object.values(document.components.schemas))
    new Validator({ ...schema, components: document.components } as object, "2020-12").validate({});
});

test("the contract and its page need no key; the page has no script and asks nobody else", async () => {
  const { ask } = await scene({ apiKeys: await keys("k") });
  const served = await ask("/openapi.json");
  expect([served.status, ((await served.json()) as { openapi: string }).openapi]).toEqual([200, "3.1.0"]);
  const docs = await ask("/docs");
  const html = await docs.text();
  expect(docs.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(html).not.toMatch(/<script|style=|https?:\/\/|<img|@import| on\w+=/);
  const places = [...html.matchAll(/href="([^"]+)"/g)].map((match) => match[1] ?? "");
  const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1] ?? ""));
  for (const place of new Set(places)) {
    if (place.startsWith("#")) expect([place, ids.has(place.slice(1))]).toEqual([place, true]);
    else expect([place, (await ask(place)).status]).toEqual([place, 200]);
  }
});

test("every problem has a page that says what to do", async () => {
  const { ask } = await scene();
  for (const slug of Object.keys(PROBLEMS) as ProblemSlug[]) {
    const html = await (await ask(`/problems/${slug}`)).text();
    expect(html).toContain("What to do");
    expect(html).toContain(PROBLEM_WORDS[slug].action.split(/[<>&"']/)[0]);
    expect([slug, html.includes("<p>Yes:")]).toEqual([slug, isRetryable(slug)]);
  }
});

let simulator: Simulator;
let service: Service;
beforeAll(async () => {
  simulator = await startSimulator({ latencyMs: 1 });
  const env = { ...simulator.environment(), PORT: "0", CONSENSUS_DB: ":memory:", LOG_LEVEL: "error" };
  service = await serve(await readSettings(env, { version: "test", simulated: true }), { plugs: simulator });
});
afterAll(async () => {
  await service.stop();
  await simulator.close();
});

type Call = { method?: string; json?: unknown; headers?: Record<string, string> };
async function exchange(
  path: string,
  place: string,
  { method, json, headers }: Call = {},
): Promise<{ status: number; text: string; headers: Headers }> {
  const verb = method ?? (json === undefined ? "GET" : "POST");
  const init = {
    method: verb,
    headers: { ...(json === undefined ? {} : { "content-type": "application/json" }), ...headers },
    body: json === undefined ? undefined : JSON.stringify(json),
  };
  const response = await fetch(service.url + place, init);
  const made = {
    method: verb,
    path,
    status: response.status,
    type: response.headers.get("content-type") ?? "",
    text: await response.text(),
  };
  expect(complaint(document, made)).toBeNull();
  return { status: made.status, text: made.text, headers: response.headers };
}

test("replies of a running service are as the contract says", async () => {
  const asked = await exchange("/consensus", "/consensus", { json: { prompt: "What is 17 + 25?", answer: { type: "number" } } });
  expect(asked.status).toBe(200);
  const { id } = JSON.parse(asked.text) as { id: string };
  const stream = await exchange("/consensus", "/consensus", { json: { prompt: "Why?" }, headers: { accept: "text/event-stream" } });
  expect(eventsOf(stream.text).at(-1)?.event).toBe("run-end");
  const job = await exchange("/consensus", "/consensus", { json: { prompt: "Why?" }, headers: { prefer: "respond-async" } });
  expect(job.status).toBe(202);
  const place = job.headers.get("location") ?? "";
  await exchange("/jobs/{id}", place);
  await exchange("/jobs/{id}", place, { method: "DELETE" });
  await exchange("/jobs", "/jobs");
  await exchange("/jobs/{id}", "/jobs/none");
  for (const accept of ["application/json", "text/markdown", "text/html"])
    await exchange("/reports/{id}", `/reports/${id}`, { headers: { accept } });
  await exchange("/reports", "/reports?limit=1");
  await exchange("/reports", "/reports?limit=none");
  await exchange("/reports/{id}/events", `/reports/${id}/events`);
  await exchange("/reports/{id}/feedback", `/reports/${id}/feedback`, { json: { value: 42 } });
  await exchange("/reports/{id}/adjudicate", `/reports/${id}/adjudicate`, { json: { strategy: "vote" } });
  await exchange("/reports/{id}", `/reports/${id}`, { method: "DELETE" });
  const messages = [{ role: "user", content: "Hello" }];
  await exchange("/v1/chat/completions", "/v1/chat/completions", { json: { model: "consensus", messages } });
  await exchange("/v1/chat/completions", "/v1/chat/completions", { json: { model: "consensus", messages, n: 2 } });
  await exchange("/v1/responses", "/v1/responses", { json: { model: "consensus", input: "Hello" } });
  await exchange("/v1/models", "/v1/models");
  await exchange("/v1/models/{id}", "/v1/models/consensus");
  await exchange("/v1/models/{id}", "/v1/models/nothing");
  for (const path of [
    "/status",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/docs.css",
    "/",
    "/page.css",
    "/page.js",
    "/told.js",
    "/problems",
  ])
    await exchange(path, path);
  await exchange("/problems/{slug}", "/problems/overloaded");
  await exchange("/simulator/{provider}", "/simulator/groq", { json: { fault: null } });
  await exchange("/simulator/{provider}", "/simulator/groq", { json: { fault: "no-such-fault" } });
  await exchange("/mcp", "/mcp", {
    json: { jsonrpc: "2.0", id: 1, method: "tools/list" },
    headers: { accept: "application/json, text/event-stream" },
  });
});

test("failures of runs are as the contract says", async () => {
  const panel = ["groq/openai/gpt-oss-120b"];
  const failing: [number, unknown][] = [
    [422, { prompt: "" }],
    [422, { prompt: "x", privacy: "local-only", panel }],
    [402, { prompt: "x", max_cost_usd: 0, panel }],
    [503, { prompt: "x", panel: ["nobody/at-all"] }],
  ];
  for (const [status, json] of failing) expect((await exchange("/consensus", "/consensus", { json })).status).toBe(status);
  await simulator.fault("groq", "503");
  expect((await exchange("/consensus", "/consensus", { json: { prompt: "x", panel } })).status).toBe(502);
  await simulator.fault("groq", null);
});
