/** `cascade` over sockets: why the cloud was asked, what that cost, and what was saved where it was not. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { summaryLines } from "../../src/cli/summary.ts";
import type { Report } from "../../src/core/report.ts";
import { openWorld, type World } from "./contract-kit.ts";

const LOCAL = [{ model: "ollama/m", samples: 2 }];
const CLOUD = ["groq/a", "together/b"];
const CONSENSUS_MODELS = JSON.stringify({
  "ollama/m": { context_tokens: 2000, num_ctx: 2000, max_output_tokens: 200 },
  "groq/a": { input_usd_per_mtok: 1, output_usd_per_mtok: 2, max_output_tokens: 1000, context_tokens: 8000 },
  "together/b": { input_usd_per_mtok: 1, output_usd_per_mtok: 2, max_output_tokens: 500, context_tokens: 8000 },
});
let world: World;
beforeAll(async () => void (world = await openWorld({ CONSENSUS_MODELS })));
afterAll(() => world.close());
let turn = 0;
const inTurn = (...texts: string[]) => ({ text: texts[turn++ % texts.length] ?? "" });
beforeEach(() => {
  turn = 0;
  world.asked.length = 0;
  world.script = (): string => "The answer is 42.";
});

const ask = async (over: object = {}): Promise<Report> =>
  (await world.ask({ prompt: "How many?", strategy: "cascade", answer: { type: "number" }, panel: [...LOCAL, ...CLOUD], ...over })).report;

test("local members that agree save the cloud's calls, at most for what a budget would set aside", async () => {
  const { cascade, cost_usd } = await ask({ max_tokens: 100 });
  expect(cascade).toMatchObject({ escalated: false, reason: null, cost_usd: 0, saved_calls: 2 });
  // 100 tokens out at $2 a million for each, and the prompt at $1 a million
  expect(cascade?.saved_usd).toBeGreaterThan(0.0004);
  expect(cascade?.saved_usd).toBeLessThan(0.0006);
  expect(cost_usd.total).toBe(0);
  expect(world.asked.every((member) => member.startsWith("ollama/"))).toBe(true);
});

test("local members that disagree are outvoted, and the report says what that cost", async () => {
  world.script = (member) => (member.startsWith("ollama/") ? inTurn("The answer is 41.", "The answer is 43.") : "The answer is 42.");
  const { value, cascade, cost_usd } = await ask();
  expect(value).toBe(42);
  // 10 tokens in and 5 out for each of two
  expect(cascade).toEqual({ escalated: true, reason: "disagreement", cost_usd: 0.00004, saved_usd: 0, saved_calls: 0 });
  expect(cost_usd.members).toBe(0.00004);
});

test("a local member that fails is named as the reason", async () => {
  world.script = (member) => (member.startsWith("ollama/") ? { status: 500 } : "The answer is 42.");
  expect((await ask()).cascade).toMatchObject({ escalated: true, reason: "no-answer" });
});

test("local members that miss the quorum among themselves get the cloud's help", async () => {
  const panel = ["ollama/m", "ollama/gone", ...CLOUD];
  world.script = (member) => (member === "ollama/gone" ? { status: 404 } : "The answer is 42.");
  const { status, cascade, quorum } = await ask({ panel, require_quorum: true });
  expect(cascade).toMatchObject({ escalated: true, reason: "no-answer" });
  expect(quorum).toMatchObject({ needed: 2, met: true });
  expect(status).toBe("degraded");
  expect((await ask({ panel, quorum: 1 })).cascade).toMatchObject({ escalated: false });
});

test("a prompt that no local member can hold is named as the reason", async () => {
  const lines = Array.from({ length: 400 }, (_, index) => `line ${index} of the log says ${index * 7919}`);
  const { cascade } = await ask({ prompt: `How many?\n${lines.join("\n")}`, max_tokens: 100, panel: [...LOCAL, "groq/a"] });
  expect(cascade).toMatchObject({ escalated: true, reason: "context" });
});

test("a panel without local members says so, and one without cloud members cannot escalate", async () => {
  expect((await ask({ panel: CLOUD })).cascade).toMatchObject({ escalated: true, reason: "no-local-member", saved_calls: 0 });
  world.script = () => inTurn("The answer is 41.", "The answer is 43.");
  expect((await ask({ panel: LOCAL })).cascade).toEqual({
    escalated: false,
    reason: "disagreement",
    cost_usd: 0,
    saved_usd: 0,
    saved_calls: 0,
  });
});

test("a price that is not known makes the saving unknown, never 0", async () => {
  expect((await ask({ panel: [...LOCAL, "groq/unpriced"] })).cascade).toMatchObject({ saved_calls: 1, saved_usd: null });
});

test("members that could never be asked are no saving", async () => {
  const { cascade } = await ask({ privacy: "local-only" });
  expect(cascade).toMatchObject({ escalated: false, reason: null, saved_calls: 0, saved_usd: 0 });
});

test("no other strategy has the field", async () => {
  expect(await ask({ strategy: "auto" })).not.toHaveProperty("cascade");
});

test("a report for people says it in a line", async () => {
  const report = await ask();
  const { id } = report;
  expect(summaryLines(report, 200, (_ink, text) => text)).toContain(
    "cascade: the local members sufficed, 2 cloud calls saved, at most $0.00",
  );
  for (const accept of ["text/markdown", "text/html"]) {
    const text = await (await fetch(`${world.url}/reports/${id}`, { headers: { accept } })).text();
    expect(text).toContain("cascade: the local members sufficed, 2 cloud calls saved, at most $0.00");
  }
});
