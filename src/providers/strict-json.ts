/** JSON from a provider, parsed strictly: a repeated key, a `__proto__` key or too deep a nesting is refused. Linear, never recurses. */

const MAX_DEPTH = 128;
const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;

/** Index after the closing quote of the string that opens at `start`; the text is known to be well-formed. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

const keyOf = (raw: string): string => (raw.includes("\\") ? (JSON.parse(raw) as string) : raw.slice(1, -1));

/** Whether well-formed JSON text is also harmless: each key once, none that names the prototype, no absurd depth. */
function isHarmless(text: string): boolean {
  /** one entry per open bracket: the keys of an object, null for an array */
  const open: (Set<string> | null)[] = [];
  let keyNext = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at);
      const keys = open.at(-1);
      if (keyNext && keys) {
        const key = keyOf(text.slice(at, end));
        if (key === "__proto__" || keys.has(key)) return false;
        keys.add(key);
        keyNext = false;
      }
      at = end - 1;
    } else if (code === 123 || code === 91) {
      if (open.length === MAX_DEPTH) return false;
      open.push(code === 123 ? new Set() : null);
      keyNext = code === 123;
    } else if (code === 125 || code === 93) {
      open.pop();
      keyNext = false;
    } else if (code === COMMA) keyNext = open.at(-1) !== null;
  }
  return true;
}

/** The value, or undefined when the text is not JSON or not harmless. (No JSON value is undefined.) */
export function parseStrict(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isHarmless(text) ? value : undefined;
  } catch {
    return undefined;
  }
}
