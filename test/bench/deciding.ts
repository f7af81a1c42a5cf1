/** What one decision costs: reading, counting and the verdict, in CPU time; run by hand and by the benchmark. Budgets: 1 ms for 5 × 2 kB, 20 ms for 16 × 50 kB. */
import { adjudicate, type AnswerSpec, inspectAnswer } from "../../adjudicator/index.ts";
import { candidate, decisionInput } from "../adjudicator/decision-kit.ts";

export interface DecidingCost {
  name: string;
  ms: number;
  budgetMs: number;
}

const words = "the service failed to open its socket because another process held the port and so the retry loop ran again ".split(" ");
/** Prose of a given length that ends in an answer; every candidate is another text. */
function prose(bytes: number, seed: number): string {
  const parts: string[] = [];
  for (let length = 0, at = seed; length < bytes; at = (at * 31 + 7) % 1_000_003) {
    const word = words[at % words.length] ?? "";
    parts.push(word);
    length += word.length + 1;
  }
  return `${parts.join(" ")}\nThe answer is ${40 + (seed % 3)}.`;
}

const TYPES: AnswerSpec[] = [
  { type: "text" },
  { type: "number" },
  { type: "exact" },
  { type: "json" },
  { type: "choice", choices: ["40", "41", "42"] },
];

async function decideOnce(texts: string[], answer: AnswerSpec): Promise<void> {
  const candidates = texts.map((text, index) => {
    const { flags, reading } = inspectAnswer({ text, toolCalls: [], finish: "stop", answer, tools: null });
    return candidate(index + 1, null, { text, flags, reading });
  });
  await adjudicate(decisionInput(candidates, { answer, strategy: "vote" }));
}

/** Median over the rounds of the slowest answer type. */
export async function measureDeciding(): Promise<DecidingCost[]> {
  const costs: DecidingCost[] = [];
  for (const [count, bytes, budgetMs, rounds] of [
    [5, 2_000, 1, 200],
    [16, 50_000, 20, 15],
  ] as const) {
    const texts = Array.from({ length: count }, (_, index) => prose(bytes, index + 1));
    for (const answer of TYPES) {
      const times: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const started = process.cpuUsage();
        await decideOnce(texts, answer);
        const { user, system } = process.cpuUsage(started);
        times.push((user + system) / 1_000);
      }
      costs.push({ name: `${count} × ${bytes} B, ${answer.type}`, ms: times.toSorted((a, b) => a - b)[rounds >> 1] ?? 0, budgetMs });
    }
  }
  return costs;
}

if (import.meta.main)
  for (const { name, ms, budgetMs } of await measureDeciding())
    process.stdout.write(`${name.padEnd(24)} ${ms.toFixed(3)} ms (budget ${budgetMs})${ms > budgetMs ? " OVER" : ""}\n`);
