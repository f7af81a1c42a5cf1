/** The provenance filter of a merge: every URL, address, number, tag and piece of code in it must stand in a candidate. Knows nothing of who wrote it. */
import { withoutHidden } from "./visible.ts";

/** A merge may be this much longer than the longest candidate, plus a margin for short ones. */
const LENGTH_FACTOR = 2;
const LENGTH_MARGIN = 400;
/** A sentence of ours that is shorter than this could be anybody's. */
const OWN_SENTENCE_CHARS = 24;

export type Checked = { ok: true } | { ok: false; why: string };

const ENTITIES: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  colon: ":",
  period: ".",
  sol: "/",
  bsol: "\\",
  commat: "@",
  num: "#",
  lpar: "(",
  rpar: ")",
  lbrack: "[",
  rbrack: "]",
  quest: "?",
  equals: "=",
  hyphen: "-",
  lowbar: "_",
  percnt: "%",
  grave: "`",
  Tab: "\t",
  NewLine: "\n",
};
const fromCode = (code: number): string => (code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "");

/** `&#58;` and `&colon;` as a browser would read them. */
function withoutEntities(text: string): string {
  return text.replace(
    /&(?:#[xX]([0-9a-fA-F]{1,6})|#(\d{1,7})|([A-Za-z]{2,8}));?/g,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (hex !== undefined) return fromCode(Number.parseInt(hex, 16));
      if (decimal !== undefined) return fromCode(Number(decimal));
      return ENTITIES[name ?? ""] ?? whole;
    },
  );
}

/** Tab, line break and carriage return vanish inside a URL, so a link broken over lines is put together again. */
const decoded = (text: string): string =>
  withoutEntities(withoutHidden(text))
    .normalize("NFKC")
    .replace(/%([2-7][0-9a-fA-F])/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/(?<=[A-Za-z0-9])[。．｡](?=[A-Za-z0-9])/g, ".");

/** As links and hosts are compared: Markdown's escapes undone, slashes one way, case gone. */
const flattened = (text: string): string =>
  decoded(text)
    .replace(/\\(?=[!"#$%&'()*+,\-.:;<=>?@[\]^_`{|}~])/g, "")
    .replace(/\\/g, "/")
    .toLowerCase();
const squeezed = (text: string): string => text.replace(/\s+/g, " ").trim();

const SCHEMES =
  "javascript|vbscript|data|mailto|file|tel|sms|blob|magnet|intent|view-source|ws|wss|ftp|ftps|sftp|ssh|git|http|https|about|urn|callto|skype|slack|vscode|ms-settings|bitcoin|ethereum|xmpp|irc|news|ldap|jar";
/** `scheme://…`, a known scheme with anything behind it, or `//host…`. */
const URLS = new RegExp(
  `(?<![a-z0-9+.-])(?:[a-z][a-z0-9+.-]{0,24}:/{2,}|(?:${SCHEMES}):(?=\\S))[^\\s<>"'\`]+|(?<![:/\\p{L}\\p{N}])/{2,}[\\p{L}\\p{N}[][^\\s<>"'\`]*`,
  "gu",
);
/** Where Markdown and HTML point to: inline links and images, reference definitions, autolinks, attributes that load or lead. */
const TARGETS = [
  /\]\(\s{0,8}<?([^\s<>()]{1,4000})/g,
  /\]:\s{0,8}<?([^\s<>]{1,4000})/g,
  /(?<![\w-])(?:href|src|srcset|action|formaction|data|poster|background|cite|longdesc|manifest|ping|xlink:href|content|style)\s{0,4}=\s{0,4}["']?([^\s"'<>]{1,4000})/g,
  /<([a-z][a-z0-9+.-]{1,31}:[^\s<>]{1,2000})>/g,
  /url\(\s{0,4}["']?([^\s"')]{1,4000})/g,
];

const trimmedUrl = (url: string): string => url.replace(/^https?:\/\/(?:www\.)?/, "").replace(/[).,;:!?\]}*_'"/]{1,40}$/, "");

function urlsOf(flat: string): string[] {
  const targets = TARGETS.flatMap((pattern) => [...flat.matchAll(pattern)].map((match) => match[1] ?? ""));
  return [...[...flat.matchAll(URLS)].map(([url]) => url), ...targets].map(trimmedUrl).filter((url) => url !== "");
}

/** Host names, e-mail addresses, IPv4 and IPv6, file-like names, and long tokens of letters and digits (keys, account numbers). */
function addressesOf(flat: string): string[] {
  return [...flat.matchAll(/[\p{L}\p{N}\p{M}_.@:+-]+/gu)]
    .map(([token]) => token.replace(/^[.:+_-]{1,40}/, "").replace(/[.:+_-]{1,40}$/, ""))
    .filter((token) => {
      if (token.includes("@") && token.length > 2) return true;
      if (token.length >= 12 && /\d/.test(token) && /\p{L}/u.test(token)) return true;
      if (token.split(":").length > 2) return true;
      const labels = token.split(".");
      if (labels.length === 4 && labels.every((label) => /^\d{1,3}$/.test(label))) return true;
      const last = labels.at(-1) ?? "";
      return labels.length > 1 && /^\p{L}/u.test(last) && last.length > 1;
    });
}

/** Runs of digits as plain numbers: thousands marks, leading and trailing zeros gone. A minus is not compared: it may be a dash. */
export function numbersOf(text: string): string[] {
  const flat = decoded(text).replace(/(?<=\d)[,'_ \u00a0\u202f\u2009](?=\d{3}(?!\d))/g, "");
  return [...flat.matchAll(/\p{Nd}+(?:\.\p{Nd}+)?/gu)].map(([run]) => {
    const [integer = "", fraction = ""] = run.split(".");
    const plain = `${integer.replace(/^0+(?=.)/, "")}.${fraction.replace(/0+$/, "")}`;
    return plain.endsWith(".") ? plain.slice(0, -1) : plain;
  });
}

const FENCE = /^[\s>*+\-.\d]{0,20}(`{3,40}|~{3,40})/;
const INDENTED = /^(?: {4}|\t)\s*(?![-*+]\s|\d{1,3}[.)]\s)\S/;

/** What fenced blocks hold (a fence that never closes runs to the end) and indented ones behind a blank line. */
function blocksOf(text: string): string[] {
  const blocks: string[][] = [];
  let fence: string | null = null;
  let before: "blank" | "code" | "text" = "blank";
  for (const line of text.split(/\r\n|[\n\r]/)) {
    const mark = FENCE.exec(line)?.[1];
    if (fence !== null) {
      if (mark?.startsWith(fence) && line.trim().endsWith(mark)) fence = null;
      else blocks.at(-1)?.push(line);
      before = "text";
    } else if (mark !== undefined) {
      fence = mark;
      blocks.push([]);
    } else if (INDENTED.test(line) && before !== "text") {
      if (before === "blank") blocks.push([]);
      blocks.at(-1)?.push(line);
      before = "code";
    } else before = line.trim() === "" ? "blank" : "text";
  }
  return blocks.map((lines) => lines.join("\n"));
}

/** Blocks, inline code, HTML tags and what `<pre>` and `<code>` hold: each as one squeezed line. */
export function codeOf(text: string): string[] {
  const flat = decoded(text);
  const inline = [...flat.matchAll(/(?<!`)`{1,2}([^`\n]{1,2000})`{1,2}(?!`)/g)].map((match) => match[1] ?? "");
  // an autolink (`<https://…>`, `<who@host>`) is no tag: it is compared as a link
  const tags = [...flat.matchAll(/<[a-zA-Z!/?][^<>]{0,2000}>/g)]
    .map(([tag]) => tag)
    .filter((tag) => !/^<[^\s<>:@]{1,100}[:@][^\s<>]*>$/.test(tag));
  const held = [...flat.matchAll(/<(?:pre|code)[^<>]{0,200}>([^<]{1,20000})/gi)].map((match) => match[1] ?? "");
  return [...blocksOf(flat), ...inline, ...tags, ...held].map(squeezed).filter((piece) => piece !== "");
}

/** What a page would fetch by itself: images, in Markdown (inline or by reference) and in HTML. One candidate alone may not have it loaded. */
const IMAGES = /!\[|<(?:img|picture|svg|video|audio|source|iframe|object|embed|link|input|body|table|td)(?![a-z])/g;
function loadsAlone(merge: string, sources: string[]): boolean {
  if (merge.search(IMAGES) < 0) return false;
  const urls = TARGETS.flatMap((pattern) => [...merge.matchAll(pattern)].map((match) => match[1] ?? ""));
  return urls.some((url) => sources.filter((source) => source.includes(url)).length < Math.min(2, sources.length));
}

const foreign = (items: string[], known: ReadonlySet<string>): boolean => items.some((item) => !known.has(item));

/** Sentences of the prompt that found their way into the merge, unless a candidate has them too. */
function leaks(merge: string, sources: string, own: string[]): boolean {
  return own
    .flatMap((text) => text.split(/[.:\n]/))
    .map((sentence) => squeezed(sentence).toLowerCase())
    .some(
      (sentence) =>
        sentence.length >= OWN_SENTENCE_CHARS && !sentence.includes("{{") && merge.includes(sentence) && !sources.includes(sentence),
    );
}

/**
 * Whether a merge brings in nothing of its own. `own`: our prompt's texts and its token, which must not come out either.
 * Comparing is strict: what is not literally there (after decoding) is foreign, and the price of a false alarm is a pick.
 */
export function checkMerge(merge: string, sources: string[], own: string[] = []): Checked {
  const refuse = (why: string): Checked => ({ ok: false, why });
  if (withoutHidden(merge).trim() === "") return refuse("it is empty");
  const longest = Math.max(0, ...sources.map((source) => source.length));
  if (merge.length > LENGTH_FACTOR * longest + LENGTH_MARGIN) return refuse("it is longer than twice the longest candidate");
  const flatSources = sources.map(flattened);
  const flat = flattened(merge);
  if (foreign(urlsOf(flat), new Set(flatSources.flatMap(urlsOf)))) return refuse("it brings in a link that no candidate has");
  if (loadsAlone(flat, flatSources)) return refuse("it loads an image that only one candidate has");
  if (foreign(addressesOf(flat), new Set(flatSources.flatMap(addressesOf)))) return refuse("it brings in an address that no candidate has");
  if (foreign(numbersOf(merge), new Set(sources.flatMap(numbersOf)))) return refuse("it brings in a number that no candidate has");
  const squeezedSources = sources.map((source) => squeezed(decoded(source)));
  if (codeOf(merge).some((piece) => squeezedSources.every((source) => !source.includes(piece))))
    return refuse("it brings in code that no candidate has");
  if (leaks(squeezed(merge).toLowerCase(), squeezed(sources.join("\n")).toLowerCase(), own)) return refuse("it repeats the instructions");
  return { ok: true };
}
