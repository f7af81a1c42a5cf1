/** The chain: who is asked, in which order, and how little of our own time it takes in an outage. */
import { expect, test } from "vitest";
import { failure, orderOf, reply, seatOf, settle, world } from "./fakes.ts";

const chain = ["a/m", "b/m", seatOf("home/m", 3, { local: true })];

test("the first usable answer ends the chain, and nobody after it is asked", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ ms: 5, result: failure("refused") }));
  add("b", () => ({ ms: 5, result: reply("yes") }));
  const home = add("home", () => ({ ms: 5 }), { local: true });
  const order = orderOf(clock, chain, { inTurn: true });
  const { outcomes } = await settle(clock, panel().ask(order));
  expect(outcomes.map(({ status }) => status)).toEqual(["dropped", "answered", "not-asked"]);
  expect([home.seen.length, order.arrived.length, clock.pending()]).toEqual([0, 3, 0]);
});

test("one at a time: the next starts when the one before it has ended, retries included", async () => {
  const { clock, add, panel } = world();
  const a = add("a", () => ({ ms: 5, result: failure("unavailable", { again: "twice", status: 503 }) }));
  const b = add("b", () => ({ ms: 5 }));
  await settle(clock, panel().ask(orderOf(clock, ["a/m", "b/m"], { inTurn: true })));
  expect([a.seen.length, (b.seen[0]?.at ?? 0) >= (a.seen[2]?.endedAt ?? Infinity)]).toEqual([3, true]);
});

test("on the very first request of an outage the local model starts within one attempt limit", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ hang: true }), { timeoutMs: 1000 });
  const home = add("home", () => ({ ms: 50 }), { local: true });
  const { outcomes } = await settle(clock, panel().ask(orderOf(clock, ["a/m", "home/m"], { inTurn: true })));
  expect([outcomes[1]?.status, home.seen[0]?.at]).toEqual(["answered", 1000]);
});

test("two silent links share one attempt limit, and then the local model starts", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ hang: true }), { timeoutMs: 1000 });
  const b = add("b", () => ({ hang: true }), { timeoutMs: 1000 });
  const home = add("home", () => ({ ms: 50 }), { local: true });
  const { outcomes } = await settle(clock, panel().ask(orderOf(clock, chain, { inTurn: true })));
  expect(outcomes).toMatchObject([
    { reason: "timeout", detail: "no first byte within 1000 ms", attempts: [{ started_ms: 0, ended_ms: 1000, result: "timeout" }] },
    { reason: "timeout", detail: expect.stringContaining("the chain went on"), attempts: [{ started_ms: 500, ended_ms: 1050 }] },
    { status: "answered" },
  ]);
  expect([b.seen[0]?.at, home.seen[0]?.at, clock.now(), clock.pending()]).toEqual([500, 1000, 1050, 0]);
});

test("a link that is slow but well answers, though the next one was already asked; that one is late", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ ms: 700, result: reply("slow") }), { timeoutMs: 1000 });
  const b = add("b", () => ({ ms: 400 }), { timeoutMs: 1000 });
  const home = add("home", () => ({ ms: 50 }), { local: true });
  const order = orderOf(clock, chain, { inTurn: true });
  const { outcomes } = await settle(clock, panel().ask(order));
  expect(outcomes).toMatchObject([{ status: "answered", text: "slow" }, { reason: "late" }, { status: "not-asked" }]);
  expect([b.seen.length, home.seen.length, order.arrived.length, clock.now(), clock.pending()]).toEqual([1, 0, 3, 700, 0]);
});

test("a link that is as slow as usual is not overtaken", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ ms: 700 }), { timeoutMs: 1000 });
  const b = add("b", () => ({ ms: 5 }), { timeoutMs: 1000 });
  add("home", () => ({ ms: 50 }), { local: true });
  const asked = panel();
  for (let n = 0; n < 8; n++) await settle(clock, asked.ask(orderOf(clock, ["a/m"])));
  const { outcomes } = await settle(clock, asked.ask(orderOf(clock, chain, { inTurn: true })));
  expect(outcomes.map(({ status }) => status)).toEqual(["answered", "not-asked", "not-asked"]);
  expect(b.seen.length).toBe(0);
});

test("what a link that failed at once did not use of the limit is there for the next", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ ms: 5, result: failure("unavailable") }), { timeoutMs: 1000 });
  add("b", () => ({ ms: 900 }), { timeoutMs: 1000 });
  const home = add("home", () => ({ ms: 50 }), { local: true });
  const { outcomes } = await settle(clock, panel().ask(orderOf(clock, chain, { inTurn: true })));
  expect(outcomes.map(({ status }) => status)).toEqual(["dropped", "answered", "not-asked"]);
  expect(home.seen.length).toBe(0);
});

test("a link that was overtaken still has its limit when the next one fails at once, so that its circuit learns of it", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ hang: true }), { timeoutMs: 1000 });
  const b = add("b", () => ({ ms: 5, result: failure("unavailable") }), { timeoutMs: 1000 });
  const home = add("home", () => ({ ms: 50 }), { local: true });
  const { outcomes } = await settle(clock, panel().ask(orderOf(clock, chain, { inTurn: true })));
  expect(outcomes).toMatchObject([{ detail: "no first byte within 1000 ms" }, { reason: "unavailable" }, { status: "answered" }]);
  expect([b.seen[0]?.at, home.seen[0]?.at]).toEqual([500, 1000]);
});

test("an overtaken link still answers when those after it fail", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ hang: true }), { timeoutMs: 1000 });
  add("b", () => ({ ms: 900, result: reply("slow") }), { timeoutMs: 1000 });
  const home = add("home", () => ({ ms: 5, result: failure("unavailable") }), { local: true });
  const { outcomes } = await settle(clock, panel().ask(orderOf(clock, chain, { inTurn: true })));
  expect(outcomes).toMatchObject([{ reason: "timeout" }, { status: "answered", text: "slow" }, { reason: "unavailable" }]);
  expect([home.seen[0]?.at, clock.now(), clock.pending()]).toEqual([1000, 1400, 0]);
});

test("two silent links are both known to be out in the end, and until then the local model never waits for more than the limit", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ hang: true }), { timeoutMs: 1000 });
  add("b", () => ({ hang: true }), { timeoutMs: 1000 });
  const home = add("home", () => ({ ms: 50 }), { local: true });
  const asked = panel();
  const delays: number[] = [];
  for (let n = 0; n < 15; n++) {
    const at = clock.now();
    await settle(clock, asked.ask(orderOf(clock, chain, { inTurn: true })));
    delays.push((home.seen.at(-1)?.at ?? Infinity) - at);
  }
  expect([Math.max(...delays), delays.at(-1)]).toEqual([1000, 0]);
});

test("with no local model behind them, links keep their whole limits and are never out together", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ hang: true }), { timeoutMs: 1000 });
  const b = add("b", () => ({ hang: true }), { timeoutMs: 1000 });
  const c = add("c", () => ({ ms: 5 }), { timeoutMs: 1000 });
  await settle(clock, panel().ask(orderOf(clock, ["a/m", "b/m", "c/m"], { inTurn: true })));
  expect([b.seen[0]?.at, c.seen[0]?.at]).toEqual([1000, 2000]);
});

test("a chain that is cancelled leaves no link out", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ hang: true }), { timeoutMs: 1000 });
  add("b", () => ({ hang: true }), { timeoutMs: 1000 });
  add("home", () => ({ ms: 50 }), { local: true });
  const order = orderOf(clock, chain, { inTurn: true });
  clock.timer(700, () => order.controller.abort("cancelled"));
  const { outcomes } = await settle(clock, panel().ask(order));
  expect(outcomes).toMatchObject([{ reason: "cancelled" }, { reason: "cancelled" }, { reason: "cancelled", attempts: [] }]);
  expect([clock.now(), clock.pending()]).toEqual([700, 0]);
});

test("a silent first link leaves time for those behind it", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ hang: true }), { local: true, timeoutMs: 120_000 });
  const b = add("b", () => ({ hang: true }), { timeoutMs: 10_000 });
  const home = add("home", () => ({ ms: 50 }));
  const order = orderOf(clock, chain, { inTurn: true });
  const { outcomes } = await settle(clock, panel().ask({ ...order, panelBy: clock.now() + 3000 }));
  expect(outcomes).toMatchObject([{ reason: "timeout" }, { reason: "timeout" }, { status: "answered" }]);
  expect([b.seen[0]?.at, home.seen[0]?.at, clock.pending()]).toEqual([1000, 2000, 0]);
});

test("a slow local first link keeps all the time that the clouds behind it cannot need", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ ms: 35_000 }), { local: true, timeoutMs: 120_000 });
  add("b", () => ({ ms: 5 }));
  add("home", () => ({ ms: 5 }));
  const order = orderOf(clock, chain, { inTurn: true });
  const { outcomes } = await settle(clock, panel().ask({ ...order, panelBy: clock.now() + 60_000 }));
  expect(outcomes.map(({ status }) => status)).toEqual(["answered", "not-asked", "not-asked"]);
});

test("in a steady outage the local model starts at once, run after run", async () => {
  const { clock, add, panel } = world();
  const a = add("a", () => ({ hang: true }), { timeoutMs: 1000 });
  const b = add("b", () => ({ ms: 3, result: failure("unavailable") }));
  const home = add("home", () => ({ ms: 50 }), { local: true });
  const asked = panel();
  for (let n = 0; n < 5; n++) await settle(clock, asked.ask(orderOf(clock, chain, { inTurn: true })));
  const before = home.seen.length;
  for (let n = 0; n < 20; n++) {
    const at = clock.now();
    const { outcomes } = await settle(clock, asked.ask(orderOf(clock, chain, { inTurn: true })));
    expect(outcomes).toMatchObject([{ reason: "circuit-open" }, { reason: "circuit-open" }, { status: "answered" }]);
    expect((home.seen.at(-1)?.at ?? 0) - at).toBeLessThanOrEqual(50);
  }
  expect([home.seen.length - before, a.seen.length, b.seen.length]).toEqual([20, 5, 5]);
});

test("when nobody else answers, the member that is due first is asked after all", async () => {
  const { clock, add, panel } = world();
  let dead = true;
  const a = add("a", () => ({ ms: 1, result: dead ? failure("unavailable", { trips: true }) : reply("back") }));
  const b = add("b", () => ({ ms: 1, result: failure("unavailable", { trips: true, retryAfterMs: 60_000 }) }));
  const asked = panel();
  await settle(clock, asked.ask(orderOf(clock, ["b/m", "a/m"], { inTurn: true })));
  dead = false;
  const { outcomes } = await settle(clock, asked.ask(orderOf(clock, ["b/m", "a/m"], { inTurn: true })));
  expect(outcomes).toMatchObject([
    { reason: "circuit-open", attempts: [] },
    { status: "answered", text: "back" },
  ]);
  expect([a.seen.length, b.seen.length]).toEqual([2, 1]);
});

test("a member that is usually slower than the time left is passed over", async () => {
  const { clock, add, panel } = world();
  const a = add("a", () => ({ ms: 3000 }));
  add("home", () => ({ ms: 50 }), { local: true });
  const asked = panel();
  for (let n = 0; n < 10; n++) await settle(clock, asked.ask(orderOf(clock, ["a/m"])));
  const { outcomes } = await settle(clock, asked.ask(orderOf(clock, ["a/m", "home/m"], { inTurn: true, panelBy: clock.now() + 1000 })));
  expect(outcomes).toMatchObject([{ reason: "timeout", attempts: [] }, { status: "answered" }]);
  expect(a.seen.length).toBe(10);
});

test("the deadline ends the chain, and every link had its share of it", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ hang: true }));
  const b = add("b", () => ({ hang: true }));
  const { outcomes } = await settle(clock, panel().ask(orderOf(clock, ["a/m", "b/m"], { inTurn: true, panelBy: 400 })));
  expect(outcomes).toMatchObject([{ reason: "timeout" }, { reason: "timeout" }]);
  expect([b.seen[0]?.at, clock.now(), clock.pending()]).toEqual([200, 400, 0]);
});

test("a seat that the plan dropped is passed with its reason", async () => {
  const { clock, add, panel } = world();
  add("b", () => ({ ms: 5 }));
  const dropped = seatOf("a/m", 1, { dropped: { reason: "misconfigured", detail: "no key" } });
  const { outcomes } = await settle(clock, panel().ask(orderOf(clock, [dropped, "b/m"], { inTurn: true })));
  expect(outcomes).toMatchObject([{ reason: "misconfigured" }, { status: "answered" }]);
});
