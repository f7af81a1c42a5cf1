/** Traces reach the collector, hold no word of prompt or answer, and never leave the machine for a run that must not. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Report } from "../../src/core/report.ts";
import type { TransportInit } from "../../src/egress/egress.ts";
import { compose } from "../../src/runtimes/compose.ts";
import { readSettings } from "../../src/runtimes/config.ts";
import { createNodeTransport } from "../../src/runtimes/node-transport.ts";
import { silentMeter, systemClock, systemRandom } from "../../src/runtimes/ports.ts";
import { startSimulator, type Simulator } from "../../src/simulator/simulator.ts";

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[];
}
const bodies: string[] = [];
let simulator: Simulator;
let collector: Server;
let url: string;
beforeAll(async () => {
  simulator = await startSimulator({ latencyMs: 1 });
  collector = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      if (request.url === "/v1/traces") bodies.push(text);
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
});
afterAll(async () => {
  collector.close();
  await simulator.close();
});

/** Hosts that the transport was asked for. */
async function run(body: Record<string, unknown>, endpoint: string): Promise<{ report: Report; hosts: Set<string>; logs: string[] }> {
  const settings = await readSettings({ ...simulator.environment(), CONSENSUS_OTEL_ENDPOINT: endpoint }, { version: "test" });
  const inner = createNodeTransport({ localAddresses: [] });
  const hosts = new Set<string>();
  const fetch = (target: string | URL | Request, init?: TransportInit): Promise<Response> => {
    hosts.add(new URL(target as string).host);
    return inner.fetch(target, init);
  };
  const logs: string[] = [];
  const ports = {
    clock: systemClock,
    random: systemRandom,
    log: (_: string, event: string) => void logs.push(event),
    meter: silentMeter,
    reports: null,
  };
  const composed = compose(settings, { ...ports, transport: { ...inner, fetch } });
  const context = { owner: "", requestId: "req_1", acceptedAt: performance.now(), signal: new AbortController().signal, live: false };
  let report: Report | undefined;
  for await (const event of composed.consensus.run(composed.parse(body), context)) if (event.type === "run-end") report = event.data;
  await composed.close();
  if (!report) throw new Error("the run left no report");
  return { report, hosts, logs };
}
const spansIn = (text: string): Span[] =>
  (JSON.parse(text) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] }).resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans),
  );
const attribute = ({ attributes }: Span, key: string): unknown => Object.values(attributes.find((one) => one.key === key)?.value ?? {})[0];

test("a run is one span with one below it for each attempt, and no word of what was said", async () => {
  await simulator.fault("together", "503");
  const { report, logs } = await run({ prompt: "A very secret question: what is 17 + 25?", answer: { type: "number" }, stop: "all" }, url);
  await simulator.fault("together", null);
  const body = bodies.at(-1) ?? "";
  const spans = spansIn(body);
  const [root, ...children] = spans;
  expect([root?.name, root?.kind, `run_${root?.traceId}`, root && "parentSpanId" in root]).toEqual([
    "invoke_workflow consensus",
    1,
    report.id,
    false,
  ]);
  const attempts = report.outcomes.flatMap((outcome) => (outcome.status === "not-asked" ? [] : outcome.attempts));
  const chats = children.filter(({ name }) => name.startsWith("chat "));
  expect(chats).toHaveLength(attempts.length);
  expect(
    chats.every((span) => span.kind === 3 && span.parentSpanId === root?.spanId && attribute(span, "server.address") === "127.0.0.1"),
  ).toBe(true);
  expect(chats.filter((span) => attribute(span, "error.type") === "unavailable").length).toBeGreaterThan(0);
  expect(chats.filter((span) => Number(attribute(span, "gen_ai.usage.output_tokens")) > 0)).toHaveLength(2);
  for (const span of spans) expect(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano)).toBe(true);
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
  expect(body).not.toContain("secret question");
  for (const outcome of report.outcomes) if (outcome.status === "answered") expect(body).not.toContain(JSON.stringify(outcome.text));
  expect(logs).not.toContain("traces-failed");
});

test("a local-only run is traced to a local collector alone", async () => {
  const before = bodies.length;
  const local = await run({ prompt: "x", privacy: "local-only" }, url);
  expect([bodies.length, local.hosts.has(new URL(url).host)]).toEqual([before + 1, true]);
  const remote = await run({ prompt: "x", privacy: "local-only" }, "https://collector.example");
  expect(remote.hosts.has("collector.example")).toBe(false);
});

test("a collector that is down costs no answer", async () => {
  const { report, logs } = await run({ prompt: "What is 1 + 1?", answer: { type: "number" } }, "http://127.0.0.1:9");
  expect([report.status, logs.includes("traces-failed")]).toEqual(["complete", true]);
});
