/** The panel asked as a whole: one outcome per seat, the end of the wait, and what is left behind. */
import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { failure, orderOf, reply, seatOf, settle, world } from "./fakes.ts";

test("every seat answers, in seat order, with its times and its cost", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ ms: 300, result: reply("one") }));
  add("b", () => ({ ms: 100, result: reply("two") }));
  const order = orderOf(clock, ["a/m", "b/m"]);
  const { outcomes, ledger } = await settle(clock, panel().ask(order));
  expect(outcomes.map(({ seat, status }) => [seat, status])).toEqual([
    [1, "answered"],
    [2, "answered"],
  ]);
  expect(order.arrived.map(({ member }) => member)).toEqual(["b/m", "a/m"]);
  expect(outcomes[0]).toMatchObject({ text: "one", latency_ms: 300, attempts: [{ started_ms: 0, ended_ms: 300, result: "answered" }] });
  expect(outcomes[0]).toMatchObject({ cost_usd: (10 * 1 + 5 * 2) / 1e6, flags: [], hedged_by: null, context_fit: null });
  expect(ledger).toEqual({ calls: 2, retries: 0 });
  expect(clock.pending()).toBe(0);
});

test("a silent provider ends at its first-byte limit as a timeout, and is aborted", async () => {
  const { clock, add, panel, count } = world();
  const a = add("a", () => ({ hang: true }));
  const { outcomes, ledger } = await settle(clock, panel().ask(orderOf(clock, ["a/m"])));
  expect(outcomes[0]).toMatchObject({
    status: "dropped",
    reason: "timeout",
    detail: "no first byte within 10000 ms",
    attempts: [{ started_ms: 0, ended_ms: 10_000, result: "timeout" }],
    cost_usd: null,
  });
  expect(a.seen[0]).toMatchObject({ aborted: "timeout", endedAt: 10_000 });
  expect([ledger.calls, count("attempts", { provider: "a", result: "timeout" }), clock.pending()]).toEqual([1, 1, 0]);
});

test("stop ends the wait within the same tick, and the rest are late", async () => {
  const { clock, add, panel, count } = world();
  add("a", () => ({ ms: 100 }));
  const b = add("b", () => ({ hang: true }));
  const order = orderOf(clock, ["a/m", "b/m"], { settle: () => "stop" });
  const { outcomes } = await settle(clock, panel().ask(order));
  expect(outcomes[1]).toMatchObject({ status: "dropped", reason: "late", attempts: [{ started_ms: 0, ended_ms: 100, result: "late" }] });
  expect(b.seen[0]).toMatchObject({ aborted: "late", endedAt: 100 });
  expect(order.arrived.map(({ status }) => status)).toEqual(["answered", "dropped"]);
  expect([count("aborted", { by: "late" }), clock.now(), clock.pending()]).toEqual([1, 100, 0]);
});

test("grace starts once and is not prolonged by later outcomes", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ ms: 100 }));
  add("b", () => ({ ms: 800 }));
  add("c", () => ({ hang: true }));
  const order = orderOf(clock, ["a/m", "b/m", "c/m"], { settle: () => "grace", graceMs: 1000 });
  const { outcomes } = await settle(clock, panel().ask(order));
  expect(outcomes.map((outcome) => (outcome.status === "dropped" ? outcome.reason : outcome.status))).toEqual([
    "answered",
    "answered",
    "late",
  ]);
  expect([clock.now(), clock.pending()]).toEqual([1100, 0]);
});

test("grace leaves no timer when all have ended before it", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ ms: 100 }));
  add("b", () => ({ ms: 200 }));
  add("c", () => ({ ms: 300 }));
  await settle(clock, panel().ask(orderOf(clock, ["a/m", "b/m", "c/m"], { settle: () => "grace" })));
  expect([clock.now(), clock.pending()]).toEqual([300, 0]);
});

test("the deadline makes a timeout of every seat that is out, in every phase", async () => {
  const { clock, add, panel, count } = world();
  add("a", () => ({ hang: true }));
  add("b", () => ({ hang: true, headersMs: 10 }));
  add("c", () => ({ ms: 5, result: failure("unavailable", { again: "twice", status: 503, retryAfterMs: 150 }) }));
  const order = orderOf(clock, ["a/m", "b/m", "c/m"], { panelBy: 200 });
  const { outcomes } = await settle(clock, panel().ask(order));
  expect(outcomes.map((outcome) => outcome.status === "dropped" && outcome.reason)).toEqual(["timeout", "timeout", "unavailable"]);
  expect([clock.now(), clock.pending(), count("aborted", { by: "deadline" })]).toEqual([200, 0, 2]);
});

test("a client that leaves cancels calls, backoff sleeps and queue waits alike", async () => {
  const { clock, add, panel } = world();
  const a = add("a", () => ({ hang: true }));
  const b = add("b", () => ({ ms: 5, result: failure("unavailable", { again: "twice", status: 503, retryAfterMs: 5000 }) }));
  const c = add("c", () => ({ hang: true }), { maxConcurrency: 1 });
  const order = orderOf(clock, ["a/m", "b/m", "c/m", "c/m"]);
  const asked = panel().ask(order);
  await clock.advance(50);
  order.controller.abort("cancelled");
  const { outcomes } = await settle(clock, asked);
  expect(outcomes.map((outcome) => outcome.status === "dropped" && outcome.reason)).toEqual([
    "cancelled",
    "cancelled",
    "cancelled",
    "cancelled",
  ]);
  expect([a.seen[0]?.endedAt, b.seen.length, c.seen.length]).toEqual([50, 1, 1]);
  expect([clock.now(), clock.pending()]).toEqual([50, 0]);
});

test("a signal that was aborted before the start asks nobody", async () => {
  const { clock, add, panel } = world();
  const a = add("a", () => ({ ms: 1 }));
  const order = orderOf(clock, ["a/m"]);
  order.controller.abort("cancelled");
  const { outcomes } = await settle(clock, panel().ask(order));
  expect([outcomes[0], a.seen.length]).toMatchObject([{ reason: "cancelled", attempts: [] }, 0]);
});

test("a seat that the plan dropped, or whose provider is unknown, has its outcome without a call", async () => {
  const { clock, add, panel, count } = world();
  add("a", () => ({ ms: 1 }));
  const dropped = seatOf("a/m", 2, { dropped: { reason: "privacy-excluded", detail: "remote" } });
  const { outcomes, ledger } = await settle(clock, panel().ask(orderOf(clock, ["x/m", dropped, "a/m"])));
  expect(outcomes).toMatchObject([
    { reason: "misconfigured", attempts: [], cost_usd: 0 },
    { reason: "privacy-excluded", attempts: [], cost_usd: 0 },
    { status: "answered" },
  ]);
  expect([ledger.calls, count("egress_refused", { why: "privacy" })]).toEqual([1, 1]);
});

test("an adapter that throws costs its own seat and nothing else", async () => {
  const { clock, add, panel, logged } = world();
  add("a", () => ({ throws: new TypeError("boom secret") }));
  add("b", () => ({ ms: 1 }));
  const { outcomes } = await settle(clock, panel().ask(orderOf(clock, ["a/m", "b/m"])));
  expect(outcomes).toMatchObject([{ reason: "bad-response", detail: "the reply could not be read" }, { status: "answered" }]);
  expect(logged).toContain("provider-threw");
});

test("answer text of a single seat goes out as it comes", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({
    ms: 50,
    deltas: [
      [10, "for"],
      [20, "ty"],
    ],
    result: reply("forty"),
  }));
  const heard: [number, string][] = [];
  await settle(clock, panel().ask(orderOf(clock, ["a/m"], { onDelta: (seat, text) => heard.push([seat, text]) })));
  expect(heard).toEqual([
    [1, "for"],
    [1, "ty"],
  ]);
});

test("no listener is left on the signal of a run or of a single call", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ ms: 5 }));
  const order = orderOf(clock, ["a/m"]);
  const { passage, purse, signal, messages } = order;
  const asked = panel();
  for (let n = 0; n < 3; n++) {
    await settle(clock, asked.ask(order));
    await settle(clock, asked.askOne({ member: "a/m", messages, sampling: {}, schema: null, passage, by: 60_000, signal, purse }));
  }
  expect(getEventListeners(signal, "abort")).toEqual([]);
});
