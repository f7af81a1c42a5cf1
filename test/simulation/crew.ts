/** Spreads a campaign over worker threads, each with every n-th seed, and gathers what they found. */
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { campaign, type CampaignOrder, merge, type Sums } from "./campaign.ts";

type Word = { progress: number; failed: number } | { sums: Sums };

/** A million runs have time for so many words. */
const EVERY_WORLDS = 25;

export interface Progress {
  runs: number;
  failed: number;
}

export async function runCrew(
  order: { seed: number; runs: number; workers: number },
  onProgress: (progress: Progress) => void,
): Promise<Sums> {
  const { seed, runs, workers } = order;
  if (workers <= 1) {
    const { findings, ...rest } = await campaign({
      seed,
      runs,
      onWorld: (sums) => (onProgress({ runs: sums.runs, failed: sums.findings.length }), false),
    });
    return { findings, ...rest };
  }
  const seen = Array.from({ length: workers }, (): Progress => ({ runs: 0, failed: 0 }));
  const tell = (): void =>
    onProgress({ runs: seen.reduce((sum, one) => sum + one.runs, 0), failed: seen.reduce((sum, one) => sum + one.failed, 0) });
  const share = Math.ceil(runs / workers);
  const parts = await Promise.all(
    seen.map(
      (_, index) =>
        new Promise<Sums>((resolve, reject) => {
          const worker = new Worker(new URL(import.meta.url), {
            workerData: { seed: seed + index, runs: share, step: workers } satisfies CampaignOrder,
          });
          worker.on("message", (word: Word) => {
            if ("sums" in word) return resolve(word.sums);
            seen[index] = { runs: word.progress, failed: word.failed };
            tell();
          });
          worker.on("error", reject);
          worker.on("exit", (code) => reject(new Error(`a worker ended with ${code}`)));
        }),
    ),
  );
  return merge(parts);
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  const sums = await campaign({
    ...(workerData as CampaignOrder),
    onWorld: ({ worlds, runs, findings }) => {
      if (worlds % EVERY_WORLDS === 0) port.postMessage({ progress: runs, failed: findings.length } satisfies Word);
      return false;
    },
  });
  port.postMessage({ sums } satisfies Word);
}
