/** Reads every recorded output of real models, and counts as the tables of the recordings count. */
import { expect, test } from "vitest";
import type { Json, Reading } from "../../../adjudicator/index.ts";
import { readAnswer } from "../../../adjudicator/index.ts";
import type { QuestionRow } from "./kit.ts";
import { TASKS, fileText, keyOf, present, read, rowsOf, skipped, specOf, toolsOf } from "./kit.ts";

interface Extracted {
  id: string;
  answers: Record<string, string | null>;
  right: string[];
}
const extracted = new Map(rowsOf<Extracted>("replay/extracted.jsonl").map((row) => [row.id, row]));
const readRow = (row: QuestionRow, model: string): Reading =>
  readAnswer(row.outputs[model] ?? "", { answer: specOf(row), tools: toolsOf(row), toolCalls: [], finish: "stop" });
/** Keys of exact answers stand in quotes. */
const canonical = (row: QuestionRow, reading: Reading): string | null => {
  const key = keyOf(reading);
  return key !== null && row.answer_type === "exact" ? key.slice(1, -1) : key;
};

test.skipIf(!present).each(TASKS)(`canonical answers of %s are read alike in at least 99 of 100${skipped}`, (task) => {
  const wrong: string[] = [];
  let total = 0;
  for (const row of rowsOf<QuestionRow>(`replay/${task}.jsonl`))
    for (const model of Object.keys(row.outputs)) {
      total++;
      const want = extracted.get(row.id)?.answers[model] ?? null;
      const got = canonical(row, readRow(row, model));
      if (got !== want) wrong.push(`${row.id} ${model}: ${got} instead of ${want}`);
    }
  console.log(`${task}: ${total - wrong.length} of ${total} alike (${((100 * (total - wrong.length)) / total).toFixed(2)} %)`);
  expect(wrong.length, wrong.join("\n")).toBeLessThanOrEqual(total * 0.01);
});

test.skipIf(!present).each(TASKS)(`who is right in %s is judged alike in at least 995 of 1000${skipped}`, (task) => {
  const wrong: string[] = [];
  let total = 0;
  for (const row of rowsOf<QuestionRow>(`replay/${task}.jsonl`))
    for (const model of Object.keys(row.outputs)) {
      total++;
      if (isRight(row, readRow(row, model)) !== extracted.get(row.id)?.right.includes(model)) wrong.push(`${row.id} ${model}`);
    }
  expect(wrong.length, wrong.join("\n")).toBeLessThanOrEqual(total * 0.005);
});

function isRight(row: QuestionRow, reading: Reading): boolean {
  if (reading.status !== "read") return false;
  if (row.task === "bfcl") return callIsRight(row.gold as Gold, reading.value);
  return keyOf(read(String(row.gold), specOf(row))) === reading.key;
}

type Gold = Record<string, Record<string, Json[]>>;
/** Text without case, blanks and ,./-_*^ as the recordings compare it. */
const flat = (value: Json): Json => {
  if (typeof value === "string")
    return value
      .toLowerCase()
      .replace(/[\s,./\-_*^]/g, "")
      .replaceAll("'", '"');
  if (Array.isArray(value)) return value.map(flat);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, flat(value[key] ?? null)]),
  );
};
const isObject = (value: Json): value is { [key: string]: Json } => value !== null && typeof value === "object" && !Array.isArray(value);
function allowed(value: Json, options: Json): boolean {
  const list = Array.isArray(options) ? options : [options];
  return list.some((option) => {
    if (option === "") return false;
    if (isObject(value) && isObject(option)) return fits(value, option);
    return JSON.stringify(flat(value)) === JSON.stringify(flat(option));
  });
}
const fits = (given: { [key: string]: Json }, gold: { [key: string]: Json }): boolean =>
  Object.keys(given).every((key) => key in gold && allowed(given[key] ?? null, gold[key] ?? null)) &&
  Object.keys(gold).every((key) => key in given || (Array.isArray(gold[key]) && gold[key].includes("")));
function callIsRight(gold: Gold, calls: Json): boolean {
  const call = Array.isArray(calls) && calls.length === 1 ? calls[0] : undefined;
  if (call === undefined || !isObject(call) || typeof call.name !== "string" || !isObject(call.arguments ?? null)) return false;
  const wanted = gold[call.name];
  return wanted !== undefined && fits(call.arguments as { [key: string]: Json }, wanted);
}

interface Members {
  groups: Record<string, Record<string, string[]>>;
}
const groups = present
  ? Object.entries((JSON.parse(fileText("replay/members.json")) as Members).groups).flatMap(([task, named]) =>
      Object.entries(named).map(([group, members]) => ({ task, group, members })),
    )
  : [{ task: "none", group: "none", members: [] as string[] }];
const table = new Map(
  present
    ? [...fileText("replay/README.md").matchAll(/^\| (\S+) \| (\S+) \| \d+ \| [\d.]+ \| ([\d.]+) \|/gm)].map((match) => [
        `${match[1]} ${match[2]}`,
        Number(match[3]),
      ])
    : [],
);

/** Plain plurality; a tie goes to the first member in the order of the group. */
function plurality(row: QuestionRow, members: string[]): Reading | null {
  const votes = new Map<string, { count: number; reading: Reading }>();
  for (const model of members) {
    const reading = readRow(row, model);
    const key = keyOf(reading);
    if (key !== null) votes.set(key, { count: (votes.get(key)?.count ?? 0) + 1, reading: votes.get(key)?.reading ?? reading });
  }
  let best: { count: number; reading: Reading } | null = null;
  for (const vote of votes.values()) if (best === null || vote.count > best.count) best = vote;
  return best?.reading ?? null;
}

test.skipIf(!present).each(groups)(
  `plurality of $task $group is as accurate as the recordings' own reading, or more${skipped}`,
  ({ task, group, members }) => {
    const rows = rowsOf<QuestionRow>(`replay/${task}.jsonl`);
    const right = rows.filter((row) => {
      const winner = plurality(row, members);
      return winner !== null && isRight(row, winner);
    }).length;
    const accuracy = (100 * right) / rows.length;
    const want = table.get(`${task} ${group}`) ?? Number.NaN;
    console.log(`${task} ${group}: ${accuracy.toFixed(1)} (table: ${want})`);
    // the table is rounded to a tenth; one question more than the table is a better reading of that question
    expect(accuracy).toBeGreaterThan(want - 0.06);
    expect(accuracy).toBeLessThan(want + 100 / rows.length + 0.06);
  },
);
