/** Folds logs: lines of one kind become one line with a count. Linear; the gentler ways never fold a distinct error line away. */
import { type LogLine, readLogLine } from "./log-lines.ts";

/**
 * How hard: `runs` folds neighbours only; `anywhere` folds later lines into the first of their kind; both tell error lines apart
 * by their plain numbers too. `kinds` folds anywhere and takes an error line for what it says, whatever its numbers.
 */
export type FoldReach = "runs" | "anywhere" | "kinds";
export interface Folded {
  text: string;
  /** lines that are no longer there by themselves */
  folded: number;
}

/** shorter texts, and texts of shorter lines on average, are no logs */
const FEWEST_LINES = 8;
const SHORTEST_LINE = 8;
/** a run of two is told as fast as it is counted */
const SHORTEST_RUN = 3;

function note(line: string, times: number, reach: FoldReach): string {
  const where = reach === "runs" ? "in a row" : "from here on";
  const end = line.endsWith("\r") ? "\r" : "";
  return `${end === "" ? line : line.slice(0, -1)}  [… ${times} such lines ${where}, differing in times, numbers or ids]${end}`;
}
/** a line that was folded before stays as it is */
const NOTED = / such lines (?:in a row|from here on), differing in times, numbers or ids\]\r?$/;
const wasFolded = (line: string): boolean => line.includes("]", line.length - 2) && NOTED.test(line.slice(-96));

interface Group {
  line: LogLine;
  times: number;
  kind: string | null;
}

function group(lines: readonly LogLine[], reach: FoldReach): Group[] {
  const groups: Group[] = [];
  const first = new Map<string, Group>();
  for (const line of lines) {
    const kind = reach === "kinds" ? line.kind : line.careful;
    const open = kind === null ? undefined : reach === "runs" ? groups.at(-1) : first.get(kind);
    if (open !== undefined && open.kind === kind) {
      open.times += 1;
      continue;
    }
    const made = { line, times: 1, kind };
    groups.push(made);
    if (kind !== null && reach !== "runs") first.set(kind, made);
  }
  return groups;
}

/** The text's lines, read once for all ways of folding; null when it is no log. */
export function readLog(text: string): LogLine[] | null {
  const lines = text.split("\n");
  if (lines.length < FEWEST_LINES || text.length < lines.length * SHORTEST_LINE) return null;
  return lines.map((line) => (wasFolded(line) ? { text: line, kind: null, careful: null } : readLogLine(line)));
}

export function foldLines(lines: readonly LogLine[], reach: FoldReach): Folded {
  const out: string[] = [];
  let folded = 0;
  let at = 0;
  for (const { line, times } of group(lines, reach)) {
    // only neighbours can be written out again where they stood
    if (reach === "runs" && times < SHORTEST_RUN) for (let copy = 0; copy < times; copy += 1) out.push(lines[at + copy]?.text ?? "");
    else {
      out.push(times === 1 ? line.text : note(line.text, times, reach));
      folded += times - 1;
    }
    at += times;
  }
  return { text: out.join("\n"), folded };
}
