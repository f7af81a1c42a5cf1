/** What is published: built, listed, and used as an installed package would be, by the command and by a typed import. */
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { ROOT, runNode } from "./spawned.ts";

const TSC = join(ROOT, "node_modules", "typescript", "bin", "tsc");
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { files: string[]; bin: { gekro: string } };
/** inside node_modules, so that the package's own dependencies are found and it counts as installed */
mkdirSync(join(ROOT, "node_modules", ".cache"), { recursive: true });
const home = mkdtempSync(join(ROOT, "node_modules", ".cache", "package-"));
const installed = join(home, "node_modules", "gekro-consensus");
let simulator: Simulator;

beforeAll(async () => {
  mkdirSync(join(installed, "src", "runtimes"), { recursive: true });
  execFileSync(process.execPath, [TSC, "-p", "tsconfig.build.json", "--outDir", join(installed, "dist")], { cwd: ROOT, timeout: 60_000 });
  copyFileSync(join(ROOT, "package.json"), join(installed, "package.json"));
  cpSync(join(ROOT, manifest.bin.gekro), join(installed, manifest.bin.gekro));
  simulator = await startSimulator({ latencyMs: 5 });
}, 90_000);
afterAll(async () => {
  await simulator?.close();
  rmSync(home, { recursive: true, force: true });
});

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1));

test("only built code of the product's rooms is published: no test, no source, no map", () => {
  const files = filesIn(installed);
  expect(files.length).toBeGreaterThan(100);
  const allowed = /^(?:package\.json|src\/runtimes\/gekro\.js|dist\/(?:adjudicator|prompts|src)\/[\w./-]+\.(?:js|d\.ts))$/;
  expect(files.filter((file) => !allowed.test(file))).toEqual([]);
  const listed = manifest.files.map((entry) => `${entry}/`);
  const missed = files.filter((file) => file !== "package.json" && file !== manifest.bin.gekro);
  expect(missed.filter((file) => !listed.some((entry) => file.startsWith(entry)))).toEqual([]);
});
test("the installed command answers, and keeps its reports in the user's own folder", async () => {
  const state = join(home, "state");
  const env = { ...simulator.environment(), XDG_STATE_HOME: state, XDG_CONFIG_HOME: home };
  const command = join(installed, manifest.bin.gekro);
  const asked = await runNode([command, "ask", "Why?", "-q"], { env, cwd: home });
  expect(asked.err).toBe("");
  expect(asked.code).toBe(0);
  expect((await runNode([command, "report"], { env, cwd: home })).out).toContain("run_");
  expect(readdirSync(join(state, "gekro"))).toContain("consensus.db");
});
test("the installed library answers, and its types hold for a strict caller", async () => {
  const typed = `import { createConsensus, type Report } from "gekro-consensus";
const consensus = await createConsensus();
const report: Report = await consensus.ask({ prompt: "Why?", answer: { type: "text" } });
console.log(report.schema);
// @ts-expect-error an unknown strategy is refused by the types already
consensus.run({ prompt: "x", strategy: "loudest" });
await consensus.close();
`;
  writeFileSync(join(home, "caller.ts"), typed);
  const strict = ["--ignoreConfig", "--noEmit", "--strict", "--module", "nodenext", "--target", "es2024", "--types", "node"];
  const checked = await runNode([TSC, ...strict, "--skipLibCheck", "caller.ts"], { cwd: home });
  expect([checked.out, checked.code]).toEqual(["", 0]);
  // types are not stripped below node_modules
  writeFileSync(join(home, "caller.mjs"), typed.replace(", type Report", "").replace(": Report", ""));
  const { code, out, err } = await runNode([join(home, "caller.mjs")], { env: simulator.environment(), cwd: home });
  expect([code, out, err]).toEqual([0, "consensus.report/1\n", ""]);
});
