/** Runs every example as a program of its own, against simulated providers. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { runNode } from "../cli/spawned.ts";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ latencyMs: 5 });
});
afterAll(() => simulator.close());

/** What each must have said, whatever the simulated models make up. */
const SAYS: Record<string, RegExp> = {
  "ask.ts": /^\d.*, (agreed|voted|picked|fallback) by /,
  "events.ts": /answered after \d+ ms[\s\S]*agreement/,
  "local-only.ts": /^asked ollama\/llama3\.2; sent to 127\.0\.0\.1:\d+\n/,
  "fallback.ts": /^\S+: answered\n\S+: not-asked\n\S+: not-asked\n$/,
  "tools.ts": /^restart_service\(\{.*\}\), agreement /,
  "refusals.ts": /^refused: validation-failed, \/quorum\nfailed: [\w-]+; dropped\n$/,
};
const examples = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));

test("every example is run", () => {
  expect(examples.sort()).toEqual(Object.keys(SAYS).sort());
});
test.each(examples)("%s says what it promises", async (name) => {
  const { code, out, err } = await runNode([join(import.meta.dirname, name)], { env: simulator.environment() });
  expect(err).toBe("");
  expect(code).toBe(0);
  expect(out).toMatch(SAYS[name] ?? /^$/);
});
