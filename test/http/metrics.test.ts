/** `/metrics` of a real service before simulated providers: it agrees with the reports, and with what was refused. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Report } from "../../src/core/report.ts";
import { readSettings } from "../../src/runtimes/config.ts";
import { serve, type Service } from "../../src/runtimes/serve.ts";
import { startSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { samplesOf, sumOf, type Sample } from "../kit/prometheus.ts";
import { createMeter } from "../../src/core/meter.ts";
import { watchLoop } from "../../src/runtimes/loop-probe.ts";

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

async function scrape(): Promise<Sample[]> {
  const response = await fetch(`${service.url}/metrics`);
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
  return samplesOf(await response.text());
}
async function ask(body: Record<string, unknown>): Promise<{ status: number; report: Report | null }> {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(`${service.url}/consensus`, init);
  const made = (await response.json()) as Report & { report?: Report };
  return { status: response.status, report: response.ok ? made : (made.report ?? null) };
}

test("counters agree with the reports, and problems with the refusals", async () => {
  const reports: Report[] = [];
  const bodies: Record<string, unknown>[] = [
    { prompt: "What is 17 + 25?", answer: { type: "number" } },
    { prompt: "Why is the sky blue?", strategy: "pick" },
    { prompt: "Yes or no?", answer: { type: "choice", choices: ["yes", "no"] }, strategy: "vote" },
    { prompt: "What is 1 + 1?", answer: { type: "number" }, panel: ["nobody/at-all", "groq/openai/gpt-oss-120b"] },
  ];
  for (const body of bodies) reports.push((await ask({ ...body, stop: "all" })).report as Report);
  await simulator.fault("together", "503");
  reports.push((await ask({ prompt: "What is 2 + 2?", answer: { type: "number" }, stop: "all" })).report as Report);
  await simulator.fault("together", null);
  expect((await ask({ prompt: "" })).status).toBe(422);
  const samples = await scrape();
  for (const status of ["complete", "degraded", "failed"])
    expect(sumOf(samples, "consensus_runs_total", { status })).toBe(reports.filter((report) => report.status === status).length);
  const outcomes = reports.flatMap((report) => report.outcomes);
  expect(sumOf(samples, "consensus_outcomes_total")).toBe(outcomes.length);
  expect(sumOf(samples, "consensus_outcomes_total", { reason: "misconfigured" })).toBe(1);
  expect(sumOf(samples, "consensus_attempts_total")).toBe(reports.reduce((sum, { usage }) => sum + usage.calls, 0));
  const codes = reports.flatMap(({ degradations }) => degradations.map(({ code }) => code));
  expect(sumOf(samples, "consensus_degradations_total")).toBe(codes.length);
  expect(sumOf(samples, "consensus_problems_total", { slug: "validation-failed" })).toBe(1);
  expect(sumOf(samples, "consensus_problems_total")).toBe(1);
  expect(sumOf(samples, "consensus_run_duration_ms_count")).toBe(reports.length);
  expect(sumOf(samples, "consensus_output_tokens_total")).toBe(reports.reduce((sum, { usage }) => sum + (usage.output_tokens ?? 0), 0));
});

test("gauges tell the state of every member at the scrape", async () => {
  const samples = await scrape();
  const members = service.composed.settings.panel;
  for (const member of members) {
    expect(sumOf(samples, "consensus_breaker_state", { member })).toBe(1);
    expect(samples.filter(({ name, labels }) => name === "consensus_in_flight" && labels.member === member)).toHaveLength(1);
    expect(samples.filter(({ name, labels }) => name === "consensus_queued" && labels.member === member)).toHaveLength(1);
  }
});

test("no name is written twice, and no series", async () => {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  const types = text.split("\n").filter((line) => line.startsWith("# TYPE "));
  expect(new Set(types).size).toBe(types.length);
  const keys = samplesOf(text).map(({ name, labels }) => JSON.stringify([name, labels]));
  expect(new Set(keys).size).toBe(keys.length);
});

test("a loop that stood still is counted", async () => {
  const meter = createMeter();
  const end = watchLoop(meter);
  const until = performance.now() + 400;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 20));
  end();
  expect(meter.text()).toContain("consensus_loop_blocked_total 1\n");
});
