/** What the service promises on every runtime, told once: real requests against a running service, real sockets to simulated providers. */
import { expect, test } from "vitest";
import type { Report } from "../../src/core/report.ts";

export interface SeenCall {
  path: string;
  model: string | null;
  abortedAt: number | null;
}
export interface Target {
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** pulls a plug of a simulated provider, or puts it back */
  plug(provider: string, fault: string | null): Promise<void>;
  /** what a provider was asked so far */
  seen(provider: string): Promise<SeenCall[]>;
  /** local members can be asked here */
  hasLocals: boolean;
  /** host:port of each simulated provider */
  hosts: Record<string, string>;
  /** bodies of the JSON test suite, where it is present */
  suite: { name: string; expect: "accept" | "reject" | "either"; base64: string }[];
}

const post = (target: Target, path: string, json: unknown, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> =>
  target.fetch(path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(json), signal });
const ask = async (target: Target, json: unknown): Promise<Report> => {
  const response = await post(target, "/consensus", json);
  expect([response.status, response.status === 200 ? "" : await response.clone().text()]).toEqual([200, ""]);
  return (await response.json()) as Report;
};
/** Breakers are per provider and model: each test asks models of its own. */
let series = 0;
const panelOf = (): string[] => {
  series += 1;
  return [`together/meta-llama/model-${series}`, `groq/openai/model-${series}`, `ollama/model-${series}`];
};
const slugOf = async (response: Response): Promise<string> => ((await response.json()) as { type: string }).type.slice("/problems/".length);

export function blackBox(open: () => Target): void {
  healthTests(open);
  runTests(open);
  lossTests(open);
  streamTests(open);
  refusalTests(open);
  keyTests(open);
  mcpTests(open);
}
type Open = () => Target;

function healthTests(open: Open): void {
  test("it lives, is ready, and shows its members", async () => {
    const target = open();
    expect((await target.fetch("/healthz")).status).toBe(200);
    expect(await (await target.fetch("/readyz")).json()).toMatchObject({ ready: true, store: { ok: true } });
    const status = (await (await target.fetch("/status")).json()) as { members: { member: string }[]; store: { ok: boolean } };
    expect(status.members.length).toBeGreaterThanOrEqual(3);
    expect(status.store).toEqual({ ok: true, detail: null });
  });
}

function runTests(open: Open): void {
  test("a counted question is answered, reported, stored, listed, shown and deleted", async () => {
    const target = open();
    const panel = panelOf();
    const response = await post(target, "/consensus", { prompt: "What is 17 + 25?", answer: { type: "number" }, panel, stop: "all" });
    const text = await response.text();
    const report = JSON.parse(text) as Report;
    expect(response.headers.get("consensus-report")).toBe(report.id);
    expect(response.headers.get("consensus-status")).toBe(report.status);
    expect(report).toMatchObject({ schema: "consensus.report/1", mode: "consensus", simulated: false, storage: { stored: true } });
    expect(report.outcomes.map((outcome) => outcome.member)).toEqual(panel);
    expect(report.quorum).toEqual({ needed: 2, usable: 3, met: true });
    expect(report.privacy.hosts).toEqual(Object.values(target.hosts).sort());
    const stored = await target.fetch(`/reports/${report.id}`);
    expect(await stored.text()).toBe(text);
    const list = (await (await target.fetch("/reports?limit=1")).json()) as { data: { id: string }[]; next_cursor: string | null };
    expect(list.data.map((row) => row.id)).toEqual([report.id]);
    const markdown = await target.fetch(`/reports/${report.id}`, { headers: { accept: "text/markdown" } });
    expect([markdown.headers.get("content-type"), (await markdown.text()).includes(report.id)]).toEqual([
      "text/markdown; charset=utf-8",
      true,
    ]);
    const html = await target.fetch(`/reports/${report.id}`, { headers: { accept: "text/html" } });
    expect(html.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(await html.text()).toContain(report.id);
    expect((await target.fetch(`/reports/${report.id}`, { method: "DELETE" })).status).toBe(204);
    expect((await target.fetch(`/reports/${report.id}`)).status).toBe(404);
    expect((await target.fetch(`/reports/${report.id}`, { method: "DELETE" })).status).toBe(404);
  });

  test("a text question is judged, and the answer is the winner's own bytes", async () => {
    const report = await ask(open(), { prompt: "Why is the sky blue?", panel: panelOf(), strategy: "pick", stop: "all" });
    const { verdict } = report;
    expect(report.adjudication).not.toBeNull();
    const winner = report.outcomes.find((outcome) => outcome.member === verdict?.winner);
    expect(winner?.status === "answered" && winner.text === report.answer && report.answer !== "").toBe(true);
    const again = await post(open(), `/reports/${report.id}/adjudicate`, { strategy: "vote" });
    expect(again.status).toBe(200);
    const taught = await post(open(), `/reports/${report.id}/feedback`, { useful: true });
    expect(taught.status).toBeLessThan(300);
  });

  test("local-only asks nobody else", async () => {
    const target = open();
    const [together = "", , ollama = ""] = panelOf();
    const before = (await target.seen("together")).length;
    const response = await post(target, "/consensus", { prompt: "hi", panel: [together, ollama], privacy: "local-only" });
    if (target.hasLocals) {
      expect(response.status).toBe(200);
      const report = (await response.json()) as Report;
      expect(report.privacy).toEqual({ class: "local-only", hosts: [target.hosts.ollama] });
      expect(report.outcomes[0]).toMatchObject({ status: "dropped", reason: "privacy-excluded" });
    } else expect([response.status, await slugOf(response)]).toEqual([422, "privacy-conflict"]);
    expect((await target.seen("together")).length).toBe(before);
  });
}

function lossTests(open: Open): void {
  const question = { prompt: "What is 17 + 25?", answer: { type: "number" }, stop: "all", deadline_ms: 8000 };
  test("with one, two and all providers unplugged it degrades, survives, and fails with the report", async () => {
    const target = open();
    try {
      await target.plug("together", "503");
      const one = await ask(target, { ...question, panel: panelOf() });
      expect(one).toMatchObject({ status: "degraded", mode: "consensus" });
      expect(one.outcomes[0]).toMatchObject({ status: "dropped", reason: "unavailable" });
      await target.plug("groq", "html-200");
      const two = await ask(target, { ...question, panel: panelOf() });
      expect(two).toMatchObject({ status: "degraded", mode: "single-provider", verdict: { how: "survivor" }, adjudication: null });
      await target.plug("ollama", "empty-200");
      const none = await post(target, "/consensus", { ...question, panel: panelOf() });
      expect(none.status).toBe(502);
      const problem = (await none.json()) as { type: string; report: Report };
      expect(problem.type).toBe("/problems/no-candidates");
      expect(problem.report).toMatchObject({ status: "failed", answer: null, verdict: null });
      expect(none.headers.get("consensus-status")).toBe("failed");
      expect((await target.fetch(`/reports/${problem.report.id}`)).status).toBe(200);
    } finally {
      for (const provider of ["together", "groq", "ollama"]) await target.plug(provider, null);
    }
    expect((await ask(target, { ...question, panel: panelOf() })).outcomes.every((outcome) => outcome.status === "answered")).toBe(true);
  });

  test("the deadline strikes though everybody hangs", async () => {
    const target = open();
    const panel = panelOf();
    try {
      for (const provider of ["together", "groq", "ollama"]) await target.plug(provider, "stall-headers");
      const from = performance.now();
      const response = await post(target, "/consensus", { ...question, deadline_ms: 700, panel });
      expect([response.status, await slugOf(response)]).toEqual([504, "deadline-exceeded"]);
      expect(performance.now() - from).toBeLessThan(1500);
    } finally {
      for (const provider of ["together", "groq", "ollama"]) await target.plug(provider, null);
    }
  });

  test("when the caller leaves, every upstream call is dropped within 100 ms", async () => {
    const target = open();
    const panel = panelOf();
    const leave = new AbortController();
    const callsOf = async (): Promise<SeenCall[]> =>
      (await Promise.all(["together", "groq"].map((provider) => target.seen(provider))))
        .flat()
        .filter((call) => panel.some((member) => member.endsWith(call.model ?? "?")));
    try {
      for (const provider of ["together", "groq"]) await target.plug(provider, "stall-headers");
      const reply = post(target, "/consensus", { ...question, panel: panel.slice(0, 2) }, {}, leave.signal).catch(() => null);
      for (let tries = 0; tries < 100 && (await callsOf()).length < 2; tries++) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await callsOf()).toHaveLength(2);
      leave.abort();
      await reply;
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect((await callsOf()).map((call) => call.abortedAt === null)).toEqual([false, false]);
    } finally {
      for (const provider of ["together", "groq"]) await target.plug(provider, null);
    }
  });
}

function streamTests(open: Open): void {
  test("a run streams its story in order and ends with the stored report", async () => {
    const target = open();
    const response = await post(
      target,
      "/consensus",
      { prompt: "What is 17 + 25?", answer: { type: "number" }, panel: panelOf(), stop: "all" },
      { accept: "text/event-stream" },
    );
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const blocks = (await response.text()).split("\n\n").filter((block) => block !== "" && !block.startsWith(":"));
    const events = blocks.map((block) => {
      const [id = "", event = "", data = ""] = block.split("\n").map((line) => line.slice(line.indexOf(": ") + 2));
      return { id: Number(id), event, data: JSON.parse(data) as unknown };
    });
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
    const names = events.map(({ event }) => event);
    expect([names[0], names.at(-2), names.at(-1)]).toEqual(["run-start", "verdict-reached", "run-end"]);
    expect(names.filter((name) => name === "candidate-arrived")).toHaveLength(3);
    const report = events.at(-1)?.data as Report;
    expect(await (await target.fetch(`/reports/${report.id}`)).json()).toEqual(report);
  });
}

function refusalTests(open: Open): void {
  test("bad input is refused with its pointer, and nobody is asked", async () => {
    const target = open();
    const before = (await target.seen("groq")).length;
    const raw = (body: BodyInit, headers: Record<string, string> = {}): Promise<Response> =>
      target.fetch("/consensus", { method: "POST", headers: { "content-type": "application/json", ...headers }, body });
    const table: [number, string, Promise<Response>][] = [
      [400, "malformed-json", raw("{")],
      [400, "malformed-json", raw(new Uint8Array([0x22, 0xff, 0x22]))],
      [400, "duplicate-key", raw('{"prompt":"hi","privacy":"local-only","privacy":"cloud-allowed"}')],
      [422, "validation-failed", raw('{"prompt":"hi","__proto__":{}}')],
      [422, "validation-failed", raw('{"prompt":"hi","deadline_ms":2147483648}')],
      [413, "payload-too-large", raw(JSON.stringify({ prompt: "x".repeat(1024 * 1024) }))],
      [415, "unsupported-media-type", raw("{}", { "content-type": "text/plain" })],
      [415, "unsupported-media-type", raw("{}", { "content-encoding": "gzip" })],
      [406, "not-acceptable", raw("{}", { accept: "image/png" })],
      [403, "origin-not-allowed", raw('{"prompt":"hi"}', { origin: "https://evil.example" })],
      [405, "method-not-allowed", target.fetch("/consensus")],
      [404, "not-found", target.fetch("/nowhere")],
      [404, "not-found", target.fetch(`/reports/run_${"0".repeat(32)}`)],
      [422, "validation-failed", target.fetch("/reports?cursor=%27OR%201")],
      [422, "validation-failed", target.fetch("/reports?limit=0")],
    ];
    for (const [status, slug, reply] of table) {
      const response = await reply;
      expect([slug, response.status, response.headers.get("content-type")]).toEqual([
        slug,
        status,
        "application/problem+json; charset=utf-8",
      ]);
      expect(await response.json()).toMatchObject({ type: `/problems/${slug}`, status });
    }
    expect((await target.seen("groq")).length).toBe(before);
  });

  test("texts of the JSON test suite are taken and refused as they should be, where it is present", async () => {
    const target = open();
    for (const row of target.suite) {
      const body = Uint8Array.from(atob(row.base64), (character) => character.charCodeAt(0));
      const response = await target.fetch("/consensus", { method: "POST", headers: { "content-type": "application/json" }, body });
      const slug = await slugOf(response);
      const twice = row.name.startsWith("y_object_duplicated_key");
      const wanted = {
        reject: ["malformed-json"],
        accept: [twice ? "duplicate-key" : "validation-failed"],
        either: ["malformed-json", "duplicate-key", "validation-failed"],
      };
      expect([row.name, wanted[row.expect].includes(slug) ? "as wanted" : slug]).toEqual([row.name, "as wanted"]);
    }
  });
}

function keyTests(open: Open): void {
  test("one Idempotency-Key is one run, and later calls get the same bytes", async () => {
    const target = open();
    const [together = "", groq = ""] = panelOf();
    const before = (await target.seen("groq")).length;
    const body = { prompt: "What is 17 + 25?", answer: { type: "number" }, strategy: "vote", panel: [together, groq], stop: "all" };
    const headers = { "idempotency-key": `key-${series}` };
    const replies = await Promise.all(Array.from({ length: 8 }, () => post(target, "/consensus", body, headers)));
    const texts = await Promise.all(replies.map((reply) => reply.text()));
    expect(replies.every((reply) => reply.status === 200 || reply.status === 409)).toBe(true);
    const answered = new Set(texts.filter((_, index) => replies[index]?.status === 200));
    expect(answered.size).toBe(1);
    expect(await (await post(target, "/consensus", body, headers)).text()).toBe([...answered][0]);
    expect(await slugOf(await post(target, "/consensus", { ...body, quorum: 1 }, headers))).toBe("idempotency-key-reused");
    expect((await target.seen("groq")).length - before).toBe(1);
  });
}

/** `modern`: each request for itself (2026-07-28); else as clients of 2025 speak. */
function rpc(method: string, params: object, modern: boolean): { body: object; headers: Record<string, string> } {
  const meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const body = { jsonrpc: "2.0", id: 7, method, params: { ...params, _meta: { progressToken: "p", ...(modern ? meta : {}) } } };
  const named: Record<string, string> = "name" in params ? { "mcp-name": String(params.name) } : {};
  const headers = modern ? { "mcp-protocol-version": "2026-07-28", "mcp-method": method, ...named } : {};
  return { body, headers: { accept: "application/json, text/event-stream", ...headers } };
}
/** The messages of a reply, as one body or as events. */
async function messagesOf(response: Response): Promise<{ id?: number; method?: string; result?: Record<string, unknown> }[]> {
  const text = await response.text();
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) return [JSON.parse(text) as object];
  const lines = text.split("\n").filter((line) => line.startsWith("data: "));
  return lines.map((line) => JSON.parse(line.slice("data: ".length)) as object);
}

function mcpTests(open: Open): void {
  test.each([false, true])("an MCP host lists the tools, and calls one with progress (modern: %s)", async (modern) => {
    const target = open();
    const list = rpc("tools/list", {}, modern);
    const [listed] = await messagesOf(await post(target, "/mcp", list.body, list.headers));
    const tools = ["consensus", "compare_models", "get_report"].map((name) => ({ name }));
    expect(listed).toMatchObject({ id: 7, result: { tools } });
    const panel = panelOf().slice(0, 2);
    const call = rpc(
      "tools/call",
      { name: "consensus", arguments: { prompt: "What is 17 + 25?", answer: { type: "number" }, panel } },
      modern,
    );
    const messages = await messagesOf(await post(target, "/mcp", call.body, call.headers));
    expect(messages.map(({ id, method }) => id ?? method)).toEqual(["notifications/progress", "notifications/progress", 7]);
    expect(messages.at(-1)?.result?.["structuredContent"]).toMatchObject({ schema: "consensus.report/1", value: 42 });
  });

  test("what is refused at /mcp is refused in JSON-RPC's form", async () => {
    const response = await open().fetch("/mcp", { method: "POST", headers: { "content-type": "application/json" }, body: "{" });
    expect([response.status, await response.json()]).toMatchObject([400, { jsonrpc: "2.0", id: null, error: { code: -32700 } }]);
  });
}
