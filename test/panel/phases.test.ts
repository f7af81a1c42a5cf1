/** The limits of an attempt phase by phase, the last chance of slow seats, and the fit to a window. */
import { expect, test } from "vitest";
import { EgressError } from "../../src/egress/egress.ts";
import type { fitContext } from "../../src/panel/fit.ts";
import { failure, orderOf, reply, seatOf, settle, world } from "./fakes.ts";

const onDelta = (): void => undefined;

test("a stream that goes silent after its headers ends at the idle limit", async () => {
  const { clock, add, panel } = world();
  const a = add("a", () => ({ hang: true, headersMs: 100 }));
  const { outcomes } = await settle(clock, panel({ knobs: { idleMs: 2000 } }).ask(orderOf(clock, ["a/m"], { onDelta })));
  expect(outcomes[0]).toMatchObject({ reason: "timeout", detail: "no content for 2000 ms" });
  expect(a.seen[0]).toMatchObject({ endedAt: 2100, aborted: "timeout" });
});

test("a stream that drips content is never idle, and ends at the attempt limit", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ hang: true, headersMs: 10, contentEvery: 400 }));
  const { outcomes } = await settle(clock, panel({ knobs: { idleMs: 500 } }).ask(orderOf(clock, ["a/m"], { onDelta })));
  expect(outcomes[0]).toMatchObject({ reason: "timeout", detail: "not finished within 10000 ms" });
  expect([clock.now(), clock.pending()]).toEqual([10_000, 0]);
});

test("a shorter first-byte limit ends only the silent", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ hang: true }));
  add("b", () => ({ headersMs: 900, ms: 5000 }));
  const { outcomes } = await settle(clock, panel({ knobs: { firstByteMs: 1000 } }).ask(orderOf(clock, ["a/m", "b/m"])));
  expect(outcomes).toMatchObject([
    { reason: "timeout", detail: "no first byte within 1000 ms", latency_ms: 1000 },
    { status: "answered", latency_ms: 5000 },
  ]);
});

test("the limit of the seat comes before the model's, and that before the provider's", async () => {
  const { clock, add, panel, facts } = world();
  add("a", () => ({ hang: true }), { timeoutMs: 3000 });
  facts["a/model"] = { timeoutMs: 2000 };
  const seats = ["a/m", "a/model", seatOf("a/model", 3, { timeoutMs: 1000 })];
  const { outcomes } = await settle(clock, panel().ask(orderOf(clock, seats)));
  expect(outcomes.map((outcome) => outcome.status === "dropped" && outcome.latency_ms)).toEqual([3000, 2000, 1000]);
});

test("a seat that is usually too slow waits for the others, and drops when one of them answers", async () => {
  const { clock, add, panel } = world();
  const a = add("a", () => ({ ms: 3000 }));
  add("b", () => ({ ms: 100 }));
  const asked = panel();
  for (let n = 0; n < 8; n++) await settle(clock, asked.ask(orderOf(clock, ["a/m"])));
  const { outcomes } = await settle(clock, asked.ask(orderOf(clock, ["a/m", "b/m"], { panelBy: clock.now() + 1000 })));
  expect(outcomes).toMatchObject([{ reason: "timeout", attempts: [], cost_usd: 0 }, { status: "answered" }]);
  expect(a.seen.length).toBe(8);
});

test("when all that is left is slow, all of it is asked", async () => {
  const { clock, add, panel } = world();
  let ms = 3000;
  const a = add("a", () => ({ ms }));
  const b = add("b", () => ({ ms }));
  const asked = panel();
  for (let n = 0; n < 8; n++) await settle(clock, asked.ask(orderOf(clock, ["a/m", "b/m"])));
  ms = 500;
  const { outcomes } = await settle(clock, asked.ask(orderOf(clock, ["a/m", "b/m"], { panelBy: clock.now() + 1000 })));
  expect([outcomes.map(({ status }) => status), a.seen.length, b.seen.length]).toEqual([["answered", "answered"], 9, 9]);
});

test("a slow past is forgotten", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ ms: 3000 }));
  const asked = panel();
  for (let n = 0; n < 8; n++) await settle(clock, asked.ask(orderOf(clock, ["a/m"])));
  await clock.advance(300_001);
  expect(asked.latency("a/m")).toBeNull();
});

test("a conversation is cut to the window of each member, which its outcome tells", async () => {
  const { clock, add, panel, facts } = world();
  const a = add("a", () => ({ result: reply("yes") }));
  facts["a/small"] = { contextTokens: 1000, family: "qwen" };
  facts["a/tiny"] = { contextTokens: 10 };
  facts["a/large"] = { contextTokens: 1e6 };
  const told = {
    prompt_tokens: 9,
    window_tokens: 1000,
    kept_tokens: 5,
    cut_tokens: 4,
    dropped_messages: 1,
    cut_messages: 0,
    folded_lines: 0,
  };
  const seen: Parameters<typeof fitContext>[0][] = [];
  const fit: typeof fitContext = (order) => {
    seen.push(order);
    if (order.windowTokens < 100) return { status: "too-long", tokens: 9000 };
    return { status: "fits", messages: [{ role: "user", content: "short" }], tokens: 5, fit: told };
  };
  const messages = [{ role: "user" as const, content: "x".repeat(2000) }];
  const order = orderOf(clock, ["a/small", "a/tiny", "a/large", "a/m"], { messages, sampling: { max_tokens: 50 } });
  const { outcomes } = await settle(clock, panel({ fit }).ask(order));
  expect(outcomes).toMatchObject([
    { status: "answered", context_fit: told, flags: ["context-trimmed"] },
    { reason: "context-too-long", attempts: [], cost_usd: 0 },
    { status: "answered", context_fit: null, flags: [] },
    { status: "answered", context_fit: null },
  ]);
  expect(seen.map(({ windowTokens, reserveTokens, perDigit }) => [windowTokens, reserveTokens, perDigit])).toEqual([
    [1000, 50, true],
    [10, 50, false],
  ]);
  expect(a.seen.map(({ call }) => call.messages[0]?.content?.length)).toEqual([5, 2000, 2000]);
});

test("the guard's refusals keep their names", async () => {
  const { clock, add, panel, deps } = world();
  add("a", () => ({ ms: 1 }));
  const refusing = (why: "privacy" | "address" | "redirect") =>
    panel({
      egress: {
        ...deps.egress,
        open: () => {
          throw new EgressError(why, "no");
        },
      },
    });
  const reasons: unknown[] = [];
  for (const why of ["privacy", "address", "redirect"] as const) {
    const { outcomes } = await settle(clock, refusing(why).ask(orderOf(clock, ["a/m"])));
    reasons.push(outcomes[0]?.status === "dropped" && outcomes[0].reason);
  }
  expect(reasons).toEqual(["privacy-excluded", "misconfigured", "bad-response"]);
});

test("five members of which each fails in 30 % of the calls answer in at least 99.7 % of the runs, without any retry", async () => {
  const made = world(11);
  const names = ["a", "b", "c", "d", "e"];
  for (const name of names)
    made.add(name, () => ({ ms: 5, result: made.deps.random.next() < 0.3 ? failure("bad-response") : reply("yes") }));
  const asked = made.panel({ knobs: { attempts: 1 } });
  let answered = 0;
  for (let n = 0; n < 2000; n++) {
    const order = orderOf(
      made.clock,
      names.map((name) => `${name}/m`),
    );
    const { outcomes } = await settle(made.clock, asked.ask(order));
    if (outcomes.some(({ status }) => status === "answered")) answered += 1;
  }
  expect(answered / 2000).toBeGreaterThanOrEqual(0.997);
});

test("content that stops coming ends an unstreamed call too, but late content after early headers does not", async () => {
  const { clock, add, panel } = world();
  add("a", () => ({ hang: true, deltas: [[100, "x"]] }));
  add("b", () => ({ headersMs: 10, ms: 8000 }));
  const { outcomes } = await settle(clock, panel({ knobs: { idleMs: 2000 } }).ask(orderOf(clock, ["a/m", "b/m"])));
  expect(outcomes).toMatchObject([{ reason: "timeout", detail: "no content for 2000 ms", latency_ms: 2100 }, { status: "answered" }]);
});

const long = [{ role: "user" as const, content: "please read this log line by line\n".repeat(200) }];
const read = (tokens: number) => reply("yes", { usage: { input_tokens: tokens, output_tokens: 1 } });

test("a local runtime that read far less than was sent has cut the prompt", async () => {
  const { clock, add, panel, facts } = world();
  const prove = () => Promise.resolve({ proved: true as const, contextTokens: null, capabilities: [] });
  add("home", () => ({ result: read(400) }), { local: true, prove });
  add("whole", () => ({ result: read(1500) }), { local: true, prove });
  add("cloud", () => ({ result: read(12) }));
  facts["home/m"] = facts["whole/m"] = {};
  const { outcomes } = await settle(clock, panel().ask(orderOf(clock, ["home/m", "whole/m", "cloud/m"], { messages: long })));
  expect(outcomes).toMatchObject([
    { reason: "truncated", attempts: [{ result: "truncated" }] },
    { status: "answered" },
    { status: "answered" },
  ]);
  const russian = [{ role: "user" as const, content: "прочитай этот журнал строка за строкой\n".repeat(200) }];
  const other = await settle(clock, panel().ask(orderOf(clock, ["home/m"], { messages: russian })));
  const short = await settle(clock, panel().ask(orderOf(clock, ["home/m"])));
  expect([other.outcomes[0]?.status, short.outcomes[0]?.status]).toEqual(["dropped", "answered"]);
});

test("what a provider reports as read corrects the next estimate", async () => {
  const { clock, add, panel, facts } = world();
  const seen: number[] = [];
  const fit: typeof fitContext = (order) => {
    seen.push(order.factor);
    return { status: "fits", messages: order.messages, tokens: 1000 * 1.15 * order.factor, fit: null };
  };
  add("a", () => ({ result: read(1500) }));
  facts["a/m"] = { contextTokens: 4000 };
  const asked = panel({ fit });
  for (let n = 0; n < 3; n++) await settle(clock, asked.ask(orderOf(clock, ["a/m"], { messages: long })));
  expect(seen.map((factor) => Math.round(factor * 1000) / 1000)).toEqual([1, 1.1, 1.18]);
});

test("a handful of slow calls is not enough to hold a member back", async () => {
  const { clock, add, panel } = world();
  let ms = 3000;
  const a = add("a", () => ({ ms }));
  add("b", () => ({ ms: 100 }));
  const asked = panel();
  for (let n = 0; n < 7; n++) await settle(clock, asked.ask(orderOf(clock, ["a/m"])));
  ms = 50;
  const { outcomes } = await settle(clock, asked.ask(orderOf(clock, ["a/m", "b/m"], { panelBy: clock.now() + 1000 })));
  expect([outcomes.map(({ status }) => status), a.seen.length]).toEqual([["answered", "answered"], 8]);
});
