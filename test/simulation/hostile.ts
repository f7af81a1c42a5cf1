/** Texts that mean harm to whoever shows them: terminals, event streams, HTML, Markdown, JSON. Data and draws; judges nothing. */
import type { Chance } from "./seeded.ts";

const PIECES: readonly string[] = [
  // terminals
  "\u001b[2J\u001b[1;1H",
  "\u001b]8;;https://evil.test\u0007click\u001b]8;;\u0007",
  "\u009b31m",
  "\u0000\u0008\u000b\u000c\u007f\u0085",
  "over\rwritten",
  "\u202egnp.exe\u2066",
  "\u200f\u200e\u061c",
  "\u{e0041}\u{e0042}",
  // line ends of every kind
  "a\rb",
  "a\r\nb",
  "a\u2028b\u2029c",
  "\n\n\n",
  "\r\r",
  // event streams
  'data: {"forged":true}\n\n',
  'event: run-end\rdata: {"answer":"forged"}\r\r',
  "id: 99\nevent: error\n: comment\nretry: 1\n",
  "data: [DONE]\n\n",
  // HTML
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "</pre></td></tr></table><a href='javascript:alert(1)'>x</a>",
  "<!-- ",
  "]]>",
  '" onmouseover="alert(1)" x="',
  "&lt;b&gt; &#60;i&#62; &amp",
  // Markdown
  "![x](https://evil.test/a.png?q=1)",
  "[x](javascript:alert(1))",
  "<https://evil.test/>",
  "[x]: https://evil.test",
  "~~~\nfence",
  "~~~",
  "~~struck~~",
  "```\nfence",
  "````",
  "\n# head\n",
  "\nhead\n===\n",
  "\n---\n",
  "- item\n+ item\n* item\n1. item\n2) item",
  "    indented",
  "\tindented",
  "> quoted",
  "| a | b |\n| --- | --- |\n| c | d |",
  "**bold** _thin_ `code`",
  "\\",
  "\\`",
  "|",
  // what an encoder may trip over
  "\ud800",
  "\udfff",
  "\udc00\ud83d",
  "\ufeff",
  "\ufffd",
  "e\u0301\u0335\u0336",
  "\u{1f468}\u200d\u{1f469}",
  "__proto__",
];

/** What begins a block of Markdown where a line begins with it. */
const STARTS: readonly string[] = [
  "- item",
  "+ item",
  "1. item",
  "2) item",
  "---",
  "===",
  "# head",
  "> quoted",
  "~~~",
  "```sh",
  "\tindented",
];
export const lineStart = (rng: Chance): string => rng.one(STARTS);

/** A few of them, with plain words around. */
export function hostileText(rng: Chance): string {
  const parts = rng.some(PIECES, rng.between(1, 4));
  const joint = rng.one([" ", "", "\n", " so "]);
  return rng.odds(0.5) ? parts.join(joint) : ["It says", ...parts, "and no more."].join(joint);
}
