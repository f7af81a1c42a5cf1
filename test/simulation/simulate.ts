/** `npm run simulate -- --seed N --runs M [--workers W] [--json] [--trace]`: plays seeded worlds on the whole engine and says what broke. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { merge, type Sums } from "./campaign.ts";
import type { Finding } from "./checks/tally.ts";
import { runCrew } from "./crew.ts";
import { playEdge } from "./edge/play.ts";
import { hasEdge, makeEdgeWorld } from "./edge/world.ts";
import { evenness } from "./evenness.ts";
import { FAULTS } from "./faults.ts";
import { play } from "./play.ts";
import { rimLines } from "./rim/index.ts";
import { makeWorld } from "./world.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    runs: { type: "string", default: "1000000" },
    workers: { type: "string" },
    json: { type: "boolean", default: false },
    trace: { type: "boolean", default: false },
  },
});
const whole = (name: string, text: string): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${name}: a whole number`);
  process.exit(64);
};
const seed = whole("seed", values.seed);
const runs = whole("runs", values.runs);
/** below this a second thread costs more than it brings */
const FEW = 2000;
const workers = runs < FEW ? 1 : Math.max(1, whole("workers", values.workers ?? String(availableParallelism())));

/** violations that are told as they are found */
const MOST_TOLD = 100;
const TRACE_LINES = 40;
async function showTrace(of: number): Promise<void> {
  showLines(await play(makeWorld(of), { trace: true }));
  for (const line of await rimLines(makeWorld(of))) console.log(`  ${line}`);
  if (!hasEdge(of)) return;
  console.log("  at its edge:");
  showLines(await playEdge(makeEdgeWorld(of), { trace: true }));
}
function showLines({ trace, hash }: { trace: string[]; hash: number }): void {
  const lines = values.trace ? trace : trace.slice(-TRACE_LINES);
  for (const line of lines) console.log(`  ${values.trace ? line : line.slice(0, 200)}`);
  console.log(`  trace hash ${hash}`);
}

const started = performance.now();
let told = 0;
let failed = 0;
// the first Ctrl-C ends the campaign and still tells what it found
const leave = new AbortController();
process.once("SIGINT", () => leave.abort());
const replay = (of: number): string => `npm run simulate -- --seed ${of} --runs 1 --trace`;
const sums = await runCrew({
  seed,
  runs,
  workers,
  stop: leave.signal,
  onProgress(done) {
    if (values.json || performance.now() - told < 1000) return;
    told = performance.now();
    const rate = Math.round((done * 1000) / (told - started));
    process.stderr.write(`\r${done} of ${runs} runs, ${rate} runs/s, ${failed} violations `);
  },
  onFinding({ invariant, seed: of, run, text }) {
    failed += 1;
    if (!values.json && failed <= MOST_TOLD)
      process.stderr.write(`\n${invariant} at seed ${of}${run === null ? "" : `, run ${run}`}: ${text}\n  ${replay(of)}\n`);
  },
});
const even = evenness(new Map(Object.entries(sums.places)));
const seconds = (performance.now() - started) / 1000;
const findings = [...sums.findings, ...even.findings];

function table(all: Sums): void {
  const premises = Object.entries(all.held).toSorted(([a], [b]) => (a < b ? -1 : 1));
  console.log(
    `\n${all.runs} runs in ${all.worlds} worlds, ${all.calls} calls, ${all.twins} twins, ${all.edges} edges, ${seconds.toFixed(1)} s, ${Math.round(all.runs / seconds)} runs/s on ${workers} threads`,
  );
  console.log(
    `${findings.length} violations; ${Object.keys(all.faults).length} kinds of fault struck (${FAULTS.length} of them on the wire)`,
  );
  console.log("\ninvariant    premise held   violations");
  for (const [name, held] of premises)
    console.log(
      `${name.padEnd(12)} ${String(held).padStart(12)} ${String(findings.filter(({ invariant }) => invariant === name).length).padStart(12)}`,
    );
  console.log("\nfault                       times");
  for (const [name, times] of Object.entries(all.faults).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`${name.padEnd(24)} ${String(times).padStart(8)}`);
}

const MOST_SHOWN = 5;
async function showFindings(all: Finding[]): Promise<void> {
  for (const { invariant, seed: of, run, text } of all.slice(0, MOST_SHOWN)) {
    console.log(`\n${invariant} broken at seed ${of}${run === null ? "" : `, run ${run}`}: ${text}`);
    console.log(`  replay: ${replay(of)}`);
    if (of !== 0) await showTrace(of);
  }
  if (all.length > MOST_SHOWN) console.log(`\n… and ${all.length - MOST_SHOWN} more`);
}

if (values.json) console.log(JSON.stringify({ ...merge([sums]), findings, seconds, runs_per_second: sums.runs / seconds, workers }));
else {
  table(sums);
  if (values.trace) await showTrace(seed);
  await showFindings(findings);
}
process.exitCode = findings.length > 0 ? 1 : 0;
