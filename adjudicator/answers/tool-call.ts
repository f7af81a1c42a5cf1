/** Reads tool calls as one ballot: the set of names with canonical arguments. Never invents an argument, and never reads several calls out of prose. */
import { canonicalJson } from "../json/canonical.ts";
import { parseLenient } from "../json/lenient.ts";
import { MAX_TRIES, eachSlice } from "../json/scan.ts";
import type { Json, Reading, ToolCall, ToolSpec, UnifiedFinish } from "../types.ts";

interface Call {
  name: string;
  arguments: { [key: string]: Json };
}
const MAX_CALLS = 128;
/** A call written as JSON was at least begun. */
const BEGUN = /["'](?:name|function|tool)["']\s{0,8}:/;

/** Whether words try to be a call: as JSON, or as code. */
export const isCallBegun = (text: string, tools: ToolSpec[]): boolean =>
  BEGUN.test(text) || tools.some(({ name }) => text.includes(`${name}(`));

export function readToolCalls(text: string, calls: ToolCall[], tools: ToolSpec[], finish: UnifiedFinish): Reading {
  const unreadable: Reading = { status: finish === "length" ? "cut" : "abstained" };
  if (calls.length === 0) {
    const call = callInText(text, tools);
    if (call !== null) return reading([call]);
    // words that were cut are no cut call
    return BEGUN.test(text) ? unreadable : { status: "abstained" };
  }
  if (calls.length > MAX_CALLS) return unreadable;
  const read = calls.map((call) => nativeCall(call, tools));
  return read.every((call) => call !== null) ? reading(read) : unreadable;
}

function reading(calls: Call[]): Reading {
  const spelled = new Map(calls.map((call) => [keyOf(call), call]));
  const keys = [...spelled.keys()].sort();
  return {
    status: "read",
    key: keys.join("\n"),
    value: keys.map((key) => ({ name: spelled.get(key)?.name ?? "", arguments: spelled.get(key)?.arguments ?? null })),
  };
}

/** Equal for calls that do the same: key order, 5 and 5.0, outer blanks and the blanks of a formula do not count. */
const keyOf = (call: Call): string => canonicalJson({ name: call.name, arguments: spell(call.arguments) });

/** Tokens of a formula: single letters, numbers, operators and well-known functions; a path, a command or a name leaves something over. */
const FORMULA_TOKEN = /\b(?:sin|cos|tan|log|ln|exp|sqrt|pi|lambda)\b|\b\d[\d.]{0,40}[a-zA-Z]?\b|\b[a-zA-Z]\b|[\s+*^()=/:-]/g;
const isFormula = (text: string): boolean =>
  text.length <= 400 && /\d/.test(text) && /[+*^=]/.test(text) && text.replace(FORMULA_TOKEN, "") === "";

function spell(value: Json): Json {
  if (typeof value === "string") return isFormula(value) ? value.replace(/\s/g, "") : value.trim();
  if (Array.isArray(value)) return value.map(spell);
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, spell(inner)])) : value;
}

function nativeCall(call: ToolCall, tools: ToolSpec[]): Call | null {
  const name = offered(call.function.name, tools);
  if (name === null) return null;
  if (call.function.arguments.trim() === "") return { name, arguments: {} };
  const parsed = parseLenient(call.function.arguments);
  return parsed.ok && parsed.closed && isObject(parsed.value) ? { name, arguments: parsed.value } : null;
}

const isObject = (value: Json): value is { [key: string]: Json } => value !== null && typeof value === "object" && !Array.isArray(value);

/** The offered tool of that name; some providers write `_` for `.`. */
function offered(name: string, tools: ToolSpec[]): string | null {
  const exact = tools.find((tool) => tool.name === name);
  if (exact !== undefined) return exact.name;
  const alike = tools.filter((tool) => tool.name.replaceAll(".", "_") === name.replaceAll(".", "_"));
  return alike.length === 1 ? (alike[0]?.name ?? null) : null;
}

/** One call written as JSON, alone or as the only element of a list. */
function callInText(text: string, tools: ToolSpec[]): Call | null {
  let found: Call[] = [];
  let tries = 0;
  eachSlice(text, "{[", (slice) => {
    const source = text.slice(slice.start, slice.end);
    if (!slice.closed) return "inside";
    if (!named(source)) return "after";
    if (++tries > MAX_TRIES) return true;
    const parsed = parseLenient(source);
    const list = parsed.ok && parsed.closed ? (Array.isArray(parsed.value) ? parsed.value : [parsed.value]) : [];
    const calls = list.map((item) => callIn(item, tools));
    if (calls.length === 0 || calls.some((call) => call === null)) return list.length === 0 ? "inside" : "after";
    found = [...found, ...calls.filter((call) => call !== null)];
    return found.length > 1 ? true : "after";
  });
  return new Set(found.map((call) => keyOf(call))).size === 1 ? (found[0] ?? null) : null;
}

const named = (source: string): boolean => source.includes("name") || source.includes("tool") || source.includes("function");

function callIn(value: Json, tools: ToolSpec[]): Call | null {
  if (!isObject(value)) return null;
  const inner = value.function;
  if (inner !== undefined && isObject(inner)) return callIn(inner, tools);
  const name = value.name ?? value.tool ?? value.function;
  if (typeof name !== "string") return null;
  const known = offered(name, tools);
  let given = value.arguments ?? value.parameters ?? value.args ?? value.params;
  if (typeof given === "string") {
    const parsed = parseLenient(given);
    given = parsed.ok ? parsed.value : undefined;
  }
  return known !== null && given !== undefined && isObject(given) ? { name: known, arguments: given } : null;
}
