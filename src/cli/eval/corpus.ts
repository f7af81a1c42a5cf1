/** Reads a corpus file and its groups: one question a line, with its right answer. Refuses with the line and what is wrong; changes no text. */
import type { AnswerKind, AnswerSpec, Json, JsonSchema } from "../../../adjudicator/index.ts";
import { UsageError } from "../exits.ts";
import type { Recorded } from "./ports.ts";

export interface EvalTool {
  name: string;
  description: string;
  parameters: JsonSchema;
}
export interface EvalRow extends Recorded {
  task: string;
  answer: AnswerSpec;
  tools: EvalTool[] | null;
  gold: Json;
}
type Raw = { [key: string]: Json };

const MOST_ROWS = 100_000;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/** Written for Python: what JSON Schema calls them; `any` says nothing about a type. */
const TYPES: Readonly<Record<string, string | null>> = { dict: "object", float: "number", tuple: "array", any: null };

const isObject = (value: Json | undefined): value is Raw => typeof value === "object" && value !== null && !Array.isArray(value);
const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "");
export const kindOf = (row: EvalRow): AnswerKind => (row.tools ? "tool-calls" : row.answer.type);

/** The same schema with the types of JSON Schema; names of properties are left alone. */
function toJsonSchema(value: Json, isNames = false): Json {
  if (Array.isArray(value)) return value.map((inner) => toJsonSchema(inner));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).flatMap(([key, inner]): [string, Json][] => {
    if (isNames || key !== "type" || typeof inner !== "string" || !Object.hasOwn(TYPES, inner)) {
      return [[key, toJsonSchema(inner, key === "properties" && !isNames)]];
    }
    const type = TYPES[inner] ?? null;
    return type === null ? [] : [[key, type]];
  });
  return Object.fromEntries(entries);
}

function specOf(raw: Raw, where: string): AnswerSpec {
  switch (raw["answer_type"]) {
    case "number":
    case "exact":
      return { type: raw["answer_type"] };
    case "toolcall":
      return { type: "text" };
    case "choice": {
      const size = Array.isArray(raw["options"]) ? raw["options"].length : 0;
      if (size < 2 || size > LETTERS.length) throw new UsageError(`${where}: a choice needs 2 to ${LETTERS.length} options`);
      return { type: "choice", choices: LETTERS.slice(0, size).split("") };
    }
    case "pick":
    case "rank":
      throw new UsageError(`${where}: "${raw["answer_type"]}" rows hold judges' rulings on given texts, and no question to put to a panel`);
    default:
      throw new UsageError(`${where}: answer_type must be number, choice, exact or toolcall`);
  }
}

function toolsOf(raw: Raw, where: string): EvalTool[] | null {
  if (raw["answer_type"] !== "toolcall") return null;
  if (!Array.isArray(raw["tools"]) || raw["tools"].length === 0) throw new UsageError(`${where}: a toolcall needs its tools`);
  return raw["tools"].filter(isObject).map((tool) => ({
    name: textOf(tool["name"]),
    description: textOf(tool["description"]),
    parameters: toJsonSchema(tool["parameters"] ?? { type: "object" }) as JsonSchema,
  }));
}

const entriesOf = <T>(value: Json | undefined, is: (inner: Json) => inner is T & Json): Record<string, T> =>
  Object.fromEntries(Object.entries(isObject(value) ? value : {}).flatMap(([key, inner]) => (is(inner) ? [[key, inner as T]] : [])));

function rowOf(line: string, where: string): EvalRow {
  let raw: Json;
  try {
    raw = JSON.parse(line) as Json;
  } catch {
    throw new UsageError(`${where}: is no JSON`);
  }
  if (!isObject(raw)) throw new UsageError(`${where}: must be an object`);
  const answer = specOf(raw, where);
  const question = textOf(raw["question"]);
  if (question === "") throw new UsageError(`${where}: has no question`);
  if (raw["gold"] === undefined) throw new UsageError(`${where}: has no gold answer`);
  return {
    id: textOf(raw["id"]) || where,
    task: textOf(raw["task"]),
    question,
    answer,
    tools: toolsOf(raw, where),
    gold: raw["gold"],
    outputs: entriesOf(raw["outputs"], (inner): inner is string => typeof inner === "string"),
    latency_s: entriesOf(raw["latency_s"], (inner): inner is number => typeof inner === "number"),
  };
}

export function readRows(text: string, file: string): EvalRow[] {
  const lines = text.split("\n").map((line, index) => ({ line: line.trim(), where: `${file}:${index + 1}` }));
  const rows = lines.flatMap(({ line, where }) => (line === "" ? [] : [rowOf(line, where)]));
  if (rows.length === 0) throw new UsageError(`${file}: holds no question`);
  if (rows.length > MOST_ROWS) throw new UsageError(`${file}: holds more than ${MOST_ROWS} questions`);
  const kinds = new Set(rows.map(kindOf));
  if (kinds.size > 1) throw new UsageError(`${file}: mixes ${[...kinds].join(" and ")}; one kind of answer a file`);
  return rows;
}

/** Every model that any row has an output of, sorted. */
export const modelsOf = (rows: readonly EvalRow[]): string[] => [...new Set(rows.flatMap((row) => Object.keys(row.outputs)))].toSorted();

/** task → group → members, in their order. */
export type Groups = Record<string, Record<string, string[]>>;
export function readGroups(text: string): Groups {
  try {
    const parsed = JSON.parse(text) as { groups?: Groups };
    return parsed.groups ?? {};
  } catch {
    throw new UsageError("the members file is no JSON");
  }
}
