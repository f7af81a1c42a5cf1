/** The breaker against a model of its rules, and its effect on whole runs. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createSeededRandom } from "../kit/random.ts";
import type { Json } from "../../adjudicator/index.ts";
import { type CallSign, Breaker } from "../../src/panel/breaker.ts";
import { DEFAULT_KNOBS } from "../../src/panel/knobs.ts";
import { createVirtualClock } from "../kit/clock.ts";
import { failure, orderOf, reply, settle, world } from "./fakes.ts";

const FAULT: CallSign = { kind: "fault", retryAfterMs: null };
const SUCCESS: CallSign = { kind: "success" };
const newBreaker = () => {
  const clock = createVirtualClock();
  const moves: string[] = [];
  const meter = { count: (_: string, labels: Record<string, string>) => void moves.push(labels["to"] ?? "?"), observe: () => undefined };
  return { clock, moves, breaker: new Breaker({ clock, meter }, DEFAULT_KNOBS, () => undefined) };
};
const call = (breaker: ReturnType<typeof newBreaker>["breaker"], sign: CallSign, member = "a/m"): boolean => {
  const admission = breaker.enter(member, false);
  if (admission === null) return false;
  breaker.leave(member, admission, sign);
  return true;
};

test("five failures in a row open it, four do not", () => {
  const { breaker } = newBreaker();
  for (let n = 0; n < 4; n++) call(breaker, FAULT);
  call(breaker, SUCCESS);
  for (let n = 0; n < 4; n++) call(breaker, FAULT);
  expect(breaker.view("a/m").state).toBe("closed");
  call(breaker, FAULT);
  expect([breaker.view("a/m").state, breaker.blocked("a/m"), call(breaker, SUCCESS)]).toEqual(["open", true, false]);
});

test("a success average under 80 % opens it, but not before enough is known", () => {
  const { breaker } = newBreaker();
  const pattern = [FAULT, SUCCESS, SUCCESS];
  let calls = 0;
  while (breaker.view("a/m").state === "closed" && calls < 100) call(breaker, pattern[calls++ % 3] ?? SUCCESS);
  expect(calls).toBe(10);
});

test("one failure in ten keeps it closed for ever", () => {
  const { breaker } = newBreaker();
  for (let n = 0; n < 500; n++) call(breaker, n % 10 === 0 ? FAULT : SUCCESS);
  expect(breaker.view("a/m").state).toBe("closed");
});

test("aborts and failures of our own making never count", () => {
  const { breaker } = newBreaker();
  for (let n = 0; n < 50; n++) call(breaker, n % 2 ? { kind: "aborted" } : { kind: "other" });
  for (let n = 0; n < 4; n++) call(breaker, FAULT);
  expect(breaker.view("a/m").state).toBe("closed");
});

test("the wait doubles from 5 s to 300 s, and one probe that succeeds closes it", async () => {
  const { breaker, clock, moves } = newBreaker();
  call(breaker, { kind: "trip", retryAfterMs: null });
  const waits: number[] = [];
  for (let n = 0; n < 8; n++) {
    waits.push(breaker.view("a/m").until - clock.now());
    await clock.advance(breaker.view("a/m").until - clock.now());
    expect(call(breaker, FAULT)).toBe(true);
  }
  expect(waits).toEqual([5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
  await clock.advance(300_000);
  call(breaker, SUCCESS);
  expect([breaker.view("a/m").state, moves.slice(0, 3), moves.slice(-2)]).toEqual([
    "closed",
    ["open", "half-open", "open"],
    ["half-open", "closed"],
  ]);
  call(breaker, { kind: "trip", retryAfterMs: null });
  expect(breaker.view("a/m").until - clock.now()).toBe(5000);
});

test("half-open lets one call through, whose abort decides nothing", async () => {
  const { breaker, clock } = newBreaker();
  call(breaker, { kind: "trip", retryAfterMs: null });
  await clock.advance(5000);
  const probe = breaker.enter("a/m", false);
  expect([probe, breaker.enter("a/m", false), breaker.blocked("a/m")]).toEqual(["probe", null, true]);
  breaker.leave("a/m", "probe", { kind: "aborted" });
  expect([breaker.view("a/m").state, breaker.enter("a/m", false)]).toEqual(["half-open", "probe"]);
});

test("a provider's Retry-After opens it for exactly that long, up to the cap, and doubles nothing", async () => {
  const { breaker, clock } = newBreaker();
  call(breaker, { kind: "throttled", retryAfterMs: 1500 });
  expect(breaker.view("a/m").until).toBe(1500);
  await clock.advance(1500);
  call(breaker, { kind: "throttled", retryAfterMs: 1e12 });
  expect(breaker.view("a/m").until - clock.now()).toBe(300_000);
  await clock.advance(300_000);
  call(breaker, FAULT);
  expect(breaker.view("a/m").until - clock.now()).toBe(5000);
});

test("a forced call that fails changes nothing, one that succeeds closes it", () => {
  const { breaker, moves } = newBreaker();
  call(breaker, { kind: "trip", retryAfterMs: null });
  expect(breaker.enter("a/m", true)).toBe("forced");
  breaker.leave("a/m", "forced", FAULT);
  expect(breaker.view("a/m")).toMatchObject({ state: "open", until: 5000 });
  breaker.leave("a/m", "forced", SUCCESS);
  expect(moves).toEqual(["open", "half-open", "closed"]);
});

test("members do not share a circuit, not even on one provider", () => {
  const { breaker } = newBreaker();
  call(breaker, { kind: "trip", retryAfterMs: null }, "a/one");
  expect([breaker.blocked("a/one"), breaker.blocked("a/two")]).toEqual([true, false]);
});

test("whatever happens, moves are legal, open means no call and half-open at most one", async () => {
  const sign = fc.constantFrom<CallSign>(
    SUCCESS,
    FAULT,
    { kind: "other" },
    { kind: "aborted" },
    { kind: "trip", retryAfterMs: null },
    { kind: "throttled", retryAfterMs: 3000 },
    { kind: "throttled", retryAfterMs: null },
  );
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constant({ do: "enter" as const }) },
    { weight: 4, arbitrary: sign.map((value) => ({ do: "leave" as const, sign: value })) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 20_000 }).map((ms) => ({ do: "wait" as const, ms })) },
  );
  const legal = new Set(["closed>open", "open>half-open", "half-open>open", "half-open>closed"]);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
      const { breaker, clock, moves } = newBreaker();
      const out: ("closed" | "probe" | "forced")[] = [];
      for (const entry of steps) {
        const { state, until } = breaker.view("a/m");
        if (entry.do === "wait") await clock.advance(entry.ms);
        else if (entry.do === "leave") {
          const admission = out.shift();
          if (admission !== undefined) breaker.leave("a/m", admission, entry.sign);
        } else {
          const admission = breaker.enter("a/m", false);
          const due = state === "closed" || (state === "open" && clock.now() >= until) || (state === "half-open" && !out.includes("probe"));
          expect(admission !== null).toBe(due);
          if (admission !== null) out.push(admission);
        }
        expect(out.filter((admission) => admission === "probe").length).toBeLessThanOrEqual(1);
      }
      const path = ["closed", ...moves];
      for (let n = 1; n < path.length; n++) expect(legal).toContain(`${path[n - 1]}>${path[n]}`);
    }),
    { numRuns: 200, seed: 7 },
  );
});

test("after five refused runs the sixth drops the seat as circuit-open, without a call", async () => {
  const { clock, add, panel, count } = world();
  const a = add("a", () => ({ ms: 1, result: failure("unavailable") }));
  add("b", () => ({ ms: 5 }));
  const asked = panel();
  for (let n = 0; n < 5; n++) await settle(clock, asked.ask(orderOf(clock, ["a/m", "b/m"])));
  const { outcomes } = await settle(clock, asked.ask(orderOf(clock, ["a/m", "b/m"])));
  expect(outcomes[0]).toMatchObject({ reason: "circuit-open", attempts: [], cost_usd: 0 });
  expect([a.seen.length, count("breaker", { member: "a/m", to: "open" }), clock.pending()]).toEqual([5, 1, 0]);
  expect(asked.status(["a/m"])[0]).toMatchObject({
    breaker: { state: "open", retry_at: expect.any(String) },
    last_error: { reason: "unavailable" },
  });
});

test("a wrong key opens it at once; a refused parameter never does", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ result: failure("unauthorized", { status: 401, trips: true }) }));
  add("b", () => ({ result: failure("misconfigured", { status: 400 }) }));
  const asked = panel();
  for (let n = 0; n < 7; n++) await settle(clock, asked.ask(orderOf(clock, ["a/m", "b/m"])));
  expect(asked.status(["a/m", "b/m"]).map(({ breaker }) => breaker.state)).toEqual(["open", "closed"]);
});

test("with every breaker open the seats are asked one after another, as they are due, each at most once", async () => {
  const { clock, add, panel } = world();
  const a = add("a", () => ({ ms: 1, result: failure("unavailable", { trips: true }) }));
  const b = add("b", () => ({ ms: 1, result: failure("unavailable", { trips: true }) }));
  const asked = panel();
  await settle(clock, asked.ask(orderOf(clock, ["a/m", "b/m"])));
  const { outcomes } = await settle(clock, asked.ask(orderOf(clock, ["a/m", "b/m"])));
  expect(outcomes.map((outcome) => outcome.status === "dropped" && outcome.reason)).toEqual(["unavailable", "unavailable"]);
  expect([a.seen.length, b.seen.length]).toEqual([2, 2]);
  expect(b.seen[1]?.at).toBeGreaterThanOrEqual(a.seen[1]?.endedAt ?? Infinity);
});

test("with every breaker open the first that answers ends it: the rest stay circuit-open", async () => {
  const { clock, add, panel } = world();
  let dead = true;
  add("a", () => ({ ms: 1, result: dead ? failure("unavailable", { trips: true }) : reply("back") }));
  const b = add("b", () => ({ ms: 1, result: failure("unavailable", { trips: true }) }));
  const asked = panel();
  await settle(clock, asked.ask(orderOf(clock, ["a/m", "b/m"])));
  dead = false;
  const { outcomes } = await settle(clock, asked.ask(orderOf(clock, ["a/m", "b/m"])));
  expect(outcomes).toMatchObject([{ status: "answered" }, { reason: "circuit-open", attempts: [] }]);
  expect(b.seen.length).toBe(1);
});

test("five members that fail three times in ten answer nearly every run, though their breakers open", async () => {
  const { clock, add, panel } = world();
  const random = createSeededRandom(7);
  const members = ["a", "b", "c", "d", "e"];
  for (const name of members) {
    const fails = (): boolean => random.next() < 0.3;
    add(name, () => ({ ms: 5, result: fails() ? failure("unavailable", { again: "never" }) : reply("yes") }));
  }
  const asked = panel();
  const runs = 2000;
  let answered = 0;
  for (let run = 0; run < runs; run += 1) {
    const order = orderOf(
      clock,
      members.map((name) => `${name}/m`),
    );
    const { outcomes } = await settle(clock, asked.ask(order));
    if (outcomes.some(({ status }) => status === "answered")) answered += 1;
  }
  expect(answered / runs).toBeGreaterThanOrEqual(0.997);
});

test("a seat behind an open breaker is asked when all the others have failed", async () => {
  const { clock, add, panel } = world();
  let dead = true;
  const a = add("a", () => ({ ms: 1, result: dead ? failure("unavailable", { trips: true }) : reply("back") }));
  add("b", () => ({ ms: 30, result: failure("refused") }));
  const asked = panel();
  await settle(clock, asked.ask(orderOf(clock, ["a/m"])));
  dead = false;
  const { outcomes } = await settle(clock, asked.ask(orderOf(clock, ["a/m", "b/m"])));
  expect(outcomes).toMatchObject([{ status: "answered", text: "back", attempts: [{ started_ms: 30 }] }, { reason: "refused" }]);
  expect([a.seen.length, asked.status(["a/m"])[0]?.breaker.state]).toEqual([2, "closed"]);
});

test("samples that were told to wait come back together: one probes, the others wait for what it finds", async () => {
  const { clock, add, panel } = world();
  const limited = failure("rate-limited", { again: "once", status: 429, retryAfterMs: 1000 });
  const a = add("a", (n) => ({ ms: 20, result: n < 3 ? limited : reply("yes") }));
  const { outcomes } = await settle(clock, panel().ask(orderOf(clock, ["a/m", "a/m", "a/m"])));
  expect(outcomes.map(({ status }) => status)).toEqual(["answered", "answered", "answered"]);
  expect([a.seen.slice(3).map(({ at }) => at), clock.pending()]).toEqual([[1020, 1040, 1040], 0]);
});

test("whoever gets the place of a call that was told to wait knows that it was", async () => {
  const { clock, add, panel } = world();
  const limited = failure("rate-limited", { again: "once", status: 429, retryAfterMs: 1000 });
  const a = add("a", (n) => ({ ms: 20, result: n === 0 ? limited : reply("yes") }), { maxConcurrency: 1 });
  await settle(clock, panel().ask(orderOf(clock, ["a/m", "a/m"])));
  expect(a.seen.map(({ at }) => at)).toEqual([0, 1020]);
});

test("when that probe fails, or the run ends first, they drop with what they had", async () => {
  const { clock, add, panel } = world();
  const limited = failure("rate-limited", { again: "once", status: 429, retryAfterMs: 1000 });
  const a = add("a", (n) => (n % 4 < 3 ? { ms: 20, result: limited } : { hang: true }), { timeoutMs: 500 });
  const asked = panel();
  const failed = await settle(clock, asked.ask(orderOf(clock, ["a/m", "a/m", "a/m"])));
  expect(failed.outcomes.map((outcome) => outcome.status === "dropped" && outcome.reason)).toEqual([
    "timeout",
    "rate-limited",
    "rate-limited",
  ]);
  await clock.advance(60_000);
  a.script = (n) => (n < 5 ? { ms: 20 } : n < 8 ? { ms: 20, result: limited } : { hang: true });
  await settle(clock, asked.ask(orderOf(clock, ["a/m"])));
  const cut = await settle(clock, asked.ask(orderOf(clock, ["a/m", "a/m", "a/m"], { panelBy: clock.now() + 1200 })));
  expect(cut.outcomes.map((outcome) => outcome.status === "dropped" && outcome.reason)).toEqual(["timeout", "timeout", "timeout"]);
  expect(clock.pending()).toBe(0);
});

test("a client that gave too little time does not open the circuit; one that gave enough does", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ hang: true }));
  const asked = panel();
  for (let n = 0; n < 8; n++) await settle(clock, asked.ask(orderOf(clock, ["a/m"], { panelBy: clock.now() + 900 })));
  expect(asked.status(["a/m"])[0]?.breaker.state).toBe("closed");
  for (let n = 0; n < 5; n++) await settle(clock, asked.ask(orderOf(clock, ["a/m"], { panelBy: clock.now() + 1100 })));
  expect(asked.status(["a/m"])[0]?.breaker.state).toBe("open");
});

test("an open circuit survives a restart, whatever the wall clock did", async () => {
  const { clock, add, panel } = world();
  const a = add("a", () => ({ ms: 1, result: failure("unauthorized", { trips: true }) }));
  add("b", () => ({ ms: 1 }));
  let stored: Json = null;
  const memory = { recall: () => Promise.resolve(stored), remember: (_: string, value: Json) => Promise.resolve(void (stored = value)) };
  await settle(clock, panel({ memory }).ask(orderOf(clock, ["a/m", "b/m"])));
  expect(stored).toEqual({ "a/m": [1, expect.any(Number)] });
  clock.jumpWall(-10 * 365 * 86_400_000);
  const restarted = panel({ memory });
  await clock.flush();
  const { outcomes } = await settle(clock, restarted.ask(orderOf(clock, ["a/m", "b/m"])));
  expect([outcomes[0], a.seen.length]).toMatchObject([{ reason: "circuit-open" }, 1]);
  await clock.advance(300_000);
  await settle(clock, restarted.ask(orderOf(clock, ["a/m", "b/m"])));
  expect(a.seen.length).toBe(2);
});

test("a memory that fails or holds nonsense changes nothing", async () => {
  const { clock, add, panel, logged } = world();
  add("a", () => ({ ms: 1, result: failure("unauthorized", { trips: true }) }));
  const broken = { recall: () => Promise.reject(new Error("x")), remember: () => Promise.reject(new Error("x")) };
  const { outcomes } = await settle(clock, panel({ memory: broken }).ask(orderOf(clock, ["a/m"])));
  expect([outcomes[0], logged.filter((event) => event === "breaker-memory-failed").length]).toMatchObject([{ reason: "unauthorized" }, 2]);
  for (const nonsense of [[1], "x", { "a/m": "x" }, { "a/m": [1, "x"] }] as Json[]) {
    const asked = panel({ memory: { recall: () => Promise.resolve(nonsense), remember: () => Promise.resolve() } });
    await clock.flush();
    expect(asked.status(["a/m"])[0]?.breaker.state).toBe("closed");
  }
});

test("a seat whose own failure opened the circuit does not wait for a retry that cannot come", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ ms: 1, result: failure("unavailable", { again: "twice", status: 503 }) }));
  const asked = panel();
  await settle(clock, asked.ask(orderOf(clock, ["a/m"])));
  const order = orderOf(clock, ["a/m"]);
  const { outcomes } = await settle(clock, asked.ask(order));
  expect(outcomes[0]).toMatchObject({ reason: "unavailable", attempts: [{}, {}] });
  const last = outcomes[0]?.status === "dropped" ? outcomes[0].attempts.at(-1) : undefined;
  expect(Math.round(clock.now() - order.startedAt)).toBe(last?.ended_ms);
});

test("who is refused hears it at once, however long the queue", async () => {
  const { clock, add, panel } = world();
  const a = add("a", (_, { model }) => (model === "m" ? { ms: 1, result: failure("unauthorized", { trips: true }) } : { ms: 5000 }), {
    maxConcurrency: 1,
  });
  add("b", () => ({ ms: 10 }));
  const asked = panel();
  await settle(clock, asked.ask(orderOf(clock, ["a/m"])));
  const { outcomes } = await settle(
    clock,
    asked.ask(orderOf(clock, ["a/busy", "a/m", "b/m"], { settle: (seen) => (seen.length === 2 ? "stop" : "wait") })),
  );
  expect(outcomes).toMatchObject([{ reason: "late" }, { reason: "circuit-open", latency_ms: 10 }, { status: "answered" }]);
  expect(a.seen.length).toBe(2);
});

test("a seat that waited for its last chance until the deadline says circuit-open, until a cancel says cancelled", async () => {
  const { clock, add, panel, count } = world();
  add("a", () => ({ ms: 1, result: failure("unauthorized", { trips: true }) }));
  add("b", () => ({ hang: true }));
  const asked = panel();
  await settle(clock, asked.ask(orderOf(clock, ["a/m"])));
  const struck = await settle(clock, asked.ask(orderOf(clock, ["a/m", "b/m"], { panelBy: clock.now() + 500 })));
  const order = orderOf(clock, ["a/m", "b/m"]);
  const left = asked.ask(order);
  await clock.advance(100);
  order.controller.abort("cancelled");
  const cancelled = await settle(clock, left);
  expect([struck, cancelled].map(({ outcomes }) => outcomes.map((outcome) => outcome.status === "dropped" && outcome.reason))).toEqual([
    ["circuit-open", "timeout"],
    ["cancelled", "cancelled"],
  ]);
  expect([count("shed"), clock.pending()]).toEqual([0, 0]);
});

test("moves that come during a slow write are written after it, and the last state stands", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ ms: 1, result: failure("unauthorized", { trips: true }) }));
  const written: Json[] = [];
  let writing = 0;
  const remember = (_: string, value: Json): Promise<void> =>
    new Promise((resolve) => {
      writing += 1;
      expect(writing).toBe(1);
      clock.timer(1000, () => {
        writing -= 1;
        written.push(value);
        resolve();
      });
    });
  const asked = panel({ memory: { recall: () => Promise.resolve(null), remember } });
  await settle(clock, asked.ask(orderOf(clock, ["a/one", "a/two", "a/three"])));
  await clock.runAll();
  expect(written.map((value) => Object.keys(value ?? {}))).toEqual([["a/one"], ["a/one", "a/two", "a/three"]]);
});
