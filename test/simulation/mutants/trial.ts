/** One bug in one process: `trial.ts <bug> [most runs] [seed]` plants it, simulates until its own invariant catches it, and prints one line of JSON. */
import { BUGS } from "./bugs.ts";
import { plant } from "./plant.ts";

export interface Trial {
  id: string;
  invariant: string;
  what: string;
  /** runs until its own invariant caught it; null = it did not */
  runs: number | null;
  played: number;
  others: string[];
  text: string;
}

const [id = "", most = "10000", seed = "1"] = process.argv.slice(2);
const { invariant, what } = plant(id);
const { campaign } = await import("../campaign.ts");
const { evenness } = await import("../evenness.ts");

let caughtAt: number | null = null;
const sums = await campaign({
  seed: Number(seed),
  runs: Number(most),
  onWorld: ({ runs, findings, places, worlds }) => {
    const own = findings.some((finding) => finding.invariant === invariant);
    const uneven = invariant === "I14" && worlds % 50 === 0 && evenness(new Map(Object.entries(places))).findings.length > 0;
    if (own || uneven) caughtAt = runs;
    return caughtAt !== null;
  },
});
const others = [...new Set(sums.findings.map((finding) => finding.invariant))].filter((name) => name !== invariant);
const first = sums.findings.find((finding) => finding.invariant === invariant);
const text = first?.text ?? (caughtAt === null ? "" : "places are not even");
console.log(JSON.stringify({ id, invariant, what, runs: caughtAt, played: sums.runs, others, text } satisfies Trial));
process.exit(caughtAt === null && BUGS.length > 0 ? 1 : 0);
