/** Parses what models write where JSON was asked for: raw control characters, stray backslashes, single quotes, bare keys, trailing commas, cut ends. Never throws. */
import type { Json } from "../types.ts";
import { doubleBackslashes } from "./latex.ts";
import { depthOf, MAX_DEPTH } from "./scan.ts";
import { readString } from "./string.ts";

/** `closed` is false when the text ended before the value did. */
export type Parsed = { ok: true; value: Json; closed: boolean } | { ok: false };

const MAX_LENGTH = 2 ** 20;
const NO: Parsed = { ok: false };

export function parseLenient(source: string): Parsed {
  if (source.length > MAX_LENGTH || depthOf(source) > MAX_DEPTH) return NO;
  const strict = parseStrict(source.includes("\\") ? doubleBackslashes(source) : source);
  return strict.ok ? strict : parseTolerant(source);
}

function parseStrict(source: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(source) as Json, closed: true };
  } catch {
    return NO;
  }
}

interface Reader {
  text: string;
  at: number;
  failed: boolean;
  cut: boolean;
  depth: number;
}

function parseTolerant(text: string): Parsed {
  const reader: Reader = { text, at: 0, failed: false, cut: false, depth: 0 };
  const value = readValue(reader);
  if (reader.failed) return NO;
  skipBlank(reader);
  return reader.at < text.length ? NO : { ok: true, value, closed: !reader.cut };
}

function skipBlank(reader: Reader): void {
  for (; reader.at < reader.text.length; reader.at++) {
    const c = reader.text[reader.at] ?? "";
    if (c === "#" || (c === "/" && reader.text[reader.at + 1] === "/")) {
      const end = reader.text.indexOf("\n", reader.at);
      reader.at = end < 0 ? reader.text.length - 1 : end;
    } else if (c.trim() !== "") return;
  }
}

function readValue(reader: Reader): Json {
  skipBlank(reader);
  const c = reader.text[reader.at];
  if (c === undefined) return end(reader);
  if (reader.depth > MAX_DEPTH) return fail(reader);
  if (c === "{") return readObject(reader);
  if (c === "[" || c === "(") return readArray(reader, c === "[" ? "]" : ")");
  if (c === '"' || c === "'" || (c === "\\" && (reader.text[reader.at + 1] === '"' || reader.text[reader.at + 1] === "'"))) {
    return readQuoted(reader, "value");
  }
  return readBare(reader);
}

function readQuoted(reader: Reader, place: "key" | "value"): string {
  const string = readString(reader.text, reader.at, place);
  reader.at = string.end;
  if (!string.closed) reader.cut = true;
  return string.value;
}

function readObject(reader: Reader): Json {
  const object: [string, Json][] = [];
  reader.at++;
  reader.depth++;
  while (!reader.failed) {
    skipSeparators(reader);
    const c = reader.text[reader.at];
    if (c === undefined) {
      reader.cut = true;
      break;
    }
    if (c === "}") {
      reader.at++;
      break;
    }
    const key = c === '"' || c === "'" ? readQuoted(reader, "key") : readKey(reader);
    skipBlank(reader);
    if (reader.at >= reader.text.length) {
      reader.cut = true;
      break;
    }
    if (reader.text[reader.at] !== ":") return fail(reader);
    reader.at++;
    object.push([key, readValue(reader)]);
  }
  reader.depth--;
  // fromEntries defines own properties, so a key "__proto__" stays data
  return Object.fromEntries(object);
}

function readArray(reader: Reader, close: string): Json {
  const list: Json[] = [];
  reader.at++;
  reader.depth++;
  while (!reader.failed) {
    skipSeparators(reader);
    const c = reader.text[reader.at];
    if (c === undefined) {
      reader.cut = true;
      break;
    }
    if (c === close) {
      reader.at++;
      break;
    }
    if (c === "}" || c === ":") return fail(reader);
    list.push(readValue(reader));
  }
  reader.depth--;
  return list;
}

function skipSeparators(reader: Reader): void {
  skipBlank(reader);
  while (reader.text[reader.at] === ",") {
    reader.at++;
    skipBlank(reader);
  }
}

function readKey(reader: Reader): string {
  const key = /^[\p{L}_$][\p{L}\p{N}_$.-]{0,63}/u.exec(reader.text.slice(reader.at, reader.at + 65))?.[0];
  if (key === undefined) {
    fail(reader);
    return "";
  }
  reader.at += key.length;
  return key;
}

const WORDS: Record<string, Json> = { true: true, True: true, false: false, False: false, null: null, None: null, undefined: null };

/** A value without quotes: a number, a word of JSON or Python, else the text up to the next separator. */
function readBare(reader: Reader): Json {
  const from = reader.at;
  while (reader.at < reader.text.length && !",}])\n".includes(reader.text[reader.at] ?? "")) reader.at++;
  const word = reader.text.slice(from, reader.at).trim();
  if (reader.at >= reader.text.length) reader.cut = true;
  if (Object.hasOwn(WORDS, word)) return WORDS[word] ?? null;
  if (/^[-+]?(?:\d{1,308}(?:\.\d{0,308})?|\.\d{1,308})(?:[eE][-+]?\d{1,3})?$/.test(word)) {
    const number = Number(word);
    if (Number.isFinite(number)) return number;
  }
  return word === "" ? fail(reader) : word;
}

function fail(reader: Reader): Json {
  reader.failed = true;
  return null;
}
function end(reader: Reader): Json {
  reader.cut = true;
  return null;
}
