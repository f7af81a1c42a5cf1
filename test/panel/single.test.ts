/** Single calls: an adjudicator under the same rules, whose ladder is its retry. */
import { expect, test } from "vitest";
import type { SingleOrder } from "../../src/panel/panel.ts";
import { createPurse } from "../../src/panel/purse.ts";
import { failure, orderOf, reply, settle, world } from "./fakes.ts";

const orderFor = (member: string, more: Partial<SingleOrder> = {}): SingleOrder => ({
  member,
  messages: [{ role: "user", content: "Which?" }],
  sampling: { temperature: 0 },
  schema: { name: "ruling", schema: { type: "object" } },
  passage: { privacy: "cloud-allowed", hosts: new Set() },
  by: 5000,
  signal: new AbortController().signal,
  purse: createPurse(null),
  ...more,
});

test("a reply comes back with its cost, and was asked for with little thought and a schema where the model has one", async () => {
  const { clock, add, panel, facts } = world();
  const a = add("a", () => ({ ms: 30, result: reply('{"winner":"A"}') }));
  facts["a/plain"] = { structured: false };
  const said = await settle(clock, panel().askOne(orderFor("a/m")));
  expect(said).toEqual({
    ok: true,
    text: '{"winner":"A"}',
    finish: "stop",
    usage: { input_tokens: 10, output_tokens: 5 },
    costUsd: 0.00002,
    ledger: { calls: 1, retries: 0 },
  });
  await settle(clock, panel().askOne(orderFor("a/plain")));
  expect(a.seen.map(({ call }) => [call.effort, call.response_format?.type])).toEqual([
    ["low", "json_schema"],
    ["low", undefined],
  ]);
  expect(clock.pending()).toBe(0);
});

test("a failure is not tried again, but a connection that was dead already is", async () => {
  const { clock, add, panel } = world();
  const a = add("a", () => ({ ms: 1, result: failure("unavailable", { again: "twice", status: 503 }) }));
  const b = add("b", (n) => ({ ms: 1, result: n === 0 ? failure("unavailable", { again: "at-once" }) : reply("A") }));
  const [one, two] = [await settle(clock, panel().askOne(orderFor("a/m"))), await settle(clock, panel().askOne(orderFor("b/m")))];
  expect([one, two]).toMatchObject([
    { ok: false, reason: "unavailable", ledger: { calls: 1 } },
    { ok: true, ledger: { calls: 2, retries: 1 } },
  ]);
  expect([a.seen.length, b.seen.length]).toEqual([1, 2]);
});

test("what could not start says skipped, and costs nothing", async () => {
  const { clock, add, panel } = world();
  const a = add("a", () => ({ ms: 1, result: failure("unauthorized", { status: 401, trips: true }) }));
  const asked = panel();
  await settle(clock, asked.askOne(orderFor("a/m")));
  const skipped = { ok: false, reason: "skipped", costUsd: 0, ledger: { calls: 0, retries: 0 } };
  expect(await settle(clock, asked.askOne(orderFor("a/m")))).toMatchObject({ ...skipped, detail: "circuit-open" });
  expect(await settle(clock, asked.askOne(orderFor("x/m")))).toMatchObject(skipped);
  expect(await settle(clock, asked.askOne(orderFor("a/n", { purse: createPurse(0) })))).toMatchObject(skipped);
  expect(a.seen.length).toBe(1);
  expect(asked.unavailable("a/m", orderFor("a/m").passage)).toBe("its circuit is open");
  expect(asked.unavailable("x/m", orderFor("a/m").passage)).toBe("its provider is not configured");
  expect(asked.unavailable("a/n", orderFor("a/m").passage)).toBeNull();
});

test("the deadline and a cancel end it at once", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ hang: true }));
  expect(await settle(clock, panel().askOne(orderFor("a/m", { by: 700 })))).toMatchObject({ ok: false, reason: "timeout", costUsd: null });
  const controller = new AbortController();
  const asked = panel().askOne(orderFor("a/m", { signal: controller.signal }));
  await clock.advance(100);
  controller.abort("cancelled");
  expect(await settle(clock, asked)).toMatchObject({ ok: false, reason: "cancelled" });
  expect([clock.now(), clock.pending()]).toEqual([800, 0]);
});

test("one that is usually slower than the time left is not started", async () => {
  const { clock, add, panel } = world();
  const a = add("a", () => ({ ms: 900 }));
  const asked = panel();
  for (let n = 0; n < 8; n++) await settle(clock, asked.ask(orderOf(clock, ["a/m"])));
  const late = await settle(clock, asked.askOne(orderFor("a/m", { by: clock.now() + 500 })));
  expect([late, a.seen.length, asked.latency("a/m")]).toMatchObject([{ reason: "skipped" }, 8, { p50: 900, p95: 900 }]);
});

test("a merge streams through", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({
    ms: 50,
    deltas: [
      [5, "one "],
      [9, "two"],
    ],
    result: reply("one two"),
  }));
  const heard: string[] = [];
  await settle(clock, panel().askOne(orderFor("a/m", { onDelta: (text) => void heard.push(text) })));
  expect(heard).toEqual(["one ", "two"]);
});

test("a retry that cannot start leaves the failed call before it told, with its unknown cost", async () => {
  const { clock, add, panel } = world();
  const a = add("a", () => ({ ms: 1, result: failure("unavailable", { again: "at-once" }) }));
  // room for the worst case of one call, which stays reserved
  const order = orderFor("a/m", { sampling: { temperature: 0, max_tokens: 10 }, purse: createPurse(0.00018) });
  const said = await settle(clock, panel().askOne(order));
  expect(said).toMatchObject({ ok: false, reason: "unavailable", costUsd: null, ledger: { calls: 1, retries: 0 } });
  expect(a.seen.length).toBe(1);
});
