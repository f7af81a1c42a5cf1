/** Recorded verdicts on pairs of answers: whom a tournament over them ranks first, and what people say of that one. No call at all. */
import { judged, type Shown } from "./court.ts";

export interface RankLine {
  judge: string;
  rows: number;
  ranked: number;
  /** ranked first: an answer that people put first or level with it */
  best: number;
}
type Side = "a" | "b";
interface Pair {
  a: string;
  b: string;
  human: (Side | "tie")[];
  judges: Record<string, { verdict: Side | "tie" | null }>;
}
export interface RankRow {
  instruction: string;
  outputs: Record<string, string>;
  pairs: Pair[];
}
/** Whom more than half of the people prefer; null for a tie. */
function preferred({ human, a, b }: Pair): string | null {
  const votes = (side: Side): number => human.filter((vote) => vote === side).length;
  return votes("a") * 2 > human.length ? a : votes("b") * 2 > human.length ? b : null;
}
/** Pairs that people decided for a model, less those against it. */
const standing = (row: RankRow, model: string): number =>
  row.pairs.reduce((sum, pair) => {
    const best = preferred(pair);
    return sum + (best === model ? 1 : best !== null && (pair.a === model || pair.b === model) ? -1 : 0);
  }, 0);

async function rankLine(judge: string, rows: readonly RankRow[]): Promise<RankLine> {
  const line: RankLine = { judge, rows: rows.length, ranked: 0, best: 0 };
  for (const row of rows) {
    const models = Object.keys(row.outputs);
    const modelOf = (text: string): string => models.find((model) => row.outputs[model] === text) ?? "";
    const asRecorded = (shown: Shown[]): string => {
      const two = shown.map(({ label, text }) => ({ label, model: modelOf(text) }));
      const pair = row.pairs.find(({ a, b }) => two.every(({ model }) => model === a || model === b));
      const side = pair?.judges[judge]?.verdict;
      const winner = pair && (side === "a" || side === "b") ? pair[side] : null;
      // a tie, or a pair that nobody judged: a judge that goes by place
      return JSON.stringify({ winner: two.find(({ model }) => model === winner)?.label ?? "A" });
    };
    const texts = [...new Set(Object.values(row.outputs))];
    const { verdict } = await judged({ strategy: "rank", question: row.instruction, texts, judge: asRecorded });
    if (verdict.how !== "ranked") continue;
    const first = modelOf(texts[Number(verdict.winner?.split("/")[1]) - 1] ?? "");
    line.ranked += 1;
    line.best += Number(standing(row, first) >= Math.max(...models.map((model) => standing(row, model))));
  }
  return line;
}

export async function rankLines(rows: readonly RankRow[]): Promise<RankLine[]> {
  const lines: RankLine[] = [];
  const names = new Set(rows.flatMap(({ pairs }) => pairs.flatMap(({ judges }) => Object.keys(judges))));
  for (const judge of names) lines.push(await rankLine(judge, rows));
  return lines;
}
