/** What deciding costs in CPU time, on long answers put together from recorded ones. The judge replies at once; reading the answers is not in it. */
import { estimateTokens, TOKEN_MARGIN } from "../../core/tokens.ts";
import { candidatesOf, decided } from "./court.ts";

export interface CostLine {
  candidates: number;
  /** characters of each */
  length: number;
  counted_ms: number;
  judged_ms: number;
  most_ms: number;
}

/** Tokens of an adjudicator's window; what is longer is shortened. */
const WINDOW_TOKENS = 100_000;
const countTokens = (text: string): number => estimateTokens(text) * TOKEN_MARGIN;
const NUMBER = { type: "number" } as const;

/** Different for each: recorded outputs one after the other, from another place on. */
function longTexts(outputs: readonly string[], candidates: number, length: number): string[] {
  return Array.from({ length: candidates }, (_, index) => {
    let text = "";
    for (let at = index * 7; text.length < length; at += 1) text += `${outputs[at % outputs.length] ?? ""}\n\n`;
    return text.slice(0, length);
  });
}

async function median(rounds: number, cpuMs: () => number, act: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const from = cpuMs();
    await act();
    times.push(cpuMs() - from);
  }
  return times.toSorted((a, b) => a - b)[rounds >> 1] ?? 0;
}

async function costLine(outputs: readonly string[], cpuMs: () => number, size: Pick<CostLine, "candidates" | "length" | "most_ms">) {
  const texts = longTexts(outputs, size.candidates, size.length);
  const [numbers, proses] = [candidatesOf(texts, NUMBER), candidatesOf(texts)];
  const reply = (): string => '{"winner":"A"}';
  const question = "Which is right?";
  const rounds = size.length < 10_000 ? 101 : 21;
  const counted = (): Promise<unknown> => decided({ strategy: "vote", answer: NUMBER, question, candidates: numbers, reply });
  const judged = (): Promise<unknown> =>
    decided({ strategy: "pick", question, candidates: proses, reply, promptTokens: WINDOW_TOKENS, countTokens });
  return { ...size, counted_ms: await median(rounds, cpuMs, counted), judged_ms: await median(rounds, cpuMs, judged) };
}

/** Medians. None where no time is lent or nothing is recorded. */
export async function measureCost(outputs: readonly string[], cpuMs: (() => number) | undefined): Promise<CostLine[]> {
  if (cpuMs === undefined || outputs.every((text) => text === "")) return [];
  return [
    await costLine(outputs, cpuMs, { candidates: 5, length: 2_000, most_ms: 1 }),
    await costLine(outputs, cpuMs, { candidates: 16, length: 50_000, most_ms: 20 }),
  ];
}

const dear = ({ counted_ms, judged_ms, most_ms }: CostLine): boolean => Math.max(counted_ms, judged_ms) > most_ms;
const sizeOf = ({ candidates, length }: CostLine): string => `${candidates} candidates of ${length / 1000} kB`;
export const costShort = (lines: readonly CostLine[]): string[] =>
  lines
    .filter(dear)
    .map((line) => `deciding over ${sizeOf(line)} took more than ${line.most_ms} ms of CPU time (on a busy machine: measure again)`);

export const costText = (lines: readonly CostLine[]): string =>
  lines
    .map((line) => {
      const [counted, judged] = [line.counted_ms, line.judged_ms].map((ms) => ms.toFixed(2));
      return `Deciding over ${sizeOf(line)}: ${counted} ms of CPU time counted, ${judged} ms judged in two orders; at most ${line.most_ms} ms wanted.\n`;
    })
    .join("");
