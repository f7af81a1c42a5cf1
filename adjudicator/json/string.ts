/** Reads one quoted string as models write it: raw newlines, LaTeX, inner quotes that nobody escaped. Never looks further ahead than a short window. */
import { startsCommand } from "./latex.ts";

export interface StringRead {
  value: string;
  /** one past the closing quote */
  end: number;
  closed: boolean;
}

const ESCAPES: Record<string, string> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
/** How far behind a quote we look to tell whether it ends the string, in characters. */
const WINDOW = 80;

/** `at` stands on the opening quote, or on the backslash of an escaped one (`\"text\"`). */
export function readString(text: string, at: number, place: "key" | "value"): StringRead {
  const escaped = text[at] === "\\";
  const quote = text[escaped ? at + 1 : at] ?? '"';
  let value = "";
  let from = at + (escaped ? 2 : 1);
  let i = from;
  for (; i < text.length; i++) {
    const c = text[i];
    if (c === "\\") {
      if (escaped && text[i + 1] === quote && ends(text, i + 2, place))
        return { value: value + text.slice(from, i), end: i + 2, closed: true };
      const escape = readEscape(text, i);
      value += text.slice(from, i) + escape.value;
      from = escape.end;
      i = from - 1;
    } else if (c === quote && !escaped && ends(text, i + 1, place)) return { value: value + text.slice(from, i), end: i + 1, closed: true };
  }
  return { value: value + text.slice(from), end: text.length, closed: false };
}

function readEscape(text: string, at: number): { value: string; end: number } {
  const c = text[at + 1] ?? "";
  if (startsCommand(text, at)) return { value: "\\", end: at + 1 };
  if (c === '"' || c === "\\" || c === "/" || c === "'") return { value: c, end: at + 2 };
  if (c === "u") return { value: String.fromCharCode(Number.parseInt(text.slice(at + 2, at + 6), 16)), end: at + 6 };
  const plain = ESCAPES[c];
  return plain === undefined ? { value: "\\", end: at + 1 } : { value: plain, end: at + 2 };
}

/** Does a quote end the string, given what follows it? Inner quotes are followed by prose. */
function ends(text: string, after: number, place: "key" | "value"): boolean {
  const ahead = text.slice(after, after + WINDOW);
  const rest = ahead.trimStart();
  if (rest === "") return true;
  const next = rest[0] ?? "";
  if (place === "key") return next === ":";
  if ("}])#".includes(next) || rest.startsWith("//")) return true;
  if (next === ",") return /^,\s{0,40}(?:["'{}[\]\-\d]|(?:true|false|null|True|False|None)\b|[\w$]{1,40}\s{0,4}:|$)/.test(rest);
  // a missing comma between two members: the next line starts with a key
  return /^["'][\w $-]{1,40}["']\s{0,4}:/.test(rest) && ahead.slice(0, ahead.length - rest.length).includes("\n");
}
