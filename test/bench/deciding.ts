/** What one decision costs in CPU time, and what reading the answers costs beside it; run by hand and by the benchmark. */
import { adjudicate, type AnswerSpec, type Candidate, inspectAnswer } from "../../adjudicator/index.ts";
import { estimateTokens, TOKEN_MARGIN } from "../../src/core/tokens.ts";
import { candidate, decisionInput, sayingAsk } from "../adjudicator/decision-kit.ts";

interface DecidingCost {
  name: string;
  ms: number;
  /** null = printed only */
  budgetMs: number | null;
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

const TEXT: AnswerSpec = { type: "text" };
const NUMBER: AnswerSpec = { type: "number" };
/** As a run measures the window: it is the dearest part of judging long answers. */
const countTokens = (text: string): number => estimateTokens(text) * TOKEN_MARGIN;

/** As they come off the panel: each answer is read once, when it arrives. */
function read(texts: string[], answer: AnswerSpec): Candidate[] {
  return texts.map((text, index) => {
    const { flags, reading } = inspectAnswer({ text, toolCalls: [], finish: "stop", answer, tools: null });
    return candidate(index + 1, null, { text, flags, reading });
  });
}

async function median(rounds: number, act: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = process.cpuUsage();
    await act();
    const { user, system } = process.cpuUsage(started);
    times.push((user + system) / 1_000);
  }
  return times.toSorted((a, b) => a - b)[rounds >> 1] ?? 0;
}

/** Medians. The budget is for counting and for a judged pick with its prompts; reading stands beside it, without a budget of its own. */
async function measureDeciding(): Promise<DecidingCost[]> {
  const costs: DecidingCost[] = [];
  for (const [count, bytes, budgetMs, rounds] of [
    [5, 2_000, 1, 200],
    [16, 50_000, 20, 15],
  ] as const) {
    const texts = Array.from({ length: count }, (_, index) => prose(bytes, index + 1));
    const [numbers, proses] = [read(texts, NUMBER), read(texts, TEXT)];
    const vote = (): unknown => adjudicate(decisionInput(numbers, { answer: NUMBER, strategy: "vote" }));
    const judge = { ask: sayingAsk('{"winner":"A"}'), countTokens };
    const pick = (): unknown => adjudicate(decisionInput(proses, { answer: TEXT, strategy: "pick", ...judge }));
    const size = `${count} × ${bytes / 1_000} kB`;
    costs.push({ name: `${size} counted`, ms: await median(rounds, vote), budgetMs });
    costs.push({ name: `${size} judged`, ms: await median(rounds, pick), budgetMs });
    for (const answer of [NUMBER, TEXT])
      costs.push({ name: `${size} read as ${answer.type}`, ms: await median(rounds, () => read(texts, answer)), budgetMs: null });
  }
  return costs;
}

export async function printDeciding(): Promise<void> {
  for (const { name, ms, budgetMs } of await measureDeciding()) {
    const verdict = budgetMs === null ? "" : ms > budgetMs ? ` OVER ${budgetMs} ms` : ` (budget ${budgetMs} ms)`;
    process.stdout.write(`${name.padEnd(28)} ${ms.toFixed(3)} ms${verdict}\n`);
  }
}

if (import.meta.main) await printDeciding();
