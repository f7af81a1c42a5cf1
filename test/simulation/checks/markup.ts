/** What HTML, Markdown and a terminal may hold of a report, read by small readers of their own: our own marks and plain text, nothing that a model wrote as a mark. */
import type { Report } from "../../../src/core/report.ts";

const shown = (code: number): string => `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
const [TAB, LINE_FEED] = [0x09, 0x0a];
/** Marks of the reading order and separators of lines, from and to. */
const BENDS: readonly [number, number][] = [
  [0x61c, 0x61c],
  [0x200e, 0x200f],
  [0x2028, 0x202e],
  [0x2066, 0x2069],
  [0xfeff, 0xfeff],
];
const isControl = (code: number): boolean => (code < 0x20 && code !== TAB && code !== LINE_FEED) || (code >= 0x7f && code < 0xa0);
/** Controls but \n and \t, half characters, line separators, bidi marks. */
function unsafe(text: string): string | null {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isControl(code) || BENDS.some(([from, to]) => code >= from && code <= to)) return `the control ${shown(code)}`;
  }
  return text.isWellFormed() ? null : "half a character";
}
export const wrongTerminal = (text: string): string | null => unsafe(text);

const TAGS = new Set(["head", "title", "body", "h1", "h2", "p", "strong", "pre", "table", "tr", "th", "td", "ul", "li"]);
const WHOLE_TAGS = new Set([
  "!doctype html",
  'html lang="en"',
  'link rel="stylesheet" href="/docs.css"',
  "/html",
  'meta charset="utf-8"',
  'meta name="viewport" content="width=device-width"',
]);

export function wrongHtml(html: string, report: Report): string | null {
  const open: string[] = [];
  let rows = 0;
  for (const [, tag = ""] of html.matchAll(/<([^>]*)>/g)) {
    if (WHOLE_TAGS.has(tag)) continue;
    const name = tag.replace("/", "");
    if (!TAGS.has(name)) return `the tag <${tag.slice(0, 40)}>`;
    if (!tag.startsWith("/")) open.push(name);
    else if (open.pop() !== name) return `</${name}> closes another`;
    if (tag === "tr") rows += 1;
  }
  if (open.length > 0) return `<${open.join()}> stays open`;
  if (rows !== report.outcomes.length + 1) return `${rows} rows for ${report.outcomes.length} outcomes`;
  const text = html.replaceAll(/<[^>]*>/g, "");
  if (/[<>]/.test(text)) return "a bare angle bracket";
  const entity = /&(?!(?:amp|lt|gt|quot|#39);)/.exec(text);
  return entity === null ? unsafe(text) : "a bare ampersand";
}

/** Marks inside of a line that nothing escapes. */
function markIn(line: string): string | null {
  // an escaped character is text
  const bare = line.replaceAll(/\\[!-/:-@[-`{-~]/g, "");
  const found = /!\[|[<>[\]`*_]|~~?/.exec(bare)?.[0];
  return found === undefined ? null : `the mark ${found}`;
}
const BLOCK = /^ {0,3}(?:[-+*]|\d{1,9}[.)])(?:\s|$)|^ {0,3}(?:>|#{1,6}(?:\s|$)|~{3}|`{3}|=+\s*$|-+\s*$)|^(?: {4}|\t)\S/;

/** Lines as blocks: headings of ours, tables with a row for each seat, one fenced text, lists of losses, plain paragraphs. */
export function wrongMarkdown(markdown: string, report: Report): string | null {
  let fence: string | null = null;
  let rows = 0;
  const headings: string[] = [];
  for (const [index, line] of markdown.split(/\r\n|\n|\r/).entries()) {
    if (fence !== null) {
      const closing = /^ {0,3}(`{3,})\s*$/.exec(line)?.[1] ?? "";
      if (closing.length >= fence.length) fence = null;
      continue;
    }
    const opened = /^(`{3,})text$/.exec(line)?.[1];
    if (opened !== undefined) fence = opened;
    else if (/^#{1,2} (?:Report run_\w+|Answer|Members|Losses|Why)$/.test(line)) headings.push(line);
    else if (line.startsWith("| ")) {
      rows += 1;
      const cells = line.replaceAll(/\\[!-/:-@[-`{-~]/g, "").split("|").length - 2;
      if (cells !== 5) return `a row of ${cells} cells`;
      const mark = line.startsWith("| ---") ? null : markIn(line);
      if (mark !== null) return `${mark} in a row`;
    } else {
      const own = headings.at(-1) === "## Losses" ? /^- [a-z-]+(?=[ :])/ : /^\*\*[a-z-]+\*\*: /;
      const plain = line.replace(own, "");
      if (BLOCK.test(plain)) return `line ${index + 1} begins a block: ${JSON.stringify(plain.slice(0, 40))}`;
      const mark = markIn(plain);
      if (mark !== null) return `${mark} in ${JSON.stringify(plain.slice(0, 60))}`;
    }
  }
  if (fence !== null) return "a fence stays open";
  if (rows !== report.outcomes.length + 2) return `${rows - 2} rows for ${report.outcomes.length} outcomes`;
  if (new Set(headings).size !== headings.length || !headings.includes("## Members")) return `the headings are ${headings.join(", ")}`;
  return unsafe(markdown);
}
