/** Reads a request body into JSON, strictly: media type, size, UTF-8, grammar, no repeated key, bounded depth and number of keys. */
import { pointerOf } from "../core/pointers.ts";
import { Problem } from "../core/problem.ts";
import { CallerLeft } from "./life.ts";

export const MAX_BODY_BYTES = 1024 * 1024;
const MAX_DEPTH = 32;
const MAX_KEYS = 10_000;

/** JSON is UTF-8; another charset would be read as what it is not. */
function isJson(contentType: string): boolean {
  const [type, ...parameters] = contentType
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith("charset="))?.slice("charset=".length);
  return type === "application/json" && (charset === undefined || charset.replaceAll('"', "") === "utf-8");
}

export function checkMediaType(headers: Headers): void {
  if (!isJson(headers.get("content-type") ?? "")) throw new Problem("unsupported-media-type", "the body must be application/json");
  if (headers.get("content-encoding") !== null) throw new Problem("unsupported-media-type", "an encoded body is not accepted");
}

const tooLarge = (): Problem => new Problem("payload-too-large", `at most ${MAX_BODY_BYTES} bytes are accepted`);

/** A declared length is kept by the HTTP parser; without one the bytes are counted as they come. */
export async function readBytes(request: Request): Promise<Uint8Array> {
  const declared = request.headers.get("content-length");
  if (declared !== null && Number(declared) > MAX_BODY_BYTES) throw tooLarge();
  if (declared !== null) {
    const bytes = new Uint8Array(await request.arrayBuffer());
    if (bytes.length > MAX_BODY_BYTES) throw tooLarge();
    return bytes;
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

const malformed = (detail: string): Problem => new Problem("malformed-json", detail);

export function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw malformed("the body is not UTF-8");
  }
  checkShape(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed("the body is not JSON");
  }
  checkKeys(text);
  return value;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const isOpen = (code: number): boolean => code === 0x7b || code === 0x5b;
const isClose = (code: number): boolean => code === 0x7d || code === 0x5d;

/** The index of the quote that ends the string begun at `from`, or the end of the text. */
function stringEnd(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at;
  }
  return text.length;
}

/** Before the parse, because a parser's time and memory are what a hostile shape is after. A key is a colon outside of strings. */
function checkShape(text: string): void {
  let depth = 0;
  let keys = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = stringEnd(text, at);
    else if (code === COLON) keys += 1;
    else if (isOpen(code)) depth += 1;
    else if (isClose(code)) depth -= 1;
    if (depth > MAX_DEPTH) throw malformed(`the body is nested more than ${MAX_DEPTH} deep`);
    if (keys > MAX_KEYS) throw malformed(`the body has more than ${MAX_KEYS} keys`);
  }
}

interface Frame {
  /** null in an array */
  keys: Set<string> | null;
  step: string | number;
}

/** On text that is known to be JSON: a string is a key exactly when it stands in an object and a colon follows. */
function checkKeys(text: string): void {
  const frames: Frame[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const frame = frames.at(-1);
    if (code === QUOTE) {
      const end = stringEnd(text, at);
      if (frame?.keys && isKey(text, end)) {
        addKey(frames, frame, text.slice(at, end + 1));
      }
      at = end;
    } else if (isOpen(code)) frames.push({ keys: code === 0x7b ? new Set() : null, step: 0 });
    else if (isClose(code)) frames.pop();
    else if (code === 0x2c && frame?.keys === null) frame.step = Number(frame.step) + 1;
  }
}

function isKey(text: string, end: number): boolean {
  let at = end + 1;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at += 1;
  return text.charCodeAt(at) === COLON;
}

function addKey(frames: Frame[], frame: Frame, quoted: string): void {
  const key = quoted.includes("\\") ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
  frame.step = key;
  const pointer = (): string => pointerOf(frames.map(({ step }) => step)).slice(0, 500);
  if (frame.keys?.has(key)) {
    throw new Problem("duplicate-key", "a key stands twice in one object", {
      errors: [{ pointer: pointer(), code: "duplicate-key", message: "stands twice" }],
    });
  }
  if (key === "__proto__") {
    const errors = [{ pointer: pointer(), code: "unknown-field", message: "unknown field" }];
    throw new Problem("validation-failed", `${errors[0]?.pointer}: unknown field`, { errors });
  }
  frame.keys?.add(key);
}

/** All of the body's checks in their order. */
export async function readJson(request: Request): Promise<unknown> {
  checkMediaType(request.headers);
  const bytes = await readBytes(request).catch((error: unknown) => {
    // a body that breaks off has nobody left to be told
    throw error instanceof Problem ? error : new CallerLeft();
  });
  return parseJson(bytes);
}
