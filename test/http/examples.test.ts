/** What callers are told to copy does what it says, against a real service before simulated providers. */
import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { METRICS } from "../../src/core/metrics.ts";
import { parseRunRequest } from "../../src/consensus/request.ts";
import { readSettings } from "../../src/runtimes/config.ts";
import { serve, type Service } from "../../src/runtimes/serve.ts";
import { startSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { samplesOf } from "../kit/prometheus.ts";

const folder = join(import.meta.dirname, "../../examples");
const has = (command: string, ...parameters: string[]): boolean => spawnSync(command, parameters, { timeout: 15_000 }).status === 0;
const hasCurl = has("curl", "--version");
const hasJq = hasCurl && has("jq", "--version");
const hasPython = has("python3", "-c", "import openai");
const or = (present: boolean, what: string): string => (present ? "" : ` (skipped: no ${what})`);

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
async function run(command: string, ...parameters: string[]): Promise<string> {
  const env = { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", CONSENSUS_URL: service.url };
  return (await promisify(execFile)(command, parameters, { env, timeout: 15_000, cwd: folder })).stdout;
}

test.skipIf(!hasCurl)(`curl asks, streams, hands in a job and teaches${or(hasCurl, "curl")}`, async () => {
  const out = await run("sh", "curl.sh");
  expect(out.match(/"schema":"consensus.report\/1"/g)?.length).toBeGreaterThanOrEqual(4);
  expect(out).toContain("event: run-end");
  expect(out).toMatch(/"id":"job_[0-9a-f]{32}","state":"(?:running|done)"/);
  expect(out).toMatch(/\{"id":"run_[0-9a-f]{32}","learned":true\}\n$/);
});
test.skipIf(!hasJq)(`the nightly summary prints who decided, and what; a failure is one line${or(hasJq, "jq")}`, async () => {
  expect(await run("sh", "cron/log-summary.sh", "curl.sh")).toMatch(/^20\S+ (?:complete|degraded), \w+ by ollama\/llama3\.2\n\S/);
  await simulator.fault("ollama", "503");
  const failed = await run("sh", "cron/log-summary.sh", "README.md").catch((error: { code: number; stdout: string }) => error);
  await simulator.fault("ollama", null);
  expect(failed).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^failed: \/problems\/[\w-]+ .* \(worth another try: true\)\n$/) as string,
  });
});
test.skipIf(!hasPython)(`Python's client reads what came of it${or(hasPython, "python3 with openai")}`, async () => {
  expect(await run("python3", "openai_client.py")).toMatch(/^\S[\s\S]*\n\w+, agreement \S+, report run_[0-9a-f]{32}\n\S/);
});
test("LangChain.js asks the panel as a model", async () => {
  expect(await run(process.execPath, "langchain.mjs")).toMatch(/^\S/);
});

test("the dashboard asks for metrics and labels that are there, and every panel for something", async () => {
  const samples = samplesOf(await (await fetch(`${service.url}/metrics`)).text());
  const labels = new Map<string, Set<string>>();
  for (const { name, labels: its } of samples) labels.set(name, new Set([...(labels.get(name) ?? []), ...Object.keys(its)]));
  for (const [name, spec] of Object.entries(METRICS)) {
    if (spec.kind === "histogram") labels.set(`consensus_${name}_bucket`, new Set([...spec.labels, "le"]));
  }
  const dashboard = JSON.parse(readFileSync(join(folder, "grafana.json"), "utf8")) as {
    panels: { title: string; targets: { expr: string }[] }[];
  };
  for (const { title, targets } of dashboard.panels) {
    expect([title, targets.length > 0]).toEqual([title, true]);
    for (const { expr } of targets) {
      const names = expr.match(/consensus_\w+/g) ?? [];
      expect([title, names.length > 0, names.filter((name) => !labels.has(name))]).toEqual([title, true, []]);
      const by = (/by \(([^)]+)\)/.exec(expr)?.[1] ?? "").split(", ").filter((label) => label !== "");
      expect([title, expr, by.filter((label) => !labels.get(names[0] ?? "")?.has(label))]).toEqual([title, expr, []]);
    }
  }
});

test("the n8n workflow asks a question that is taken, and its branches exist", () => {
  interface Workflow {
    nodes: { name: string; parameters: { jsonBody?: string } }[];
    connections: Record<string, { main: { node: string }[][] }>;
  }
  const { nodes, connections } = JSON.parse(readFileSync(join(folder, "n8n/workflow.json"), "utf8")) as Workflow;
  const names = new Set(nodes.map(({ name }) => name));
  for (const [from, { main }] of Object.entries(connections))
    expect([from, ...main.flat().map(({ node }) => node)].filter((name) => !names.has(name))).toEqual([]);
  const body = nodes.find(({ parameters }) => parameters.jsonBody)?.parameters.jsonBody ?? "";
  const defaults = {
    panel: ["groq/a"],
    adjudicators: [],
    fallback: [],
    quorum: 2,
    deadlineMs: 60_000,
    graceMs: 0,
    privacy: "cloud-allowed" as const,
  };
  expect(parseRunRequest(JSON.parse(body), defaults).answer).toEqual({ type: "choice", choices: ["yes", "no"] });
});
