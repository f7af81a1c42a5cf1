/** Reads an answer that is compared letter by letter, up to quotes and the blanks that Python does not care about. Case always counts. */
import type { Json, Reading, UnifiedFinish } from "../types.ts";
import { ANSWER_IS, ANSWER_LINE, afterCues, boxed, declaredJson } from "./declared.ts";
import type { Declared } from "./declared.ts";

export function readExact(text: string, finish: UnifiedFinish): Reading {
  const declared = declaredJson(text) ?? fromCues(text);
  if (declared === null) return finish === "length" ? { status: "cut" } : reading(text);
  if (declared.cut && finish === "length") return { status: "cut" };
  return reading(typeof declared.value === "string" ? declared.value : python(declared.value));
}

function reading(text: string): Reading {
  const value = unwrap(text);
  // quoted, so that the empty string has a key too
  return { status: "read", key: `'${normalise(value)}'`, value };
}

/** Renders JSON as Python would: models answer with a list, number or boolean instead of text. */
function python(value: Json): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return pythonString(value);
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  return `{${Object.entries(value)
    .map(([key, inner]) => `${pythonString(key)}: ${python(inner)}`)
    .join(", ")}}`;
}
const pythonString = (text: string): string => `'${text.replaceAll("\n", "\\n")}'`;

/** Drops a code fence, backticks and one pair of outer quotes. */
function unwrap(raw: string): string {
  let text = raw.trim();
  const fence = /^```[\w+-]{0,20}\n/.exec(text);
  if (fence !== null && text.endsWith("```") && text.length > fence[0].length + 3) text = text.slice(fence[0].length, -3).trim();
  while (text.length > 1 && text.startsWith("`") && text.endsWith("`")) text = text.slice(1, -1).trim();
  const quote = text[0];
  if (text.length > 1 && (quote === '"' || quote === "'") && text.endsWith(quote)) text = text.slice(1, -1);
  return text;
}

/** A blank beside one of these does not count. */
const TIGHT = ",:[]{}()";
const isBlank = (c: string | undefined): boolean => c === " " || c === "\t" || c === "\u00a0";

function normalise(value: string): string {
  const text = value.trim().replaceAll('"', "'").replaceAll("\r\n", "\\n").replaceAll("\n", "\\n");
  const out: string[] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? "";
    const last = out.at(-1);
    if (isBlank(c)) {
      while (isBlank(text[i + 1])) i++;
      const next = text[i + 1];
      if (next !== undefined && !TIGHT.includes(next) && last !== undefined && !TIGHT.includes(last)) out.push(" ");
    } else if (last === "," && "]})".includes(c)) out[out.length - 1] = c;
    else out.push(c);
  }
  return out.join("");
}

function fromCues(text: string): Declared | null {
  if (!text.trim().includes("\n") && text.length < 60 && !/answer/i.test(text)) return null;
  const box = boxed(text);
  if (box !== null) return box;
  for (const cue of [ANSWER_LINE, ANSWER_IS])
    for (const found of afterCues(text, cue)) {
      const value = found.value.replace(/[.*\s]{1,8}$/, "");
      if (value !== "") return { value, cut: found.cut && !/[.`'"\])}]$/.test(found.value) };
    }
  return null;
}
