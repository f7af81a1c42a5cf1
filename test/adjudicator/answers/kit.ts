/** Short ways to read one text in a test, and the recorded outputs where they are present. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { readAnswer } from "../../../adjudicator/index.ts";
import type { AnswerSpec, Json, Reading, ToolSpec, UnifiedFinish } from "../../../adjudicator/index.ts";

const shared = resolve(import.meta.dirname, "../../../../shared");
export const present = existsSync(resolve(shared, "replay/extracted.jsonl"));
export const skipped = present ? "" : " skipped: corpus not present";
export const fileText = (path: string): string => readFileSync(resolve(shared, path), "utf8");
export const rowsOf = <Row>(path: string): Row[] =>
  present
    ? fileText(path)
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Row)
    : [];

export interface QuestionRow {
  id: string;
  task: string;
  answer_type: string;
  gold: Json;
  options?: string[];
  tools?: { name: string; parameters: { [key: string]: Json } }[];
  outputs: Record<string, string>;
}
export const TASKS = ["gsm8k", "gsm8k-2021", "math-l5", "crux", "mmlu-pro"];

export function specOf(row: QuestionRow): AnswerSpec {
  if (row.answer_type === "choice") return { type: "choice", choices: [..."ABCDEFGHIJ"].slice(0, row.options?.length ?? 10) };
  return { type: row.answer_type === "number" ? "number" : row.answer_type === "exact" ? "exact" : "text" };
}
export const toolsOf = (row: QuestionRow): ToolSpec[] | null =>
  row.tools?.map((tool) => ({ name: tool.name, parameters: tool.parameters, readOnly: false })) ?? null;

export const read = (text: string, answer: AnswerSpec, finish: UnifiedFinish = "stop"): Reading =>
  readAnswer(text, { answer, tools: null, toolCalls: [], finish });
/** The value read, or the status where none was. */
export function valueOf(reading: Reading): Json {
  return reading.status === "read" ? reading.value : reading.status;
}
export const keyOf = (reading: Reading): string | null => (reading.status === "read" ? reading.key : null);
