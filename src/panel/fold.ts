/** Folds logs: lines equal but for times, numbers and ids become one line with a count. Linear, and no distinct error line is ever folded away. */

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

/** shorter texts are no logs */
const FEWEST_LINES = 8;
/** a run of two is told as fast as it is counted */
const SHORTEST_RUN = 3;
/** longer lines are compared whole, as they stand */
const LONGEST_LINE = 4096;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isAlphanumeric = (code: number): boolean => isDigit(code) || (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
const isHexLetter = (code: number): boolean => (code >= 97 && code <= 102) || (code >= 65 && code <= 70);

interface Word {
  end: number;
  digits: number;
  hex: boolean;
  /** only digits, and the T and Z of an ISO time */
  stamp: boolean;
}
function readWord(line: string, start: number): Word {
  let end = start;
  let digits = 0;
  let hex = true;
  let stamp = true;
  for (; end < line.length; end += 1) {
    const code = line.charCodeAt(end);
    if (!isAlphanumeric(code)) break;
    if (isDigit(code)) {
      digits += 1;
      continue;
    }
    if (!isHexLetter(code)) hex = false;
    if (code !== 84 && code !== 90) stamp = false;
  }
  return { end, digits, hex, stamp };
}

/** What stands for a word in a kind: ids and numbers as "#". `strict` leaves plain numbers as they are. */
function maskWord(line: string, start: number, word: Word, strict: boolean): string {
  const text = line.slice(start, word.end);
  const length = word.end - start;
  if (word.digits === 0) return text;
  if (word.hex && length >= 8 && word.digits < length) return "#";
  if (!strict) return word.digits === length || length >= 6 ? "#" : text.replace(/\d+/g, "#");
  return word.stamp && insideStamp(line, start, word.end) ? "#" : text;
}

/** A number between `:`, `-`, `.` or `/` and another number (a time, a date, an address) or in brackets (a process id). */
function insideStamp(line: string, start: number, end: number): boolean {
  const joins = (at: number, beyond: number): boolean => ":-./,".includes(line.charAt(at)) && isDigit(line.charCodeAt(beyond));
  if (line.charAt(start - 1) === "[" && line.charAt(end) === "]") return true;
  return (start > 1 && joins(start - 1, start - 2)) || joins(end, end + 1);
}

/** The kind of a line: two lines of one kind are equal but for times, numbers and ids. */
function kindOf(line: string, strict: boolean): string {
  if (line.length > LONGEST_LINE) return line;
  let kind = "";
  let last = 0;
  let at = 0;
  while (at < line.length) {
    const code = line.charCodeAt(at);
    if (!isAlphanumeric(code)) {
      // columns are padded by the width of their numbers
      if (code === 32 && line.charCodeAt(at + 1) === 32) {
        kind += line.slice(last, at);
        last = at + 1;
      }
      at += 1;
      continue;
    }
    const word = readWord(line, at);
    if (word.digits > 0) {
      kind += line.slice(last, at) + maskWord(line, at, word, strict);
      last = word.end;
    }
    at = word.end;
  }
  return kind + line.slice(last);
}

const TROUBLE = /\b(?:error|err|fatal|panic|crit|critical|emerg|alert|severe|exception|traceback)\b/i;
const hasWord = (kind: string): boolean => /\p{L}{2}/u.test(kind);

/** null = never folded: nothing but numbers and marks, which are data rather than a log */
function foldKind(line: string, reach: FoldReach): string | null {
  const kind = kindOf(line, reach !== "kinds" && line.length <= LONGEST_LINE && TROUBLE.test(line));
  return hasWord(kind) ? kind : null;
}

function note(line: string, times: number, reach: FoldReach): string {
  const where = reach === "runs" ? "in a row" : "from here on";
  const end = line.endsWith("\r") ? "\r" : "";
  return `${end === "" ? line : line.slice(0, -1)}  [… ${times} such lines ${where}, differing in times, numbers or ids]${end}`;
}
interface Group {
  line: string;
  times: number;
  kind: string | null;
}
/** a line that was folded before stays as it is */
const NOTED = / such lines (?:in a row|from here on), differing in times, numbers or ids\]\r?$/;

function group(lines: readonly string[], reach: FoldReach): Group[] {
  const groups: Group[] = [];
  const first = new Map<string, Group>();
  for (const line of lines) {
    const kind = NOTED.test(line.slice(-96)) ? null : foldKind(line, reach);
    const open = kind === null ? undefined : reach === "runs" ? groups.at(-1) : first.get(kind);
    if (open !== undefined && kind !== null && open.kind === kind) {
      open.times += 1;
      continue;
    }
    const made = { line, times: 1, kind };
    groups.push(made);
    if (kind !== null) first.set(kind, made);
  }
  return groups;
}

/** Runs too short to be worth a note are written out again, which only `runs` can do in place. */
export function foldLog(text: string, reach: FoldReach): Folded {
  const lines = text.split("\n");
  if (lines.length < FEWEST_LINES) return { text, folded: 0 };
  const out: string[] = [];
  let folded = 0;
  let at = 0;
  for (const { line, times } of group(lines, reach)) {
    if (reach === "runs" && times < SHORTEST_RUN) for (let copy = 0; copy < times; copy += 1) out.push(lines[at + copy] ?? "");
    else {
      out.push(times === 1 ? line : note(line, times, reach));
      folded += times - 1;
    }
    at += times;
  }
  return folded === 0 ? { text, folded: 0 } : { text: out.join("\n"), folded };
}
