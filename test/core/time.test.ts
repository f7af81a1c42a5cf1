/** Sleeps and alarms on the virtual clock. */
import { expect, test } from "vitest";
import { alarm, createCutoff, forkCutoff, sleep } from "../../src/core/time.ts";
import { createVirtualClock } from "../kit/clock.ts";

test("a sleep ends after its time and not before", async () => {
  const clock = createVirtualClock();
  let slept: boolean | null = null;
  void sleep(clock, 1000, createCutoff()).then((value) => (slept = value));
  await clock.advance(999);
  expect(slept).toBeNull();
  await clock.advance(1);
  expect(slept).toBe(true);
  expect(clock.pending()).toBe(0);
});

test("a cut ends a sleep at once and leaves no timer", async () => {
  const clock = createVirtualClock();
  const cutoff = createCutoff<"late">();
  let slept: boolean | null = null;
  void sleep(clock, 1000, cutoff).then((value) => (slept = value));
  await clock.advance(10);
  cutoff.cut("late");
  expect(clock.pending()).toBe(0);
  await clock.flush();
  expect(slept).toBe(false);
  expect(await sleep(clock, 1000, cutoff)).toBe(false);
});

test("an alarm whose timer fires early arms itself again", async () => {
  const clock = createVirtualClock();
  const early = { ...clock, timer: (ms: number, fire: () => void) => clock.timer(ms - 0.5, fire) };
  let firedAt = -1;
  alarm(early, 100, () => (firedAt = clock.now()));
  await clock.runAll();
  expect(firedAt).toBeGreaterThanOrEqual(100);
});

test("an alarm on a clock that stands still ends all the same", async () => {
  const clock = createVirtualClock();
  let fired = 0;
  alarm({ ...clock, now: () => 0 }, 100, () => fired++);
  await clock.runAll(1000);
  expect(fired).toBe(1);
});

test("only the first reason of a cut counts, and a fork can be cut alone", () => {
  const parent = createCutoff<"late" | "cancelled">();
  const { cutoff, leave } = forkCutoff(parent);
  const other = forkCutoff(parent);
  cutoff.cut("late");
  expect([parent.reason, cutoff.reason]).toEqual([null, "late"]);
  leave();
  parent.cut("cancelled");
  expect([cutoff.reason, other.cutoff.reason]).toEqual(["late", "cancelled"]);
});
