/** The service on Node, as a child process: the black-box suite, what only bare sockets can do, and how it starts and ends. */
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Report } from "../../src/core/report.ts";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";
import { hasCorpus, orSkipped, readJson } from "../kit/corpus.ts";
import { blackBox } from "./black-box.ts";
import { dial, sendRaw, startAndEnd, startService, type Started } from "./service.ts";
import { callsOf, suiteRows } from "./workers/setup.ts";

let simulator: Simulator;
let service: Started;
let endless: Promise<{ text: string; tookMs: number }>;
const folder = mkdtempSync(join(tmpdir(), "gekro-node-"));
beforeAll(async () => {
  simulator = await startSimulator({ latencyMs: 2, pace: 0.1 });
  service = await startService({ ...simulator.environment(), CONSENSUS_DB: join(folder, "consensus.db") });
  endless = sendHeadersWithoutEnd(service.port);
});
/** Until the service has had enough, which takes 10 s of real time: begun first, looked at last. */
async function sendHeadersWithoutEnd(port: number): Promise<{ text: string; tookMs: number }> {
  const socket = await dial(port);
  const from = performance.now();
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  socket.write("GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ");
  await once(socket, "close");
  return { text, tookMs: performance.now() - from };
}
afterAll(async () => {
  await service.stop();
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
});
const JSON_TYPE = { "content-type": "application/json" };
const ask = (url: string, json: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/consensus`, { method: "POST", headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(json) });

blackBox(() => ({
  fetch: (path, init) => fetch(service.url + path, init),
  plug: (provider, fault) => simulator.fault(provider, fault),
  seen: (provider) => Promise.resolve(callsOf(simulator.seen(provider as "groq"))),
  hasLocals: true,
  hosts: Object.fromEntries(Object.entries(simulator.urls).map(([name, url]) => [name, new URL(url).host])),
  suite: suiteRows(),
}));

interface MatrixRow {
  id: string;
  method: string;
  path: string;
  host: string;
  origin: string | null;
  content_type?: string;
  sec_fetch_site?: string;
  acrm?: string;
  expect: { pass?: boolean; status?: number; problem?: string[]; absent_header?: string; or_status?: number };
}
const MATRIX = "attacks/own/host_origin_matrix.json";
const present = hasCorpus(MATRIX);
test.skipIf(!present)(`the matrix of hosts and origins holds on bare sockets${orSkipped(present)}`, async () => {
  for (const row of readJson<{ items: MatrixRow[] }>(MATRIX).items) {
    const fill = (text: string): string => text.replaceAll("PORT", String(service.port)).replaceAll("ID", `run_${"0".repeat(32)}`);
    const body = row.method === "POST" ? '{"prompt":""}' : "";
    const lines = [`${row.method} ${fill(row.path)} HTTP/1.1`, `host: ${fill(row.host)}`, "connection: close"];
    if (row.origin !== null) lines.push(`origin: ${fill(row.origin)}`);
    if (row.content_type) lines.push(`content-type: ${row.content_type}`);
    if (row.sec_fetch_site) lines.push(`sec-fetch-site: ${row.sec_fetch_site}`);
    if (row.acrm) lines.push(`access-control-request-method: ${row.acrm}`);
    if (body) lines.push(`content-length: ${body.length}`);
    const { text } = await sendRaw(service.port, `${lines.join("\r\n")}\r\n\r\n${body}`);
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
    const { expect: wanted } = row;
    if (wanted.pass) expect([row.id, status]).toEqual([row.id, 422]);
    if (wanted.status) expect([row.id, status, text.includes(`/problems/${wanted.problem?.[0]}`)]).toEqual([row.id, wanted.status, true]);
    if (wanted.or_status) expect([row.id, status]).toEqual([row.id, wanted.or_status]);
    expect(text.toLowerCase()).not.toContain("access-control-");
  }
});

const chunked = (size: string, rest = ""): string =>
  `POST /consensus HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${size}\r\n{"prompt":""}\r\n0\r\n${rest}\r\n`;
const lengths = (...lines: string[]): string =>
  `POST /consensus HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n${lines.join("\r\n")}\r\n\r\n{"prompt":""}`;
const AMBIGUOUS: [string, string][] = [
  ["Content-Length twice", lengths("content-length: 13", "content-length: 14")],
  ["Content-Length with Transfer-Encoding", lengths("content-length: 13", "transfer-encoding: chunked")],
  ["Transfer-Encoding: chunked, identity", lengths("transfer-encoding: chunked, identity")],
  ["a space before the colon", lengths("transfer-encoding : chunked")],
  ["bare line feeds", lengths("content-length: 13").replaceAll("\r\n", "\n")],
  ["chunk size 0xd", chunked("0xd")],
  ["chunk size +d", chunked("+d")],
  ["chunk size with 17 digits", chunked("0000000000000000d".padStart(18, "1"))],
  ["Host twice", lengths("host: evil.example", "content-length: 13")],
  ["a Host after the body", chunked("d", "host: evil.example\r\n")],
];
test.each(AMBIGUOUS)("%s: refused and closed, and the pipelined request is never answered", async (_, bytes) => {
  const pipelined = "GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
  const { text, closed } = await sendRaw(service.port, bytes + pipelined);
  expect(closed).toBe(true);
  expect(text.startsWith("HTTP/1.1 400")).toBe(true);
  expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  expect(text).not.toContain('"ok":true');
});

test("a path that no URL parser would keep is not found; an absolute one is not followed", async () => {
  for (const path of ["/%5C..%5Creports", "/\\reports", "http://evil.example/reports", "/reports/../%2e%2e/x", "*"]) {
    const { text } = await sendRaw(service.port, `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`);
    expect([path, text.slice(9, 12), text.includes("/problems/not-found")]).toEqual([path, "404", true]);
  }
});

test("a chunked body over 1 MiB is cut off, and nobody is asked", async () => {
  const before = simulator.seen("groq").length;
  const chunk = `10000\r\n${" ".repeat(65_536)}\r\n`;
  const { text } = await sendRaw(
    service.port,
    `POST /consensus HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${chunk.repeat(20)}`,
    1500,
  );
  expect(text.slice(9, 12)).toBe("413");
  expect(simulator.seen("groq").length).toBe(before);
});

test("headers over 16 KiB are answered bare", async () => {
  const { text } = await sendRaw(service.port, `GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ${"y".repeat(17_000)}\r\n\r\n`);
  expect(text.slice(9, 12)).toBe("431");
});

test("a caller of an event stream that hangs up stops the run", async () => {
  await simulator.fault("groq", "stall-headers");
  try {
    const leave = new AbortController();
    const body = JSON.stringify({ prompt: "hi", panel: ["groq/openai/left-behind"], strategy: "vote" });
    const headers = { ...JSON_TYPE, accept: "text/event-stream" };
    const response = await fetch(`${service.url}/consensus`, { method: "POST", headers, body, signal: leave.signal });
    const calls = (): ReturnType<typeof callsOf> => callsOf(simulator.seen("groq")).filter((call) => call.model === "openai/left-behind");
    for (let tries = 0; tries < 100 && calls().length === 0; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
    leave.abort();
    await response.text().catch(() => "");
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(calls().map((call) => call.abortedAt !== null)).toEqual([true]);
  } finally {
    await simulator.fault("groq", null);
  }
});

const REFUSED: [string, Record<string, string>, string][] = [
  ["a bind to the world without keys", { HOST: "0.0.0.0" }, "HOST"],
  ["a port that is none", { PORT: "99999" }, "PORT"],
  ["a base URL in an odd spelling", { TOGETHER_API_KEY: "k", TOGETHER_BASE_URL: "http://0x7f.1/v1" }, "TOGETHER_BASE_URL"],
  [
    "a further service in an odd spelling",
    { CONSENSUS_PROVIDERS: '{"pi":{"base_url":"http://127.1:1234/v1","local":true}}' },
    "CONSENSUS_PROVIDERS",
  ],
];
test.each(REFUSED)("%s stops the start with one line and exit code 78", async (_, env, variable) => {
  const { code, stdout, stderr } = await startAndEnd(env);
  expect(code).toBe(78);
  expect(stdout).toBe("");
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stderr.startsWith(`${variable}: accepts `)).toBe(true);
});

test("a bind to the world with keys starts, and asks for one", async () => {
  const open = await startService({ ...simulator.environment(), HOST: "0.0.0.0", CONSENSUS_API_KEYS: "the-right-key" });
  try {
    const url = `http://127.0.0.1:${open.port}`;
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/status`)).status).toBe(401);
    expect((await fetch(`${url}/status`, { headers: { authorization: "Bearer the-right-key" } })).status).toBe(200);
    expect(open.output()).not.toContain("the-right-key");
  } finally {
    await open.stop();
  }
});

test("a taken port is one clear line and exit code 1", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as { port: number };
  const { code, stderr } = await startAndEnd({ PORT: String(port) });
  holder.close();
  expect([code, stderr.trim().split("\n").length, stderr.includes(String(port))]).toEqual([1, 1, true]);
});

test("a database of a newer version stops the start and is left alone; a damaged one costs only the storing", async () => {
  const path = join(folder, "newer.db");
  const database = new DatabaseSync(path);
  database.exec("CREATE TABLE schema_versions (version INTEGER PRIMARY KEY); INSERT INTO schema_versions VALUES (999)");
  database.close();
  const before = readFileSync(path);
  const { code, stderr } = await startAndEnd({ CONSENSUS_DB: path });
  expect([code, stderr.trim().split("\n").length]).toEqual([78, 1]);
  expect(readFileSync(path).equals(before)).toBe(true);
  const broken = join(folder, "broken.db");
  writeFileSync(broken, "this is not a database, and must not become one\n".repeat(100));
  const damaged = readFileSync(broken);
  const other = await startService({ ...simulator.environment(), CONSENSUS_DB: broken });
  try {
    const response = await ask(other.url, { prompt: "What is 17 + 25?", answer: { type: "number" } });
    const report = (await response.json()) as Report;
    expect([response.status, report.storage.stored, report.degradations.map(({ code: why }) => why)]).toEqual([
      200,
      false,
      ["store-failed"],
    ]);
    expect((await fetch(`${other.url}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${other.url}/readyz`)).text()).toContain("not an SQLite database");
    expect((await fetch(`${other.url}/reports`)).status).toBe(503);
    expect(readFileSync(broken).equals(damaged)).toBe(true);
  } finally {
    await other.stop();
  }
});

test("a locked database costs the storing, not the answer", async () => {
  const path = join(folder, "locked.db");
  const other = await startService({ ...simulator.environment(), CONSENSUS_DB: path });
  const holder = new DatabaseSync(path);
  try {
    holder.exec("BEGIN IMMEDIATE");
    const from = performance.now();
    const report = (await (await ask(other.url, { prompt: "What is 17 + 25?", answer: { type: "number" } })).json()) as Report;
    expect(report.storage).toEqual({ stored: false });
    expect(performance.now() - from).toBeLessThan(4000);
    holder.exec("ROLLBACK");
    const again = (await (await ask(other.url, { prompt: "What is 17 + 25?", answer: { type: "number" } })).json()) as Report;
    expect(again.storage).toEqual({ stored: true });
  } finally {
    holder.close();
    await other.stop();
  }
});

test("told to stop, it answers what is in flight, refuses what is new, and ends with code 0", async () => {
  const slow = await startSimulator({ latencyMs: 1200 });
  const other = await startService({ ...slow.environment() });
  try {
    const running = ask(other.url, { prompt: "What is 17 + 25?", answer: { type: "number" }, strategy: "vote", stop: "all" });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const from = performance.now();
    other.child.kill("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 100));
    const refused = await ask(other.url, { prompt: "hi" });
    expect([refused.status, ((await refused.json()) as { type: string }).type]).toEqual([503, "/problems/shutting-down"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await fetch(`${other.url}/readyz`)).status).toBe(503);
    expect((await running).status).toBe(200);
    expect(await other.exited).toBe(0);
    expect(performance.now() - from).toBeLessThan(5000);
  } finally {
    await other.stop();
    await slow.close();
  }
});

test("killed and started again on the same file, it has its reports, and a retry under the same key is no second run", async () => {
  const path = join(folder, "killed.db");
  const env = { ...simulator.environment(), CONSENSUS_DB: path };
  const body = { prompt: "What is 17 + 25?", answer: { type: "number" }, strategy: "vote" };
  const first = await startService(env);
  const text = await (await ask(first.url, body, { "idempotency-key": "once" })).text();
  await first.stop();
  const before = simulator.seen("groq").length;
  const second = await startService(env);
  try {
    expect(await (await ask(second.url, body, { "idempotency-key": "once" })).text()).toBe(text);
    expect(simulator.seen("groq").length).toBe(before);
    const { id } = JSON.parse(text) as Report;
    expect(await (await fetch(`${second.url}/reports/${id}`)).text()).toBe(text);
  } finally {
    await second.stop();
  }
});

test("the demo starts without any configuration, says what to try, and lets plugs be pulled", async () => {
  const demo = await startService({}, "src/runtimes/demo.ts");
  try {
    const plug = (fault: string | null): Promise<Response> =>
      fetch(`${demo.url}/simulator/together`, { method: "POST", headers: JSON_TYPE, body: JSON.stringify({ fault }) });
    const report = async (): Promise<Report> =>
      (await (await ask(demo.url, { prompt: "What is 17 + 25?", answer: { type: "number" }, stop: "all" })).json()) as Report;
    expect(await report()).toMatchObject({ simulated: true, quorum: { usable: 3 } });
    expect((await plug("503")).status).toBe(200);
    expect(await report()).toMatchObject({ status: "degraded", quorum: { usable: 2 } });
    expect((await plug(null)).status).toBe(200);
    expect((await plug("no such fault")).status).toBe(422);
    expect(demo.output()).toContain("curl");
    expect((await fetch(`${service.url}/simulator/together`, { method: "POST", headers: JSON_TYPE, body: '{"fault":null}' })).status).toBe(
      404,
    );
  } finally {
    await demo.stop();
  }
});

test("headers that never end are answered bare after 10 s", async () => {
  const { text, tookMs } = await endless;
  expect(text.slice(9, 12)).toBe("408");
  expect(tookMs).toBeGreaterThan(9000);
  expect(tookMs).toBeLessThan(13_000);
});
