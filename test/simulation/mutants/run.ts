/** `node test/simulation/mutants/run.ts [--most 10000] [--only id,id] [--json]`: every planted bug, and the runs that its own invariant took to catch it. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { BUGS } from "./bugs.ts";
import { brokenAnchors } from "./plant.ts";
import type { Trial } from "./trial.ts";

const { values } = parseArgs({
  options: {
    most: { type: "string", default: "10000" },
    only: { type: "string" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
    "at-once": { type: "string", default: "1" },
  },
});

function tryOne(id: string): Promise<Trial> {
  const args = [join(import.meta.dirname, "trial.ts"), id, values.most, values.seed];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      const line = stdout.trim().split("\n").at(-1) ?? "";
      if (line.startsWith("{")) resolve(JSON.parse(line) as Trial);
      else reject(new Error(`${id}: ${stderr.slice(0, 2000) || (error?.message ?? "no word")}`));
    });
  });
}

for (const line of brokenAnchors()) {
  console.error(line);
  process.exitCode = 1;
}
const chosen = values.only?.split(",") ?? BUGS.map(({ id }) => id);
const waiting = [...chosen];
const trials: Trial[] = [];
if (!values.json) console.log(`${"bug".padEnd(18)} ${"invariant".padEnd(9)} ${"runs".padStart(6)}  caught by it as`);
const work = async (): Promise<void> => {
  for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
    const trial = await tryOne(id);
    trials.push(trial);
    if (!values.json)
      console.log(
        `${trial.id.padEnd(18)} ${trial.invariant.padEnd(9)} ${String(trial.runs ?? "never").padStart(6)}  ${trial.text.slice(0, 90)}${trial.others.length > 0 ? ` (also ${trial.others.join(" ")})` : ""}`,
      );
  }
};
await Promise.all(Array.from({ length: Number(values["at-once"]) }, work));
const escaped = trials.filter(({ runs }) => runs === null);
if (values.json) console.log(JSON.stringify(trials));
else
  console.log(
    `\n${trials.length - escaped.length} of ${trials.length} bugs caught within ${values.most} runs${escaped.length > 0 ? `; escaped: ${escaped.map(({ id }) => id).join(", ")}` : ""}`,
  );
if (escaped.length > 0) process.exitCode = 1;
