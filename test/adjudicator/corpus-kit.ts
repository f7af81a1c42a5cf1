/** Recorded outputs as the decision sees them: one case per question and group, with who is right. Reads ../shared/replay in place. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  type AnswerKind,
  type AnswerSpec,
  type Candidate,
  inspectAnswer,
  type Json,
  type JsonSchema,
  type ToolSpec,
} from "../../adjudicator/index.ts";
import { candidateOf } from "../kit/candidate.ts";

const replay = resolve(import.meta.dirname, "../../../shared/replay");
export const corpusPresent = existsSync(join(replay, "members.json"));
export const TASKS = ["gsm8k", "gsm8k-2021", "math-l5", "crux", "mmlu-pro", "bfcl"];

interface Row {
  id: string;
  question: string;
  answer_type: "number" | "exact" | "choice" | "toolcall";
  options?: string[];
  tools?: { name: string; parameters: JsonSchema }[];
  gold: Json;
  outputs: Record<string, string>;
}
export interface CorpusCase {
  id: string;
  answer: AnswerSpec;
  tools: ToolSpec[] | null;
  candidates: Candidate[];
  right: Set<string>;
}
export interface CorpusGroup {
  task: string;
  group: string;
  kind: AnswerKind;
  members: string[];
  cases: CorpusCase[];
}

const lines = <T>(name: string): T[] =>
  readFileSync(join(replay, name), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);

export function groupsOf(task: string): CorpusGroup[] {
  const rows = lines<Row>(`${task}.jsonl`);
  const key = new Map(lines<{ id: string; right: string[] }>("extracted.jsonl").map((row) => [row.id, row.right]));
  const groups =
    (JSON.parse(readFileSync(join(replay, "members.json"), "utf8")) as { groups: Record<string, Record<string, string[]>> }).groups[task] ??
    {};
  return Object.entries(groups).map(([group, members]) => ({
    task,
    group,
    kind: task === "bfcl" ? "tool-calls" : (specOf(rows[0] as Row).type as AnswerKind),
    members,
    cases: rows.map((row) => caseOf(row, members, key.get(row.id) ?? null)),
  }));
}

const LETTERS = "ABCDEFGHIJKLMNOP";
function specOf(row: Row): AnswerSpec {
  if (row.answer_type === "toolcall") return { type: "text" };
  if (row.answer_type === "choice") return { type: "choice", choices: (row.options ?? []).map((_, index) => LETTERS[index] ?? "") };
  return { type: row.answer_type };
}

function caseOf(row: Row, members: string[], right: string[] | null): CorpusCase {
  const answer = specOf(row);
  const tools = row.tools ? row.tools.map((tool) => ({ name: tool.name, parameters: tool.parameters, readOnly: false })) : null;
  const candidates = members.map((member, index): Candidate => {
    const text = row.outputs[member] ?? "";
    const { flags, reading } = inspectAnswer({ text, toolCalls: [], finish: "stop", answer, tools });
    return candidateOf({ seat: index + 1, member, text, flags, reading, order: index });
  });
  const isRight = (candidate: Candidate): boolean =>
    right ? right.includes(candidate.member) : isGoldCall(candidate, row.gold as Gold, row.tools ?? []);
  return { id: row.id, answer, tools, candidates, right: new Set(candidates.filter(isRight).map((candidate) => candidate.member)) };
}

type Gold = Record<string, Record<string, Json[]>>;
const plain = (value: Json): Json => (typeof value === "string" ? value.toLowerCase().replace(/[ ,./\-_*^]/g, "") : value);
const spell = (value: Json): string => JSON.stringify(value, (_, inner: Json) => plain(inner));

/** The name equals, every required argument is there, none is unknown, each value is in the gold list ("" = may be left out). */
function isGoldCall(candidate: Candidate, gold: Gold, tools: { name: string; parameters: JsonSchema }[]): boolean {
  if (candidate.reading.status !== "read" || !Array.isArray(candidate.reading.value) || candidate.reading.value.length !== 1) return false;
  const call = candidate.reading.value[0] as { name: string; arguments: Record<string, Json> };
  const wanted = gold[call.name];
  const required = (tools.find((tool) => tool.name === call.name)?.parameters.required ?? []) as string[];
  if (!wanted || required.some((name) => !Object.hasOwn(call.arguments, name))) return false;
  const given = Object.entries(call.arguments).every(
    ([name, value]) => wanted[name]?.some((right) => spell(right) === spell(value)) === true,
  );
  const missing = Object.entries(wanted).filter(([name]) => !Object.hasOwn(call.arguments, name));
  return given && missing.every(([, values]) => values.includes(""));
}
