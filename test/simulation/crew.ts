/** Spreads a campaign over worker threads, each with every n-th seed, tells what they find as they find it, and gathers it all. */
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { campaign, type CampaignOrder, merge, type Sums } from "./campaign.ts";
import type { Finding } from "./checks/tally.ts";

/** What a worker says: how far it is, what it has found since, and in the end all of it. */
type Word = { runs: number; found: Finding[] } | { sums: Sums };

/** A million runs have time for so many words. */
const EVERY_WORLDS = 25;

export interface CrewOrder {
  seed: number;
  runs: number;
  workers: number;
  /** aborted = no further world is begun */
  stop: AbortSignal;
  onProgress(runs: number): void;
  onFinding(finding: Finding): void;
}

function alone({ seed, runs, stop, onProgress, onFinding }: CrewOrder): Promise<Sums> {
  let told = 0;
  return campaign({
    seed,
    runs,
    onWorld: (sums) => {
      for (const finding of sums.findings.slice(told)) onFinding(finding);
      told = sums.findings.length;
      onProgress(sums.runs);
      return stop.aborted;
    },
  });
}

export async function runCrew(order: CrewOrder): Promise<Sums> {
  const { seed, runs, workers, stop, onProgress, onFinding } = order;
  if (workers <= 1) return alone(order);
  const done = Array.from({ length: workers }, () => 0);
  const share = Math.ceil(runs / workers);
  const one = (index: number): Promise<Sums> =>
    new Promise((resolve, reject) => {
      const mine: CampaignOrder = { seed: seed + index, runs: share, step: workers };
      const worker = new Worker(new URL(import.meta.url), { workerData: mine });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
      stop.addEventListener("abort", () => worker.postMessage("stop"));
      worker.on("message", (word: Word) => {
        if ("sums" in word) return resolve(word.sums);
        done[index] = word.runs;
        for (const finding of word.found) onFinding(finding);
        onProgress(done.reduce((sum, part) => sum + part, 0));
      });
      worker.on("error", reject);
      worker.on("exit", (code) => reject(new Error(`a worker ended with ${code}`)));
    });
  return merge(await Promise.all(done.map((_, index) => one(index))));
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  let told = 0;
  let stopped = false;
  port.on("message", () => void (stopped = true));
  const say = (runs: number, findings: Finding[]): void => {
    port.postMessage({ runs, found: findings.slice(told) } satisfies Word);
    told = findings.length;
  };
  const sums = await campaign({
    ...(workerData as CampaignOrder),
    onWorld: ({ worlds, runs, findings }) => {
      if (worlds % EVERY_WORLDS === 0 || findings.length > told) say(runs, findings);
      return stopped;
    },
  });
  say(sums.runs, sums.findings);
  port.postMessage({ sums } satisfies Word);
  port.close();
}
