/** Reads the kind of a log line: what is left when times, numbers and ids are taken for equal. Linear; keeps nothing. */

/** longer lines are compared whole, as they stand */
const LONGEST_LINE = 4096;
/** from this length on a word of letters and digits is an id, whatever the letters */
const ID_LENGTH = 6;
/** from this length on hex digits are an id */
const HEX_ID_LENGTH = 8;

export interface LogLine {
  text: string;
  /** equal for lines that are equal but for times, numbers and ids; null = never folded: numbers and marks alone are data, no log */
  kind: string | null;
  /** as `kind`, but an error line keeps its plain numbers */
  careful: string | null;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isLetter = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
const isHexLetter = (code: number): boolean => (code >= 97 && code <= 102) || (code >= 65 && code <= 70);

interface Word {
  end: number;
  digits: number;
  hex: boolean;
  /** only digits, and the T and Z of an ISO time */
  stamp: boolean;
}
function readWord(line: string, start: number): Word {
  const word = { end: start, digits: 0, hex: true, stamp: true };
  for (; word.end < line.length; word.end += 1) {
    const code = line.charCodeAt(word.end);
    if (isDigit(code)) {
      word.digits += 1;
      continue;
    }
    if (!isLetter(code)) break;
    if (!isHexLetter(code)) word.hex = false;
    if (code !== 84 && code !== 90) word.stamp = false;
  }
  return word;
}

/** A number between `:`, `-`, `.`, `/` or `,` and another number (a time, a date, an address) or in brackets (a process id). */
function insideStamp(line: string, start: number, end: number): boolean {
  const joins = (at: number, beyond: number): boolean => ":-./,".includes(line.charAt(at)) && isDigit(line.charCodeAt(beyond));
  if (line.charAt(start - 1) === "[" && line.charAt(end) === "]") return true;
  return (start > 1 && joins(start - 1, start - 2)) || joins(end, end + 1);
}

/** What stands for a word that has digits. */
function maskWord(line: string, start: number, word: Word, careful: boolean): string {
  const length = word.end - start;
  if (word.hex && length >= HEX_ID_LENGTH && word.digits < length) return "#";
  if (careful) return word.stamp && insideStamp(line, start, word.end) ? "#" : line.slice(start, word.end);
  return word.digits === length || length >= ID_LENGTH ? "#" : line.slice(start, word.end).replace(/\d+/g, "#");
}

function kindOf(line: string, careful: boolean): string | null {
  let kind = "";
  let last = 0;
  let at = 0;
  let speaks = false;
  while (at < line.length) {
    const code = line.charCodeAt(at);
    if (isDigit(code) || isLetter(code)) {
      const word = readWord(line, at);
      if (word.digits > 0) {
        kind += line.slice(last, at) + maskWord(line, at, word, careful);
        last = word.end;
      }
      speaks ||= word.end - at - word.digits >= 2;
      at = word.end;
      continue;
    }
    if (code === 32 && line.charCodeAt(at + 1) === 32) {
      // columns are padded by the width of their numbers
      kind += line.slice(last, at);
      last = at + 1;
    }
    speaks ||= code > 127;
    at += 1;
  }
  return speaks ? kind + line.slice(last) : null;
}

const TROUBLE = /\b(?:error|err|fatal|panic|crit|critical|emerg|alert|severe|exception|traceback)\b/i;

export function readLogLine(text: string): LogLine {
  if (text.length > LONGEST_LINE) return { text, kind: text, careful: text };
  const kind = kindOf(text, false);
  return { text, kind, careful: kind !== null && TROUBLE.test(text) ? kindOf(text, true) : kind };
}
