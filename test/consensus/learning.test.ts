/** What reliability is learned from, while the store is slow or broken: the run goes on in time. */
import { expect, test } from "vitest";
import { createLearning } from "../../src/consensus/learning.ts";
import type { HistoryRow, ReportStore } from "../../src/store/store.ts";
import { createVirtualClock } from "../kit/clock.ts";

const storeWith = (history: () => Promise<HistoryRow[]>) => ({ history }) as unknown as ReportStore;
const members = ["a/m", "b/m"];

test.each([
  [60_000, 200],
  [1000, 50],
])("a store that hangs holds up a run of %i ms for %i ms", async (deadlineMs, heldMs) => {
  const clock = createVirtualClock();
  const learning = createLearning({ reports: storeWith(() => new Promise(() => undefined)), clock, log: () => undefined });
  let at: number | null = null;
  void learning.of("text", members, deadlineMs).then(() => (at = clock.now()));
  await clock.advance(heldMs - 1);
  expect(at).toBeNull();
  await clock.advance(1);
  expect(at).toBe(heldMs);
  expect(clock.pending()).toBe(0);
});

test("a store that fails is the same as one that knows nothing", async () => {
  const clock = createVirtualClock();
  const lines: string[] = [];
  const reports = storeWith(() => Promise.reject(new Error("locked")));
  const learned = await createLearning({ reports, clock, log: (_level, event) => lines.push(event) }).of("text", members, 1000);
  expect(learned.reliability("a/m")).toBeNull();
  expect(lines).toEqual(["history-unreadable"]);
});
