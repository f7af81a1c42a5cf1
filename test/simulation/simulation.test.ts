/** Twenty thousand simulated runs without a violation, each premise met, one seed one trace; and a simulator that finds planted bugs. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import type { Finding } from "./checks/tally.ts";
import { playEdge } from "./edge/play.ts";
import { makeEdgeWorld } from "./edge/world.ts";
import { tailOf } from "./evenness.ts";
import { FAULTS } from "./faults.ts";
import { BUGS } from "./mutants/bugs.ts";
import { brokenAnchors } from "./mutants/plant.ts";
import type { Trial } from "./mutants/trial.ts";
import { play } from "./play.ts";
import { makeWorld } from "./world.ts";

const run = promisify(execFile);
const RUNS = 20_000;
/** On two idle cores the campaign takes a quarter of this. */
const LIMIT_MS = 240_000;

interface Told {
  runs: number;
  findings: Finding[];
  held: Record<string, number>;
  faults: Record<string, number>;
}
async function simulate(seed: number, runs: number): Promise<Told> {
  const args = [join(import.meta.dirname, "simulate.ts"), "--json", "--seed", String(seed), "--runs", String(runs), "--workers", "2"];
  // violations end it with exit code 1, and still tell
  const { stdout } = await run(process.execPath, args, { maxBuffer: 1 << 26 }).catch((error: { stdout?: string; stderr?: string }) => {
    if (error.stdout?.startsWith("{")) return { stdout: error.stdout };
    throw new Error(error.stderr ?? "the simulator said nothing");
  });
  return JSON.parse(stdout) as Told;
}

const INVARIANTS =
  "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46"
    .split(" ")
    .map((number) => `I${number}`);

describe("the simulated engine", () => {
  test(
    `keeps every invariant over ${RUNS} runs, each with its premise met`,
    async () => {
      const { runs, findings, held, faults } = await simulate(1, RUNS);
      const told = findings
        .slice(0, 10)
        .map(
          ({ invariant, seed, run: index, text }) =>
            `${invariant} at seed ${seed}, run ${index}: ${text} (npm run simulate -- --seed ${seed} --runs 1 --trace)`,
        );
      expect(told).toEqual([]);
      expect(runs).toBeGreaterThanOrEqual(RUNS);
      expect(INVARIANTS.filter((name) => (held[name] ?? 0) < 20)).toEqual([]);
      expect(FAULTS.filter(({ id }) => !(id in faults)).map(({ id }) => id)).toEqual([]);
      expect(Object.keys(faults).length).toBeGreaterThan(100);
    },
    LIMIT_MS,
  );

  test("tells the same trace for the same seed, and another for another", async () => {
    const [first, again, other] = [await play(makeWorld(7)), await play(makeWorld(7)), await play(makeWorld(8))];
    expect(again.hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
  });

  test("tells the same trace of processes that die for the same seed", async () => {
    for (const seed of [1, 5, 8, 10]) expect((await playEdge(makeEdgeWorld(seed))).hash).toBe((await playEdge(makeEdgeWorld(seed))).hash);
  });

  test("knows chi square where it is known", () => {
    expect(tailOf(3.841, 1)).toBeCloseTo(0.05, 2);
    expect(tailOf(18.467, 4)).toBeCloseTo(0.001, 3);
  });
});

describe("the planted bugs", () => {
  test("still have the places in which they are planted", () => {
    expect(brokenAnchors()).toEqual([]);
  });

  test("are at least one for each invariant", () => {
    expect(INVARIANTS.filter((name) => !BUGS.some(({ invariant }) => invariant === name))).toEqual([]);
  });

  /** Few of them, and quick ones: all are tried by `node test/simulation/mutants/run.ts`. */
  test.each(["two-ends", "unaborted", "rewritten-answer", "first-line-mark", "untold-port", "free-failures", "miscounted", "unsynced-job"])(
    "%s is caught by its own invariant within 300 runs",
    async (id) => {
      const { stdout } = await run(process.execPath, [join(import.meta.dirname, "mutants/trial.ts"), id, "300"], { maxBuffer: 1 << 24 });
      const trial = JSON.parse(stdout) as Trial;
      expect(trial.runs).not.toBeNull();
    },
    60_000,
  );
});
