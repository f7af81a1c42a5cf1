/** Support by field over sockets: in the report, in its renderings, in the verdict event, and not in a store that keeps no content. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { summaryLines } from "../../src/cli/summary.ts";
import type { Report } from "../../src/core/report.ts";
import { openWorld, type World } from "./contract-kit.ts";

const ANSWERS: Record<string, string> = {
  "groq/a": '{"disk": "full", "hosts": 2, "since": "02:10"}',
  "together/b": '{"disk": "full", "hosts": 3, "since": "02:00"}',
  "ollama/m": '{"disk": "fine", "hosts": 2, "since": "02:00"}',
};
const REQUEST = { prompt: "Summarise.", answer: { type: "json" }, panel: Object.keys(ANSWERS) };
const SUPPORT = { "/disk": 2 / 3, "/hosts": 2 / 3, "/since": 2 / 3 };
let world: World;
let silent: World;
beforeAll(async () => {
  [world, silent] = await Promise.all([openWorld(), openWorld({ CONSENSUS_STORE_CONTENT: "false" })]);
  for (const one of [world, silent]) one.script = (member): string => ANSWERS[member] ?? "";
});
afterAll(() => Promise.all([world.close(), silent.close()]));

test("the report says how much weight stands behind each field, for programs and for people", async () => {
  const { report } = await world.ask(REQUEST);
  expect(report.value).toEqual({ disk: "full", hosts: 2, since: "02:00" });
  expect(report.verdict).toMatchObject({ how: "voted", winner: null, support: SUPPORT });
  expect(summaryLines(report, 200, (_ink, text) => text)).toContain("by field: /disk 0.67, /hosts 0.67, /since 0.67");
  for (const accept of ["text/markdown", "text/html"]) {
    const text = await (await fetch(`${world.url}/reports/${report.id}`, { headers: { accept } })).text();
    expect(text).toContain("support by field: /disk 0.67");
  }
});

test("the verdict event carries it too", async () => {
  const headers = { "content-type": "application/json", accept: "text/event-stream" };
  const text = await (await fetch(`${world.url}/consensus`, { method: "POST", headers, body: JSON.stringify(REQUEST) })).text();
  const verdict = text.split("\n\n").find((event) => event.includes("event: verdict-reached")) ?? "";
  expect(JSON.parse(/^data: (.*)$/m.exec(verdict)?.[1] ?? "{}")).toMatchObject({ support: SUPPORT });
});

test("a store that keeps no content keeps no field names", async () => {
  const { report } = await silent.ask(REQUEST);
  expect(report.verdict).toHaveProperty("support");
  const kept = (await (await fetch(`${silent.url}/reports/${report.id}`)).json()) as Report;
  expect(kept.verdict).toMatchObject({ how: "voted", dissents: [] });
  expect(kept.verdict).not.toHaveProperty("support");
});
