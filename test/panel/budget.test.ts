/** The retry budget as a bound in time, and in a storm as the provider sees it; the purse and what calls cost. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createRetryBudget } from "../../src/panel/budget.ts";
import type { Purse } from "../../src/panel/panel.ts";
import { createPurse, worstCaseUsd } from "../../src/panel/purse.ts";
import { costUsd } from "../../src/providers/models.ts";
import { createVirtualClock } from "../kit/clock.ts";
import { FACTS, failure, FREE, orderOf, reply, settle, world } from "./fakes.ts";

const KNOBS = { share: 0.2, floor: 20, windowMs: 10_000 };

test("in any window, however it is laid, retries stay within share and floor", async () => {
  const step = fc.record({
    wait: fc.integer({ min: 0, max: 3000 }),
    firsts: fc.integer({ min: 0, max: 40 }),
    wanted: fc.integer({ min: 0, max: 40 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const clock = createVirtualClock();
      const budget = createRetryBudget(clock, KNOBS);
      const firsts: number[] = [];
      const taken: number[] = [];
      for (const { wait, firsts: some, wanted } of steps) {
        await clock.advance(wait);
        for (let n = 0; n < some; n++) {
          budget.earn("a");
          firsts.push(clock.now());
        }
        for (let n = 0; n < wanted; n++) if (budget.take("a")) taken.push(clock.now());
      }
      for (const from of [...taken, ...firsts.map((at) => at + 1)]) {
        const inside = (at: number): boolean => at >= from && at < from + KNOBS.windowMs;
        expect(taken.filter(inside).length).toBeLessThanOrEqual(KNOBS.floor + KNOBS.share * firsts.filter(inside).length + 1e-6);
      }
    }),
    { numRuns: 200, seed: 3 },
  );
});

test("providers do not share a budget", () => {
  const budget = createRetryBudget(createVirtualClock(), { ...KNOBS, floor: 2 });
  expect([budget.take("a"), budget.take("a"), budget.ready("b"), budget.take("b")]).toEqual([true, false, true, true]);
});

test("in a total outage at 50 runs a second calls stay within 1.2 × first attempts and the floor", async () => {
  const { clock, add, panel, count } = world();
  const a = add("a", () => ({ ms: 20, result: failure("unavailable", { again: "twice", status: 503 }) }));
  const asked = panel({ knobs: { breakerRow: 1e9, breakerWindow: 10_000, breakerMinimum: 10_000 } });
  const runs: Promise<unknown>[] = [];
  for (let n = 0; n < 1000; n++) {
    runs.push(asked.ask(orderOf(clock, ["a/m"])));
    await clock.advance(20);
  }
  await settle(clock, Promise.all(runs));
  const starts = a.seen.map(({ at }) => at);
  const window = starts.filter((at) => at >= 5000 && at < 15_000).length;
  expect(window).toBeLessThanOrEqual(1.2 * 500 + 20);
  expect(window).toBeGreaterThan(550);
  expect([count("retries_denied", { provider: "a" }) > 0, clock.pending()]).toEqual([true, 0]);
});

test("the worst case prices all of the prompt and all of the answer, and is unknown when one of them is", () => {
  const messages = [{ role: "user" as const, content: "äb" }];
  expect(worstCaseUsd(messages, { max_tokens: 100 }, FACTS)).toBeCloseTo((Math.ceil((16 + 8 + 2) * 1.3) + 200) / 1e6, 12);
  expect(worstCaseUsd(messages, {}, { ...FACTS, maxOutputTokens: 50 })).toBeCloseTo((Math.ceil((16 + 8 + 2) * 1.3) + 100) / 1e6, 12);
  expect(worstCaseUsd(messages, {}, FACTS)).toBe(worstCaseUsd(messages, { max_tokens: 4096 }, FACTS));
  expect(worstCaseUsd(messages, { max_tokens: 1 }, { ...FACTS, outputUsdPerMtok: null })).toBeNull();
  expect(worstCaseUsd(messages, {}, { ...FACTS, ...FREE })).toBe(0);
});

test("a cost is null, never 0, when a count or a price is unknown", () => {
  const usage = { input_tokens: 10, output_tokens: 5 };
  expect(costUsd(FACTS, usage)).toBe(0.00002);
  expect(costUsd(FACTS, { ...usage, output_tokens: null })).toBeNull();
  expect(costUsd({ ...FACTS, inputUsdPerMtok: null }, usage)).toBeNull();
  expect(costUsd({ ...FACTS, ...FREE }, { input_tokens: null, output_tokens: null })).toBe(0);
});

test("a purse books what is reserved until it is settled, and keeps the reservation when the cost is unknown", () => {
  const purse = createPurse(1);
  expect([purse.reserve(0.6), purse.reserve(0.5), purse.reserve(null)]).toEqual([true, false, false]);
  purse.settle(0.6, 0.1);
  expect([purse.reserve(0.9), purse.reserve(0.01)]).toEqual([true, false]);
  purse.settle(0.9, null);
  expect(purse.reserve(0.01)).toBe(false);
  expect(createPurse(null).reserve(null)).toBe(true);
});

test("where money is limited, an answer that nothing bounds is bounded by us, and only then", async () => {
  const { clock, add, panel, facts } = world();
  const a = add("a", () => ({ result: reply("yes") }));
  facts["a/n"] = { contextTokens: 8000 };
  const ask = async (member: string, purse: Purse, max?: number): Promise<unknown> => {
    const sampling = max === undefined ? {} : { max_tokens: max };
    await settle(clock, panel().ask(orderOf(clock, [member], { purse, sampling })));
    return a.seen.at(-1)?.call.max_tokens;
  };
  expect(await ask("a/m", createPurse(1))).toBe(4096);
  expect(await ask("a/m", createPurse(1), 70)).toBe(70);
  expect(await ask("a/n", createPurse(1))).toBeUndefined();
  expect(await ask("a/m", createPurse(null))).toBeUndefined();
});

test("no call, and no retry, starts whose worst case does not fit the purse", async () => {
  const { clock, add, panel, facts } = world();
  const a = add("a", () => ({ ms: 5, result: reply("", { usage: { input_tokens: null, output_tokens: null } }) }));
  facts["a/m"] = { maxOutputTokens: 100 };
  const worst = worstCaseUsd(orderOf(clock, []).messages, {}, { ...FACTS, maxOutputTokens: 100 }) ?? 0;
  const asked = panel();
  const tight = await settle(clock, asked.ask(orderOf(clock, ["a/m"], { purse: createPurse(worst * 1.5) })));
  const none = await settle(clock, asked.ask(orderOf(clock, ["a/m"], { purse: createPurse(worst * 0.9) })));
  expect(tight.outcomes[0]).toMatchObject({ reason: "empty", attempts: [{}], cost_usd: null });
  expect(none.outcomes[0]).toMatchObject({ reason: "budget-excluded", attempts: [], cost_usd: 0 });
  expect(a.seen.length).toBe(1);
});

test("an error status costs nothing, a call that vanished costs nobody knows what, a local one nothing at all", async () => {
  const { clock, add, panel, facts } = world();
  add("a", () => ({ result: failure("unavailable", { status: 500 }) }));
  add("b", () => ({ result: failure("unavailable") }));
  add("c", () => ({ result: failure("unavailable") }), { local: true });
  facts["c/m"] = FREE;
  const { outcomes } = await settle(clock, panel().ask(orderOf(clock, ["a/m", "b/m", "c/m"])));
  expect(outcomes.map((outcome) => outcome.status === "dropped" && outcome.cost_usd)).toEqual([0, null, 0]);
});

test("what a call really cost gives the rest of its reservation back", async () => {
  const { clock, add, panel, facts } = world();
  const a = add("a", () => ({ ms: 5, result: reply("yes") }));
  facts["a/m"] = { maxOutputTokens: 1000 };
  const worst = worstCaseUsd(orderOf(clock, []).messages, {}, { ...FACTS, maxOutputTokens: 1000 }) ?? 0;
  const asked = panel();
  const purse = createPurse(worst * 1.5);
  for (let n = 0; n < 5; n++) await settle(clock, asked.ask(orderOf(clock, ["a/m"], { purse })));
  expect(a.seen.length).toBe(5);
});
