/** Statements of the wire contract that only a whole service before scripted upstreams can show. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openWorld, type World } from "./contract-kit.ts";

let world: World;
let panel: string[];
let series = 0;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());
/** Circuits are kept per model: each test asks models of its own. */
beforeEach(() => {
  series += 1;
  panel = [`together/a${series}`, `groq/b${series}`, `ollama/c${series}`];
  world.asked.length = 0;
});

const says =
  (...texts: string[]) =>
  (member: string) =>
    texts[panel.indexOf(member)] ?? "nobody";
const DIFFERENT = ["red and round", "green and square", "blue and flat"] as const;
const adjudicators = (): string[] => [`together/judge-${series}`, `groq/judge-${series}`];

describe("values", () => {
  test("a choice is handed back as the request wrote it, blanks and all", async () => {
    world.script = says("yes", "The answer is Yes.", "No");
    const { report } = await world.ask({ prompt: "Is it?", panel, answer: { type: "choice", choices: [" Yes ", "No"] } });
    expect(report).toMatchObject({ value: " Yes ", verdict: { how: "voted", dissents: [{ value: "No" }] } });
  });
  test("an answer that nobody can read is the most reliable member's text, and no value", async () => {
    world.script = says("no idea", "who knows", "cannot say");
    const { report } = await world.ask({ prompt: "How many?", panel, answer: { type: "number" } });
    expect(report).toMatchObject({ answer: "no idea", value: null, verdict: { how: "fallback", winner: panel[0] } });
  });
});

test("tokens of an attempt that gave nothing are counted, and as wasted, like its cost", async () => {
  let calls = 0;
  world.script = (member) => (member === panel[0] && calls++ === 0 ? " " : "Forty-two.");
  for (const strategy of ["auto", "cascade"]) {
    calls = 0;
    const { report } = await world.ask({ prompt: "How many?", panel: panel.slice(0, 2), strategy, stop: "all" });
    expect(report.outcomes[0]).toMatchObject({ attempts: [{ result: "empty" }, {}], usage: { input_tokens: 10, output_tokens: 5 } });
    expect(report.usage).toEqual({ calls: 3, retries: 1, input_tokens: 30, output_tokens: 15, wasted_output_tokens: 5 });
  }
});

test("a local member that was reached and proved, and then failed, is a run without a candidate, not a missing local member", async () => {
  world.script = () => ({ status: 501 });
  const { report } = await world.ask({ prompt: "How many?", panel: [panel[2] as string], privacy: "local-only" });
  expect(report).toMatchObject({ status: "failed", outcomes: [{ reason: "unavailable" }], problem: { slug: "no-candidates" } });
});

describe("stop: all", () => {
  const slow = { afterMs: 850, text: "42" };
  test("waits for a member up to the deadline when no adjudicator can be needed any more", async () => {
    world.script = (member) => (member === panel[0] ? slow : "42");
    const { report } = await world.ask({ prompt: "How many?", panel, answer: { type: "number" }, deadline_ms: 1000 });
    expect(report).toMatchObject({ status: "complete", verdict: { supporters: panel } });
  });
  test("leaves the adjudicator its time when the answers differ", async () => {
    world.script = (member) => (member === panel[0] ? { afterMs: 3600, text: "42" } : member === panel[1] ? "41" : "40");
    world.judge = (shown) => `{"winner":"${shown.find(({ text }) => text === "40")?.label}"}`;
    const { report } = await world.ask({ prompt: "How many?", panel, answer: { type: "number" }, deadline_ms: 4000 });
    expect(report).toMatchObject({ value: 40, verdict: { how: "picked" }, outcomes: [{ reason: "timeout" }, {}, {}] });
  });
});

describe("the adjudicator", () => {
  const best = (shown: { label: string; text: string }[]): string =>
    `{"winner":"${shown.find(({ text }) => text === DIFFERENT[1])?.label}"}`;
  const failing: [string, { text?: string; status?: number }, string][] = [
    ["answers 500", { status: 500 }, "unavailable"],
    ["answers 429", { status: 429 }, "rate-limited"],
    ["writes prose without a decision", { text: "I like them all." }, "unusable"],
    ["names an unknown label", { text: '{"winner":"Z"}' }, "unusable"],
    ["names the first, whichever it is", { text: '{"winner":"A"}' }, "no-ruling"],
  ];
  test.each(failing)("that %s gives way to the next", async (_, reply, result) => {
    world.script = says(...DIFFERENT);
    world.judge = (shown, { member }) => (member.startsWith("together/") ? reply : best(shown));
    const { report } = await world.ask({ prompt: "What is it?", panel, strategy: "pick", adjudicators: adjudicators() });
    expect(report).toMatchObject({ status: "degraded", answer: DIFFERENT[1], verdict: { how: "picked", winner: panel[1] } });
    expect(report.adjudication?.ladder.map((rung) => rung.result)).toEqual([result, "ruled"]);
    expect(report.degradations.map(({ code }) => code)).toContain("adjudicator-fallback");
  });
  test.each(["", "red and round, see https://evil.example", "red and 7"])(
    "that merges into %j is refused, and a pick decides",
    async (text) => {
      world.script = says(...DIFFERENT);
      world.judge = (shown, { writes }) => (writes ? text : best(shown));
      const { report } = await world.ask({ prompt: "What is it?", panel, strategy: "merge", adjudicators: adjudicators() });
      expect(report).toMatchObject({ status: "degraded", answer: DIFFERENT[1], verdict: { how: "picked" } });
      expect(report.degradations.map(({ code }) => code)).toEqual(["merge-refused"]);
    },
  );
});
