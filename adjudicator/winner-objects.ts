/** Finds JSON-like objects in a model's text and reads their members leniently, in one pass; never parses, never throws, never repairs a label. */

export interface Member {
  key: string;
  /** a string's content or a bare word; null for an object, an array or something cut off */
  value: string | null;
}
export interface FoundObject {
  start: number;
  end: number;
  members: Member[];
}

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };
const isSpace = (char: string): boolean => char === " " || char === "\n" || char === "\r" || char === "\t";
const isWord = (char: string): boolean => /[A-Za-z0-9_]/.test(char);

function skipSpace(text: string, at: number): number {
  let index = at;
  while (index < text.length && isSpace(text.charAt(index))) index += 1;
  return index;
}

/** The index behind the closing quote, -1 when it never closes. Raw line breaks are allowed, as models write them. */
function endOfString(text: string, at: number): number {
  const quote = text.charAt(at);
  for (let index = at + 1; index < text.length; index += 1) {
    const char = text.charAt(index);
    if (char === "\\") index += 1;
    else if (char === quote) return index + 1;
  }
  return -1;
}

function unescaped(raw: string): string {
  return raw.replace(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (_, hex: string | undefined, char: string | undefined) =>
    hex === undefined ? (ESCAPES[char ?? ""] ?? char ?? "") : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** The index behind a nested object or array, the end of the text when it never closes. */
function endOfNested(text: string, at: number): number {
  let depth = 0;
  for (let index = at; index < text.length; index += 1) {
    const char = text.charAt(index);
    if (char === '"') {
      const end = endOfString(text, index);
      if (end < 0) return text.length;
      index = end - 1;
    } else if (char === "{" || char === "[") depth += 1;
    else if (char === "}" || char === "]") {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return text.length;
}

/** A quoted or bare token at `at`; `end` is -1 when there is none or when it is cut. */
function readToken(text: string, at: number): { value: string | null; end: number } {
  const char = text.charAt(at);
  if (char === '"' || char === "'") {
    const end = endOfString(text, at);
    return { value: end < 0 ? null : unescaped(text.slice(at + 1, end - 1)), end };
  }
  let end = at;
  while (end < text.length && (isWord(text.charAt(end)) || "+-.".includes(text.charAt(end)))) end += 1;
  return { value: text.slice(at, end), end: end === at ? -1 : end };
}

function readValue(text: string, at: number): { value: string | null; end: number } {
  const char = text.charAt(at);
  if (char === "{" || char === "[") return { value: null, end: endOfNested(text, at) };
  return readToken(text, at);
}

/** The object that opens at `at`; where its text breaks off or goes wrong, what stood whole before that. */
function readObject(text: string, at: number): FoundObject | null {
  const members: Member[] = [];
  let index = skipSpace(text, at + 1);
  while (index < text.length && text.charAt(index) !== "}") {
    const key = readToken(text, index);
    if (key.end < 0 || key.value === null) break;
    const colon = skipSpace(text, key.end);
    if (text.charAt(colon) !== ":") break;
    const value = readValue(text, skipSpace(text, colon + 1));
    if (value.end < 0) return { start: at, end: text.length, members };
    members.push({ key: key.value, value: value.value });
    index = skipSpace(text, value.end);
    if (text.charAt(index) === ",") index = skipSpace(text, index + 1);
  }
  if (members.length === 0) return null;
  return { start: at, end: text.charAt(index) === "}" ? index + 1 : index, members };
}

/** Wrapping objects that are looked into, such as `{"verdict": {"winner": …}}`. */
const MOST_NESTING = 3;

/** The outermost objects that have the key (in any case), in the order of the text. */
export function objectsWith(text: string, key: string, nesting = 0): FoundObject[] {
  const found: FoundObject[] = [];
  for (let at = text.indexOf("{"); at >= 0;) {
    const object = readObject(text, at);
    const end = object === null ? at + 1 : Math.max(object.end, at + 1);
    if (object?.members.some((member) => member.key.toLowerCase() === key)) found.push(object);
    else if (object !== null && nesting < MOST_NESTING)
      for (const inner of objectsWith(text.slice(at + 1, end), key, nesting + 1))
        found.push({ ...inner, start: inner.start + at + 1, end: inner.end + at + 1 });
    at = text.indexOf("{", end);
  }
  return found;
}

export function valuesOf(object: FoundObject, keys: string[]): (string | null)[] {
  return object.members.filter(({ key }) => keys.includes(key.toLowerCase())).map(({ value }) => value);
}
