/** Whatever is sent, right or wrong, the reply is one that the contract names, and never a fault of ours. */
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cases, openTarget, type Target } from "./fuzz-kit.ts";

let target: Target;
beforeAll(async () => {
  target = await openTarget();
});
afterAll(() => target.close());

test("no reply is outside of the contract", { timeout: 60_000 }, async () => {
  const property = fc.asyncProperty(cases, async (one) => {
    expect(await target.put(one)).toBeNull();
  });
  await fc.assert(property, { numRuns: 300, seed: 20_261_125, interruptAfterTimeLimit: 30_000 });
});
