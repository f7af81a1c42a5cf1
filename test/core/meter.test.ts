/** The registry of counters and histograms: its text, its zeros and its bounds. */
import * as fc from "fast-check";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createMeter, MAX_SERIES } from "../../src/core/meter.ts";
import { METRICS } from "../../src/core/metrics.ts";
import { samplesOf } from "../kit/prometheus.ts";

test("every known counter is there from the start, at 0", () => {
  const text = createMeter({ members: ["groq/a"], providers: ["groq"] }).text();
  const samples = samplesOf(text);
  for (const [name, { kind }] of Object.entries(METRICS)) {
    if (kind === "histogram") continue;
    const mine = samples.filter((sample) => sample.name === `consensus_${name}_total`);
    expect([name, mine.length > 0, mine.every(({ value }) => value === 0)]).toEqual([name, true, true]);
  }
  expect(text).toContain("# TYPE consensus_runs_total counter\n");
  expect(text).toContain("# TYPE consensus_run_duration_ms histogram\n");
});

test("counters add up by their labels, whatever order those come in", () => {
  const meter = createMeter();
  meter.count("attempts", { provider: "groq", result: "timeout" });
  meter.count("attempts", { result: "timeout", provider: "groq" }, 2);
  meter.count("cost_usd", {}, 0.25);
  const text = meter.text();
  expect(text).toContain('consensus_attempts_total{provider="groq",result="timeout"} 3\n');
  expect(text).toContain("consensus_cost_usd_total 0.25\n");
});

test("buckets are cumulated, and the last holds everything", () => {
  const meter = createMeter();
  for (const ms of [1, 5, 6, 700_000]) meter.observe("run_duration_ms", { status: "complete" }, ms);
  const lines = meter.text().split("\n");
  const bucket = (le: string): string | undefined =>
    lines.find((line) => line.startsWith(`consensus_run_duration_ms_bucket{status="complete",le="${le}"}`))?.split(" ")[1];
  expect([bucket("5"), bucket("10"), bucket("600000"), bucket("+Inf")]).toEqual(["2", "3", "3", "4"]);
  expect(lines).toContain('consensus_run_duration_ms_count{status="complete"} 4');
  expect(lines).toContain('consensus_run_duration_ms_sum{status="complete"} 700012');
});

test("members that callers make up end in one series, and closed labels stay apart", () => {
  const meter = createMeter({ members: ["groq/a"], providers: [] });
  const dropped = (member: string, reason: string): void => meter.count("outcomes", { member, status: "dropped", reason });
  for (let index = 0; index < MAX_SERIES + 500; index += 1) dropped(`nobody/m${index}`, "misconfigured");
  dropped("nobody/late", "timeout");
  meter.count("outcomes", { member: "groq/a", status: "answered", reason: "" });
  const outcomes = samplesOf(meter.text()).filter(({ name }) => name === "consensus_outcomes_total");
  expect(outcomes.length).toBeLessThanOrEqual(MAX_SERIES + 2);
  const valueOf = (member: string, reason: string): number | undefined =>
    outcomes.find(({ labels }) => labels.member === member && labels.reason === reason)?.value;
  expect([valueOf("other", "misconfigured"), valueOf("other", "timeout"), valueOf("groq/a", "")]).toEqual([501, 1, 1]);
  expect(outcomes.reduce((sum, { value }) => sum + value, 0)).toBe(MAX_SERIES + 502);
});

test("what is no amount is not counted, and a label can hold any text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), fc.double(), (member, by) => {
      const meter = createMeter();
      meter.count("outcomes", { member, status: "answered", reason: "" }, by);
      meter.observe("member_latency_ms", { member }, by);
      const found = samplesOf(meter.text()).find(({ name }) => name === "consensus_outcomes_total");
      if (Number.isFinite(by) && by >= 0)
        expect(found).toEqual({
          name: "consensus_outcomes_total",
          labels: { member, status: "answered", reason: "" },
          value: Math.abs(by),
        });
      else expect(found).toBeUndefined();
    }),
    { numRuns: 40 },
  );
});

test("every name that the product counts or observes is in the list, and every name of the list moves somewhere", () => {
  const root = join(import.meta.dirname, "../../src");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const code = files.map((name) => readFileSync(join(root, name), "utf8")).join("\n");
  const used = new Set([...code.matchAll(/meter\.(?:count|observe)\("(\w+)"/g)].map((match) => match[1] ?? ""));
  expect([...used].sort()).toEqual(Object.keys(METRICS).sort());
});
