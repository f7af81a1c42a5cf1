/** Hedging: off unless configured, only for the silent, within its share, and the loser is aborted. */
import { expect, test } from "vitest";
import { createPurse } from "../../src/panel/purse.ts";
import { failure, orderOf, reply, type Step, settle, toolCall, world, type World } from "./fakes.ts";

const knobs = { substitutes: { "a/m": "b/m" } };
const silentAfter =
  (calm: number, then: Step) =>
  (n: number): Step =>
    n < calm ? { ms: 100, result: reply("a") } : then;

/** Twenty answered calls of 100 ms each: the p95 is known, and the hedge bucket has earned its share. */
async function warmedUp({ clock, panel }: World) {
  const asked = panel({ knobs });
  for (let n = 0; n < 20; n++) await settle(clock, asked.ask(orderOf(clock, ["a/m"])));
  return asked;
}

test("a seat that is silent past the p95 of its provider is asked at its substitute", async () => {
  const made = world();
  const a = made.add("a", silentAfter(20, { hang: true }));
  const b = made.add("b", () => ({ ms: 50, result: reply("b") }));
  const asked = await warmedUp(made);
  const begun = made.clock.now();
  const { outcomes, ledger } = await settle(made.clock, asked.ask(orderOf(made.clock, ["a/m"])));
  expect(outcomes[0]).toMatchObject({ status: "answered", member: "a/m", text: "b", hedged_by: "b/m", latency_ms: 151 });
  expect(outcomes[0]).toHaveProperty("attempts", [
    { started_ms: 0, ended_ms: 151, result: "late" },
    { started_ms: 101, ended_ms: 151, result: "answered" },
  ]);
  expect([b.seen[0]?.at, a.seen.at(-1)?.aborted, ledger, made.clock.pending()]).toEqual([begun + 101, "late", { calls: 2, retries: 0 }, 0]);
});

test("when the seat itself is faster, the substitute is aborted", async () => {
  const made = world();
  made.add("a", silentAfter(20, { ms: 130, result: reply("a") }));
  const b = made.add("b", () => ({ hang: true }));
  const asked = await warmedUp(made);
  const { outcomes } = await settle(made.clock, asked.ask(orderOf(made.clock, ["a/m"])));
  expect(outcomes[0]).toMatchObject({ text: "a", hedged_by: null, attempts: [{ result: "late" }, { result: "answered" }] });
  expect([b.seen[0]?.aborted, made.clock.pending()]).toEqual(["late", 0]);
});

test("whoever fails first leaves the other to answer", async () => {
  const made = world();
  made.add("a", silentAfter(20, { ms: 200, result: failure("unavailable") }));
  made.add("b", (n) => (n === 0 ? { ms: 500, result: reply("b") } : { ms: 10, result: failure("refused") }));
  const asked = await warmedUp(made);
  const { outcomes } = await settle(made.clock, asked.ask(orderOf(made.clock, ["a/m"])));
  expect(outcomes[0]).toMatchObject({ text: "b", hedged_by: "b/m" });
});

test("a seat that has shown a sign of life is not hedged", async () => {
  const made = world();
  made.add("a", silentAfter(20, { headersMs: 50, ms: 400, result: reply("a") }));
  const b = made.add("b", () => ({ ms: 1 }));
  const asked = await warmedUp(made);
  await settle(made.clock, asked.ask(orderOf(made.clock, ["a/m"])));
  expect(b.seen.length).toBe(0);
});

test("never with tools, never over the purse, never before anything is known, never unless configured", async () => {
  const made = world();
  made.add("a", silentAfter(20, { ms: 400, result: reply("", { toolCalls: [toolCall()] }) }));
  const b = made.add("b", () => ({ ms: 1, result: reply("b") }));
  made.facts["a/m"] = { maxOutputTokens: 10 };
  made.facts["b/m"] = { maxOutputTokens: 1e9 };
  const asked = await warmedUp(made);
  const tools = [{ type: "function" as const, function: { name: "look" } }];
  const specs = [{ name: "look", parameters: null, readOnly: false }];
  await settle(made.clock, asked.ask(orderOf(made.clock, ["a/m"], { sampling: { tools }, tools: specs })));
  await settle(made.clock, asked.ask(orderOf(made.clock, ["a/m"], { purse: createPurse(0.01) })));
  await settle(made.clock, made.panel({ knobs }).ask(orderOf(made.clock, ["a/m"])));
  await settle(made.clock, made.panel().ask(orderOf(made.clock, ["a/m"])));
  expect(b.seen.length).toBe(0);
});

test("at most one call in twenty is hedged, however silent the provider", async () => {
  const made = world();
  made.add("a", silentAfter(500, { ms: 150, result: reply("a") }));
  const b = made.add("b", () => ({ ms: 500, result: reply("b") }));
  const asked = made.panel({ knobs: { ...knobs, latencyMaxAgeMs: 1e9, latencySamples: 2000 } });
  for (let n = 0; n < 500; n++) await settle(made.clock, asked.ask(orderOf(made.clock, ["a/m"])));
  // few enough to leave the p95 where it is
  for (let n = 0; n < 25; n++) await settle(made.clock, asked.ask(orderOf(made.clock, ["a/m"])));
  expect(b.seen.length).toBe(2);
});

test("a remote substitute of a local member is not asked under local-only", async () => {
  const made = world();
  made.add("a", silentAfter(20, { ms: 400, result: reply("a") }), { local: true });
  const b = made.add("b", () => ({ ms: 1 }));
  const asked = await warmedUp(made);
  await settle(made.clock, asked.ask(orderOf(made.clock, ["a/m"], { passage: { privacy: "local-only", hosts: new Set() } })));
  expect([b.seen.length, made.count("egress_refused")]).toEqual([0, 0]);
});

test("a hedge is an attempt of its seat: three calls are the end of it", async () => {
  const made = world();
  const unavailable = failure("unavailable", { again: "twice", status: 503 });
  const a = made.add("a", silentAfter(20, { ms: 300, result: unavailable }));
  const b = made.add("b", () => ({ ms: 50, result: unavailable }));
  const asked = made.panel({ knobs: { ...knobs, hedgeShare: 1 } });
  for (let n = 0; n < 20; n++) await settle(made.clock, asked.ask(orderOf(made.clock, ["a/m"])));
  const run = asked.ask(orderOf(made.clock, ["a/m"]));
  await made.clock.advance(310);
  const other = asked.ask(orderOf(made.clock, ["a/other"])); // earns the right to another hedge
  const { outcomes, ledger } = await settle(made.clock, run);
  await settle(made.clock, other);
  expect(outcomes[0]).toMatchObject({ reason: "unavailable", attempts: [{}, {}, {}] });
  expect([a.seen.filter(({ model }) => model === "m").length - 20, b.seen.length, ledger]).toEqual([2, 1, { calls: 3, retries: 1 }]);
});
