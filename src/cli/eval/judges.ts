/** Recorded judges of a folder: how their texts are read, what two orders are worth, who talks them round, whom they rank first. No call at all. */
import { type ReadVerdict, readVerdictText, type VerdictFormat } from "../../../adjudicator/index.ts";
import { UsageError } from "../exits.ts";
import { type InjectionLine, injectionLine, type InjectionRow } from "./judge-injection.ts";
import { type PanelLine, panelLines, type PanelRow } from "./judge-panel.ts";
import { type RankLine, rankLines, type RankRow } from "./judge-ranks.ts";

export const JUDGE_FILES = ["verdict-texts.jsonl", "judge-panel.jsonl", "judge-injection.jsonl", "rank-pairs.jsonl"] as const;
type JudgeFile = (typeof JUDGE_FILES)[number];

export interface VerdictsLine {
  texts: number;
  right: number;
  hard: number;
  hard_right: number;
  /** texts that decide nothing, and how many of them were given a verdict */
  silent: number;
  guessed: number;
}
export interface Judging {
  verdicts: VerdictsLine | null;
  panel: PanelLine[];
  injection: InjectionLine | null;
  ranks: RankLine[];
  missing: JudgeFile[];
}

function linesOf<T>(file: JudgeFile, text: string): T[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  try {
    return lines.map((line) => JSON.parse(line) as T);
  } catch {
    throw new UsageError(`${file}: holds a line that is no JSON`);
  }
}

interface VerdictRow {
  format: VerdictFormat;
  text: string;
  accept: ReadVerdict[];
  hard?: boolean;
}
function verdictsLine(rows: readonly VerdictRow[]): VerdictsLine {
  const read = rows.map((row) => ({ ...row, verdict: readVerdictText(row.text, row.format) }));
  const right = read.filter(({ accept, verdict }) => accept.includes(verdict));
  const silent = read.filter(({ accept }) => accept.every((one) => one === null));
  return {
    texts: rows.length,
    right: right.length,
    hard: rows.filter(({ hard }) => hard === true).length,
    hard_right: right.filter(({ hard }) => hard === true).length,
    silent: silent.length,
    guessed: silent.filter(({ verdict }) => verdict !== null).length,
  };
}

/** `texts`: the contents of the files that the folder has. */
export async function evaluateJudges(texts: ReadonlyMap<JudgeFile, string>): Promise<Judging> {
  const rowsOf = <T>(file: JudgeFile): T[] => linesOf<T>(file, texts.get(file) ?? "");
  const verdicts = rowsOf<VerdictRow>("verdict-texts.jsonl");
  const injections = rowsOf<InjectionRow>("judge-injection.jsonl");
  return {
    verdicts: verdicts.length > 0 ? verdictsLine(verdicts) : null,
    panel: await panelLines(rowsOf<PanelRow>("judge-panel.jsonl")),
    injection: injections.length > 0 ? await injectionLine(injections) : null,
    ranks: await rankLines(rowsOf<RankRow>("rank-pairs.jsonl")),
    missing: JUDGE_FILES.filter((file) => !texts.has(file)),
  };
}
