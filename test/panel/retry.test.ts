/** What is retried, when, and how often: every row of the retry policy, seen from the provider's side. */
import { describe, expect, test } from "vitest";
import { nextWait, waitMs } from "../../src/panel/retry.ts";
import { DEFAULT_KNOBS } from "../../src/panel/knobs.ts";
import type { Failure } from "../../src/providers/provider.ts";
import { failure, orderOf, reply, settle, toolCall, world } from "./fakes.ts";

const failed = (reason: Failure["reason"], more: Partial<Failure>): Failure => {
  const result = failure(reason, more);
  if (result.ok) throw new Error("not a failure");
  return result.failure;
};

/** Failures that never end: how many calls does one run make, and what is the outcome? */
const ROWS: { title: string; reason: Failure["reason"]; more: Partial<Failure>; calls: number }[] = [
  { title: "timeout", reason: "timeout", more: { again: "never" }, calls: 1 },
  { title: "rate limit without Retry-After", reason: "rate-limited", more: { again: "once", status: 429 }, calls: 2 },
  { title: "rate limit with Retry-After", reason: "rate-limited", more: { again: "once", status: 429, retryAfterMs: 1000 }, calls: 2 },
  { title: "too large for the rate", reason: "rate-limited", more: { again: "shrink", status: 413 }, calls: 2 },
  { title: "wrong key", reason: "unauthorized", more: { status: 401, trips: true }, calls: 1 },
  { title: "reset before headers", reason: "unavailable", more: { again: "at-once" }, calls: 2 },
  { title: "server error", reason: "unavailable", more: { again: "twice", status: 503 }, calls: 3 },
  { title: "refused connection", reason: "unavailable", more: { again: "never" }, calls: 1 },
  { title: "nonsense", reason: "bad-response", more: { again: "once", status: 200 }, calls: 2 },
  { title: "nonsense over a cap", reason: "bad-response", more: { again: "never" }, calls: 1 },
  { title: "nothing visible", reason: "empty", more: { again: "once", status: 200 }, calls: 2 },
  { title: "cut stream", reason: "truncated", more: { again: "never" }, calls: 1 },
  { title: "refusal", reason: "refused", more: { again: "never" }, calls: 1 },
  { title: "too long", reason: "context-too-long", more: { again: "never", status: 400 }, calls: 1 },
  { title: "parameter refused", reason: "misconfigured", more: { again: "never", status: 422 }, calls: 1 },
];

describe("a failure for ever", () => {
  test.each(ROWS)("$title: $calls calls, and its own reason", async ({ reason, more, calls }) => {
    const { clock, add, panel } = world();
    const a = add("a", () => ({ ms: 5, result: failure(reason, more) }));
    const { outcomes, ledger } = await settle(clock, panel().ask(orderOf(clock, ["a/m"])));
    expect(outcomes[0]).toMatchObject({ status: "dropped", reason });
    expect([a.seen.length, ledger]).toEqual([calls, { calls, retries: calls - 1 }]);
    expect(outcomes[0]).toHaveProperty("attempts.length", calls);
    expect(clock.pending()).toBe(0);
  });
});

test("a reset before headers is tried again at once, and the run is whole", async () => {
  const { clock, add, panel } = world();
  const a = add("a", (n) => ({ ms: 5, result: n === 0 ? failure("unavailable", { again: "at-once" }) : reply("yes") }));
  const { outcomes, ledger } = await settle(clock, panel().ask(orderOf(clock, ["a/m"])));
  expect(outcomes[0]).toMatchObject({ status: "answered", attempts: [{ result: "unavailable" }, { started_ms: 5, result: "answered" }] });
  expect([a.seen.map(({ at }) => at), ledger.retries]).toEqual([[0, 5], 1]);
});

test("a Retry-After is waited for, to the millisecond, and never cut short", async () => {
  const { clock, add, panel } = world();
  const limited = failure("rate-limited", { again: "once", status: 429, retryAfterMs: 1000 });
  const a = add("a", (n) => ({ ms: 5, result: n === 0 ? limited : reply("yes") }));
  const { outcomes } = await settle(clock, panel().ask(orderOf(clock, ["a/m"])));
  expect(outcomes[0]).toMatchObject({ status: "answered" });
  expect(a.seen[1]?.at).toBeGreaterThanOrEqual(1005);
  expect(a.seen[1]?.at).toBeLessThan(1010);
});

test("a Retry-After that does not fit ends the seat at once", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ ms: 5, result: failure("rate-limited", { again: "once", status: 429, retryAfterMs: 1000 }) }));
  const { outcomes } = await settle(clock, panel().ask(orderOf(clock, ["a/m"], { panelBy: 900 })));
  expect(outcomes[0]).toMatchObject({ reason: "rate-limited", retry_after_ms: 1000 });
  expect(clock.now()).toBe(5);
});

test("a Retry-After beyond the cap is not waited for though it would fit", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ ms: 5, result: failure("rate-limited", { again: "once", status: 429, retryAfterMs: 61_000 }) }));
  const { outcomes } = await settle(clock, panel().ask(orderOf(clock, ["a/m"], { panelBy: 600_000 })));
  expect([outcomes[0], clock.now()]).toMatchObject([{ reason: "rate-limited" }, 5]);
});

test("what was too large for the rate is asked again with half the output", async () => {
  const { clock, add, panel, facts } = world();
  facts["a/m"] = { maxOutputTokens: 4000 };
  const a = add("a", (n) => ({ result: n === 0 ? failure("rate-limited", { again: "shrink", status: 413 }) : reply("yes") }));
  await settle(clock, panel().ask(orderOf(clock, ["a/m"])));
  expect(a.seen.map(({ call }) => call.max_tokens)).toEqual([undefined, 2000]);
});

test("nothing is retried once answer text was read, by the provider's word or by ours", async () => {
  const { clock, add, panel } = world();
  const a = add("a", () => ({ ms: 5, result: failure("unavailable", { again: "twice", textRead: true }) }));
  const b = add("b", () => ({ ms: 9, deltas: [[3, "…"]], result: reply("…") }));
  const one = await settle(clock, panel().ask(orderOf(clock, ["a/m"])));
  const two = await settle(clock, panel().ask(orderOf(clock, ["b/m"], { onDelta: () => undefined })));
  expect([one.outcomes[0], two.outcomes[0]]).toMatchObject([{ reason: "unavailable" }, { reason: "empty" }]);
  expect([a.seen.length, b.seen.length]).toEqual([1, 1]);
});

test("an empty answer is asked for once more", async () => {
  const { clock, add, panel } = world();
  add("a", (n) => ({ ms: 5, result: reply(n === 0 ? "\u200b \n" : "yes") }));
  const { outcomes } = await settle(clock, panel().ask(orderOf(clock, ["a/m"])));
  expect(outcomes[0]).toMatchObject({ text: "yes", attempts: [{ result: "empty" }, { result: "answered" }] });
  expect(outcomes[0]).toHaveProperty("cost_usd", (2 * (10 + 10)) / 1e6);
});

test("a tool call that nobody asked for is no answer", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ result: reply("", { toolCalls: [toolCall()] }) }));
  const { outcomes } = await settle(clock, panel().ask(orderOf(clock, ["a/m"])));
  expect(outcomes[0]).toMatchObject({ reason: "bad-response", attempts: [{}, {}] });
});

test("a cut json is truncated, a cut text stays usable with its flag", async () => {
  const { clock, add, panel } = world();
  const cut = { finish: { unified: "length" as const, raw: "length" } };
  add("a", () => ({ result: reply('{"a": [1, 2', cut) }));
  add("b", () => ({ result: reply("The first part of", cut) }));
  const json = await settle(clock, panel().ask(orderOf(clock, ["a/m"], { answer: { type: "json" } })));
  const text = await settle(clock, panel().ask(orderOf(clock, ["b/m"])));
  expect([json.outcomes[0], text.outcomes[0]]).toMatchObject([{ reason: "truncated", attempts: [{}] }, { flags: ["length"] }]);
});

describe("the wait", () => {
  test("is drawn from the whole of a span that doubles, up to the cap", () => {
    const server = failed("unavailable", { again: "twice" });
    const limited = failed("rate-limited", { again: "once" });
    const almost = (): number => 1 - Number.EPSILON;
    expect([0, 1, 2].map((n) => Math.round(waitMs(server, n, almost, DEFAULT_KNOBS)))).toEqual([50, 100, 200]);
    expect(Math.round(waitMs(limited, 0, almost, DEFAULT_KNOBS))).toBe(1000);
    expect(Math.round(waitMs(limited, 30, almost, DEFAULT_KNOBS))).toBe(20_000);
    expect(waitMs(server, 3, () => 0, DEFAULT_KNOBS)).toBe(0);
  });

  test("has the provider's own wait as its floor", () => {
    expect(waitMs(failed("unavailable", { again: "twice", retryAfterMs: 700 }), 0, () => 0.5, DEFAULT_KNOBS)).toBe(700);
  });

  test("must leave room for a usual attempt", () => {
    const server = failed("unavailable", { again: "twice" });
    const history = { attempts: 1, byReason: new Map<string, number>() };
    expect(nextWait(server, history, { leftMs: 400, usualMs: 500 }, () => 0, DEFAULT_KNOBS)).toBeNull();
    expect(nextWait(server, history, { leftMs: 600, usualMs: 500 }, () => 0, DEFAULT_KNOBS)).toBe(0);
  });
});
