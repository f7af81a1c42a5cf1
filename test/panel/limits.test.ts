/** Queues: how many run, how many wait, who is turned away, and how the room breathes. */
import { expect, test } from "vitest";
import { createCutoff } from "../../src/core/time.ts";
import type { Cut } from "../../src/panel/cut.ts";
import { DEFAULT_KNOBS } from "../../src/panel/knobs.ts";
import { createLatencies } from "../../src/panel/latency.ts";
import { Gate, type Slot } from "../../src/panel/limits.ts";
import { createVirtualClock } from "../kit/clock.ts";
import { createSeededRandom } from "../kit/random.ts";
import { failure, orderOf, reply, settle, world } from "./fakes.ts";

const newGate = (most: number, queueFactor = 2) => {
  const clock = createVirtualClock();
  let shed = 0;
  const gate = new Gate({ clock, meter: { count: () => void shed++, observe: () => undefined } }, most, {
    ...DEFAULT_KNOBS,
    queueFactor,
  });
  const cutoff = createCutoff<Cut>();
  const ask = (by = 10_000, usualMs = 0) => {
    const state: { slot: Slot | null | undefined } = { slot: undefined };
    void gate.acquire({ by, usualMs, mostMs: usualMs, cutoff }).then((slot) => (state.slot = slot));
    return state;
  };
  return { clock, gate, cutoff, ask, shed: () => shed };
};

test("no more run than the limit, in the order in which they came", async () => {
  const { clock, gate, ask } = newGate(2);
  const states = [ask(), ask(), ask(), ask()];
  await clock.flush();
  expect([states.map(({ slot }) => slot !== undefined), gate.inFlight(), gate.queued()]).toEqual([[true, true, false, false], 2, 2]);
  states[0]?.slot?.release();
  states[0]?.slot?.release();
  await clock.flush();
  expect([states.map(({ slot }) => slot !== undefined), gate.inFlight()]).toEqual([[true, true, true, false], 2]);
});

test("a full queue turns the newcomer away at once, not those who waited", async () => {
  const { clock, gate, ask, shed } = newGate(1);
  const states = [ask(), ask(), ask(), ask()];
  await clock.flush();
  expect(states.map(({ slot }) => slot === null)).toEqual([false, false, false, true]);
  expect([shed(), gate.full(), gate.queued()]).toEqual([1, true, 2]);
});

test("in a full queue the one that can no longer make it goes first", async () => {
  const { clock, ask, shed } = newGate(1);
  const [, , doomed] = [ask(), ask(), ask(500)];
  await clock.advance(501);
  const late = ask();
  await clock.flush();
  expect([doomed?.slot, late.slot, shed()]).toEqual([null, undefined, 1]);
});

test("who cannot make it by the time it is served is turned away then", async () => {
  const { clock, ask } = newGate(1);
  const [running, doomed, fine] = [ask(), ask(1000, 300), ask()];
  await clock.advance(800);
  running?.slot?.release();
  await clock.flush();
  expect([doomed?.slot, fine?.slot === undefined]).toEqual([null, false]);
});

test("who could only make it without the queue ahead is turned away at the door", async () => {
  const { clock, ask } = newGate(1, 100);
  for (let n = 0; n < 5; n++) ask(10_000, 1000);
  const doomed = ask(3000, 1000);
  await clock.flush();
  expect(doomed.slot).toBeNull();
});

test("a cut frees every waiting place, and the places can be used again", async () => {
  const { clock, gate, cutoff, ask } = newGate(1);
  const [running, waiting] = [ask(), ask()];
  await clock.flush();
  cutoff.cut("late");
  await clock.flush();
  expect([waiting?.slot, gate.queued()]).toEqual([null, 0]);
  running?.slot?.release();
  await clock.flush();
  let next: Slot | null = null;
  void gate.acquire({ by: 10_000, usualMs: 0, mostMs: 0, cutoff: createCutoff() }).then((slot) => (next = slot));
  await clock.flush();
  expect([next, gate.inFlight()]).toEqual([expect.anything(), 1]);
});

test("thousands of cancelled waits leave nothing behind", async () => {
  const { clock, gate } = newGate(1);
  const first = gate.acquire({ by: 1e9, usualMs: 0, mostMs: 0, cutoff: createCutoff() });
  await clock.flush();
  for (let n = 0; n < 5000; n++) {
    const cutoff = createCutoff<Cut>();
    const waiting = gate.acquire({ by: 1e9, usualMs: 0, mostMs: 0, cutoff });
    cutoff.cut("cancelled");
    expect(await waiting).toBeNull();
  }
  (await first)?.release();
  await clock.flush();
  expect([gate.queued(), gate.inFlight()]).toEqual([0, 0]);
});

test("the room shrinks by a factor at most once a second, and grows by one per round of successes", async () => {
  const { clock, gate, ask } = newGate(10, 10);
  gate.ease();
  gate.ease();
  for (let n = 0; n < 20; n++) ask(1e9);
  await clock.flush();
  expect(gate.inFlight()).toBe(7);
  for (let n = 0; n < 8; n++) gate.gain();
  await clock.flush();
  expect(gate.inFlight()).toBe(8);
  await clock.advance(1000);
  for (let n = 0; n < 50; n++) {
    gate.ease();
    await clock.advance(1000);
  }
  for (let n = 0; n < 1000; n++) gate.gain();
  await clock.flush();
  expect(gate.inFlight()).toBe(10);
});

test("a provider's queue that is full costs its own seats and nobody else's", async () => {
  const { clock, add, panel, count } = world();
  const a = add("a", () => ({ ms: 1000 }), { maxConcurrency: 1 });
  add("b", () => ({ ms: 10 }));
  const asked = panel({ knobs: { queueFactor: 2 } });
  const { outcomes } = await settle(clock, asked.ask(orderOf(clock, ["a/m", "a/m", "a/m", "a/m", "b/m"])));
  expect(outcomes.map((outcome) => (outcome.status === "dropped" ? outcome.reason : "answered"))).toEqual([
    "answered",
    "answered",
    "answered",
    "overloaded",
    "answered",
  ]);
  expect(outcomes[3]).toMatchObject({ attempts: [], latency_ms: 0 });
  expect([a.mostOpen, count("shed", { where: "panel" }), clock.pending()]).toEqual([1, 1, 0]);
  expect(outcomes[4]).toMatchObject({ attempts: [{ started_ms: 0, ended_ms: 10 }] });
});

test("waiting counts against the deadline", async () => {
  const { clock, add, panel } = world();
  const a = add("a", () => ({ ms: 700 }), { maxConcurrency: 1 });
  const { outcomes } = await settle(clock, panel().ask(orderOf(clock, ["a/m", "a/m"], { panelBy: 500 })));
  expect(outcomes.map((outcome) => outcome.status === "dropped" && outcome.reason)).toEqual(["timeout", "overloaded"]);
  expect([a.seen.length, clock.now()]).toEqual([1, 500]);
});

test("a slot is free again at the abort, never before the call has ended", async () => {
  const { clock, add, panel } = world();
  const a = add("a", (n) => (n === 0 ? { hang: true } : { ms: 5 }), { maxConcurrency: 1 });
  const asked = panel();
  const first = asked.ask(orderOf(clock, ["a/m"], { panelBy: 300 }));
  const second = asked.ask(orderOf(clock, ["a/m"]));
  await settle(clock, Promise.all([first, second]));
  expect([a.mostOpen, a.seen.map(({ at }) => at)]).toEqual([1, [0, 300]]);
});

test("a member with its own concurrency has its own queue", async () => {
  const { clock, add, panel, facts } = world();
  const a = add("a", () => ({ ms: 10 }), { maxConcurrency: 1 });
  facts["a/wide"] = { maxConcurrency: 3 };
  await settle(clock, panel().ask(orderOf(clock, ["a/wide", "a/wide", "a/wide", "a/m"])));
  expect([a.mostOpen, clock.now()]).toEqual([4, 10]);
});

test("at ten times the capacity the seats that are asked still answer, and the rest are told at once", async () => {
  const { clock, add, panel } = world();
  const a = add("a", () => ({ ms: 100 }), { maxConcurrency: 4 });
  const asked = panel();
  for (let n = 0; n < 10; n++) await settle(clock, asked.ask(orderOf(clock, ["a/m"])));
  const begun = clock.now();
  const runs: Promise<{ outcome: string; took: number }>[] = [];
  for (let n = 0; n < 400; n++) {
    const startedAt = clock.now();
    const order = orderOf(clock, ["a/m"], { panelBy: startedAt + 1000 });
    runs.push(
      asked.ask(order).then(({ outcomes }) => {
        const [outcome] = outcomes;
        return { outcome: outcome?.status === "dropped" ? outcome.reason : "answered", took: clock.now() - startedAt };
      }),
    );
    await clock.advance(2.5);
  }
  const ends = await settle(clock, Promise.all(runs));
  const answered = ends.filter(({ outcome }) => outcome === "answered").length;
  const capacity = ((clock.now() - begun) / 100) * 4;
  expect(answered / capacity).toBeGreaterThan(0.9);
  expect(ends.filter(({ outcome, took }) => outcome === "overloaded" && took > 10).length / ends.length).toBeLessThan(0.02);
  expect(new Set(ends.map(({ outcome }) => outcome))).toEqual(new Set(["answered", "overloaded"]));
  expect(a.mostOpen).toBe(4);
});

test("429s and timeouts narrow the room of their provider", async () => {
  const { clock, add, panel } = world();
  const a = add("a", (n) => (n === 0 ? { result: failure("rate-limited", { status: 429 }) } : { ms: 100, result: reply("x") }), {
    maxConcurrency: 4,
  });
  const asked = panel();
  await settle(clock, asked.ask(orderOf(clock, ["a/m"])));
  await settle(clock, asked.ask(orderOf(clock, ["a/m", "a/m", "a/m", "a/m"])));
  expect(a.seen.filter(({ at }) => at === 1).length).toBe(2);
});

test("in a steady overload nobody waits for nothing: who is turned away hears it at once, and all places are used", async () => {
  const { clock, gate } = newGate(8, 16);
  const random = createSeededRandom(1);
  const latencies = createLatencies(clock, DEFAULT_KNOBS);
  const came = { good: 0, atDoor: 0, later: 0, tooLate: 0 };
  const call = async (): Promise<void> => {
    const at = clock.now();
    const known = latencies.known("m");
    const by = at + 2000;
    const slot = await gate.acquire({ by, usualMs: known?.p50 ?? 0, mostMs: known?.p95 ?? 0, cutoff: createCutoff() });
    if (slot === null) return void (came[clock.now() === at ? "atDoor" : "later"] += 1);
    const from = clock.now();
    await new Promise<void>((resolve) => clock.timer(100 + 200 * random.next(), resolve));
    slot.release();
    latencies.add("m", clock.now() - from);
    came[clock.now() <= by ? "good" : "tooLate"] += 1;
  };
  for (let n = 0; n < 8; n++) latencies.add("m", 120 + 20 * n);
  // ten times what 8 places of 200 ms can serve, for 10 s
  for (let n = 0; n < 4000; n++) {
    if (n % 4 === 0) await clock.advance(10);
    void call();
  }
  await clock.advance(3000);
  expect([came.later, came.tooLate, came.good >= 0.95 * 40 * 10, came.good + came.atDoor]).toEqual([0, 0, true, 4000]);
});

test("a cut frees the place of one who never hears of it, as when its request is gone from a Worker", async () => {
  const { clock, gate } = newGate(1);
  const gone = createCutoff<Cut>();
  const alive = createCutoff<Cut>();
  const need = { by: 10_000, usualMs: 0, mostMs: 0 };
  void gate.acquire({ ...need, cutoff: gone });
  // waits, is served, and is gone before it could take its place
  const both = [gate.acquire({ ...need, cutoff: gone }), gate.acquire({ ...need, cutoff: alive })];
  expect([gate.inFlight(), gate.queued()]).toEqual([1, 2]);
  gone.cut("cancelled");
  expect([gate.inFlight(), gate.queued()]).toEqual([1, 0]);
  const [first, second] = await Promise.all(both);
  expect([first, second]).toEqual([null, expect.anything()]);
  second?.release();
  second?.release();
  alive.cut("late");
  await clock.flush();
  expect([gate.inFlight(), gate.queued()]).toEqual([0, 0]);
});

test("a place is handed on within the tick in which it is free, so that no promise of one run stands between two others", async () => {
  const { gate } = newGate(1);
  const need = { by: 10_000, usualMs: 0, mostMs: 0 };
  const slot = await gate.acquire({ ...need, cutoff: createCutoff() });
  const next = gate.acquire({ ...need, cutoff: createCutoff() });
  slot?.release();
  expect([gate.inFlight(), gate.queued()]).toEqual([1, 0]);
  expect(await next).not.toBeNull();
});
