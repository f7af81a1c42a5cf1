/** Reads a JSON value, schema-valid where a schema is given. Never repairs meaning: a value that breaks the schema is no answer. */
import { Validator } from "@cfworker/json-schema";
import { canonicalJson } from "../json/canonical.ts";
import { parseLenient } from "../json/lenient.ts";
import { MAX_TRIES, eachSlice } from "../json/scan.ts";
import type { Json, JsonSchema, Reading, UnifiedFinish } from "../types.ts";

interface Found {
  value: Json;
  closed: boolean;
}

export function readJson(text: string, schema: JsonSchema | undefined, finish: UnifiedFinish): Reading {
  const cut = finish === "length";
  const valid = schema === undefined ? (): boolean => true : validator(schema);
  const whole = parseWhole(text.trim());
  const values = whole === null ? valuesIn(text) : [whole];
  // after finish `length` a value that closed by itself is whole; one we closed is not
  const usable = values.filter((found) => found.closed || !cut);
  for (const { value } of usable) if (valid(value)) return { status: "read", key: canonicalJson(value), value };
  for (const { value } of usable) {
    const inner = schema === undefined ? undefined : envelope(value);
    if (inner !== undefined && valid(inner)) return { status: "read", key: canonicalJson(inner), value: inner };
  }
  return { status: cut ? "cut" : "abstained" };
}

function parseWhole(text: string): Found | null {
  const fence = /^```[\w+-]{0,20}\s{0,4}\n/.exec(text);
  const source =
    fence !== null && text.endsWith("```") && text.length > fence[0].length + 3 ? text.slice(fence[0].length, -3).trim() : text;
  // bare words are prose, not JSON: only strict literals count outside brackets
  if (!/^[[{]/.test(source)) return /^(?:"|-?\d|true$|false$|null$)/.test(source) ? strict(source) : null;
  const parsed = parseLenient(source);
  return parsed.ok ? { value: parsed.value, closed: parsed.closed } : null;
}

function strict(source: string): Found | null {
  try {
    return { value: JSON.parse(source) as Json, closed: true };
  } catch {
    return null;
  }
}

/** Bracketed values in prose, longest first: citations like [1] are short. */
function valuesIn(text: string): Found[] {
  const found: (Found & { length: number })[] = [];
  let tries = 0;
  eachSlice(text, "{[", (slice) => {
    if (!looksLikeJson(text, slice.start)) return "inside";
    if (++tries > MAX_TRIES) return true;
    const parsed = parseLenient(text.slice(slice.start, slice.end));
    if (!parsed.ok) return "inside";
    found.push({ value: parsed.value, closed: slice.closed && parsed.closed, length: slice.end - slice.start });
    return "after";
  });
  return found.sort((a, b) => b.length - a.length);
}

/** Braces of LaTeX and of code are left out before they cost a parse. */
const looksLikeJson = (text: string, at: number): boolean =>
  text[at] === "[" || /^\{\s{0,40}(?:["'}]|[\w$]{1,40}\s{0,4}:)/.test(text.slice(at, at + 90));

/** `{"answer": …}` around the value that was asked for. */
function envelope(value: Json): Json | undefined {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
  const key = Object.keys(value).find((name) => /^(?:final_?)?(?:answer|result|output|json|data)$/i.test(name));
  return key === undefined ? undefined : value[key];
}

/** False for everything where the schema itself is broken: nobody can answer it. */
function validator(schema: JsonSchema): (value: Json) => boolean {
  try {
    const checker = new Validator(schema, "2020-12");
    return (value) => {
      try {
        return checker.validate(value).valid;
      } catch {
        return false;
      }
    };
  } catch {
    return () => false;
  }
}
