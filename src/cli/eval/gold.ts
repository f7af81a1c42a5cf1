/** Who is right: an output is read as the engine reads it, and compared with the gold answer after the same reading. Never repairs a wrong answer. */
import {
  inspectAnswer,
  type Inspection,
  type Json,
  type Reading,
  readAnswer,
  type ToolCall,
  type UnifiedFinish,
} from "../../../adjudicator/index.ts";
import type { EvalRow } from "./corpus.ts";

/** What one member said. */
export interface Said {
  text: string;
  toolCalls: ToolCall[];
  finish: UnifiedFinish;
}
export const saidText = (text: string): Said => ({ text, toolCalls: [], finish: "stop" });

const toolSpecs = ({ tools }: EvalRow) => tools?.map(({ name, parameters }) => ({ name, parameters, readOnly: false })) ?? null;
export const inspectSaid = (row: EvalRow, said: Said): Inspection => inspectAnswer({ ...said, answer: row.answer, tools: toolSpecs(row) });
export const toolSpecsOf = toolSpecs;

export function isRight(row: EvalRow, reading: Reading): boolean {
  if (reading.status !== "read") return false;
  if (row.tools) return isRightCall(row, reading.value);
  const gold = readAnswer(typeof row.gold === "string" ? row.gold : JSON.stringify(row.gold), {
    answer: row.answer,
    tools: null,
    toolCalls: [],
    finish: "stop",
  });
  return gold.status === "read" && gold.key === reading.key;
}

type Dict = { [key: string]: Json };
const isDict = (value: Json | undefined): value is Dict => typeof value === "object" && value !== null && !Array.isArray(value);

/** Text without case, blanks and `,./-_*^`, the two quotes as one; keys in one order; everything else as it is. */
function flat(value: Json): Json {
  if (typeof value === "string")
    return value
      .toLowerCase()
      .replace(/[\s,./\-_*^]/g, "")
      .replaceAll("'", '"');
  if (Array.isArray(value)) return value.map(flat);
  if (!isDict(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, flat(inner)]),
  );
}

/** `""` in a list says that the argument may be left out. */
function isAllowed(value: Json, accepted: Json): boolean {
  return (Array.isArray(accepted) ? accepted : [accepted]).some((one) => {
    if (one === "") return false;
    if (isDict(value) && isDict(one)) return fits(value, one);
    return JSON.stringify(flat(value)) === JSON.stringify(flat(one));
  });
}
const mayMiss = (accepted: Json | undefined): boolean => Array.isArray(accepted) && accepted.includes("");
const fits = (given: Dict, gold: Dict): boolean =>
  Object.entries(given).every(([name, value]) => Object.hasOwn(gold, name) && isAllowed(value, gold[name] ?? null)) &&
  Object.keys(gold).every((name) => Object.hasOwn(given, name) || mayMiss(gold[name]));

/** One call, of a gold tool, with every required argument, none unknown, and each value in the gold list. */
function isRightCall(row: EvalRow, calls: Json): boolean {
  const call = Array.isArray(calls) && calls.length === 1 ? calls[0] : undefined;
  if (!isDict(call) || typeof call["name"] !== "string" || !isDict(call["arguments"]) || !isDict(row.gold)) return false;
  const { name, arguments: given } = call as { name: string; arguments: Dict };
  const wanted = Object.hasOwn(row.gold, name) ? row.gold[name] : undefined;
  const required = row.tools?.find((tool) => tool.name === name)?.parameters["required"];
  const isWhole = !Array.isArray(required) || required.every((one) => typeof one === "string" && Object.hasOwn(given, one));
  return isDict(wanted) && isWhole && fits(given, wanted);
}
