/** Every recorded task and group of a folder: counted, learned without labels, taught on half, and how sure it was. In this process, with no call at all. */
import { type Case, learnFrom, level, NOTHING_LEARNED, plurality, recordedCase, type Ruled } from "./cases.ts";
import { type EvalRow, type Groups, modelsOf } from "./corpus.ts";
import { costShort, type CostLine, measureCost } from "./cost.ts";
import { evaluateJudges, type Judging } from "./judges.ts";
import { judgingShort } from "./judges-text.ts";
import { calibrationOf, type Calibration } from "./evaluation.ts";
import { inspectSaid, saidText } from "./gold.ts";
import type { Published } from "./published.ts";
import { bestOf, rightOf, shareOf, TAUGHT_GROUP, type TaughtLine, taughtLine, taughtShort, voteAll } from "./taught.ts";

export interface GroupLine {
  task: string;
  group: string;
  n: number;
  best: number;
  plurality: number;
  vote: number;
  /** vote, with reliability learned without labels on the file itself */
  learned: number;
  oracle: number;
  all_share: number;
  all_right: number;
  published: Published | null;
}
export interface TaskLine {
  task: string;
  /** of `vote` over all groups, confidence learned without labels */
  calibration: Calibration | null;
}
export interface ReadingLine {
  task: string;
  outputs: number;
  alike: number;
}
export interface Overall {
  groups: GroupLine[];
  taught: TaughtLine[];
  tasks: TaskLine[];
  readings: ReadingLine[];
  judging: Judging;
  costs: CostLine[];
  /** what falls short of the expected figures, in words; empty = everything holds */
  short: string[];
}
/** canonical answers by question and model, where the folder has them */
export type Key = ReadonlyMap<string, Record<string, string | null>>;
export interface Folder {
  /** by task */
  rows: ReadonlyMap<string, EvalRow[]>;
  groups: Groups;
  published: ReadonlyMap<string, Published>;
  key: Key;
  /** the files about judges, by name, where the folder has them */
  judges: Parameters<typeof evaluateJudges>[0];
}

/** A figure of the table is rounded to a tenth of a point. */
const ROUNDING = 0.0006;
const LEAST_ALIKE = 0.99;

async function groupLine(
  task: string,
  group: string,
  cases: Case[],
  vote: readonly Ruled[],
  published: Published | null,
): Promise<GroupLine> {
  const united = cases.filter((one) => level(one) === one.members.length);
  return {
    task,
    group,
    n: cases.length,
    published,
    best: bestOf(cases),
    plurality: shareOf(cases.map((one) => one.right.has(plurality(one) ?? ""))),
    vote: rightOf(vote),
    learned: rightOf(await voteAll(cases, learnFrom(cases))),
    oracle: shareOf(cases.map(({ right }) => right.size > 0)),
    all_share: united.length / cases.length,
    all_right: shareOf(united.map(({ right }) => right.size > 0)),
  };
}

/** Keys of exact answers stand in quotes; the canonical answers do not. */
function readingLine(task: string, rows: readonly EvalRow[], key: Key): ReadingLine[] {
  let outputs = 0;
  let alike = 0;
  for (const row of rows)
    for (const [model, wanted] of Object.entries(key.get(row.id) ?? {})) {
      const { reading } = inspectSaid(row, saidText(row.outputs[model] ?? ""));
      const found = reading.status !== "read" ? null : row.answer.type === "exact" ? reading.key.slice(1, -1) : reading.key;
      outputs += 1;
      alike += Number(found === wanted);
    }
  return outputs === 0 ? [] : [{ task, outputs, alike }];
}

function shortcomings({ groups, taught, tasks, readings, judging, costs }: Omit<Overall, "short">): string[] {
  return [
    ...groups.flatMap(({ task, group, vote, learned, published }) => [
      ...(published && vote < published.plurality - ROUNDING ? [`${task} ${group}: the vote is below the plurality`] : []),
      ...(published && learned < published.learned - ROUNDING ? [`${task} ${group}: the learned vote is below Dawid-Skene`] : []),
    ]),
    ...taughtShort(taught),
    ...tasks.flatMap(({ task, calibration: sure }) => [
      ...((sure?.auroc ?? 0) < (sure?.auroc_of_share ?? 0) ? [`${task}: AUROC of confidence is below that of the share`] : []),
      ...((sure?.brier ?? 1) >= (sure?.brier_of_base_rate ?? 1) ? [`${task}: Brier is no better than the base rate's`] : []),
    ]),
    ...judgingShort(judging),
    ...costShort(costs),
    ...readings.filter(({ alike, outputs }) => alike < LEAST_ALIKE * outputs).map(({ task }) => `${task}: answers are read unlike the key`),
  ];
}

/** `cpuMs`: as the ports lend it. */
export async function evaluateAll(folder: Folder, cpuMs: (() => number) | undefined, advance: (note: string) => void): Promise<Overall> {
  const outputs = [...folder.rows.values()].flat().flatMap((row) => Object.values(row.outputs));
  const overall: Omit<Overall, "short"> = {
    groups: [],
    taught: [],
    tasks: [],
    readings: [],
    judging: await evaluateJudges(folder.judges),
    costs: await measureCost(outputs, cpuMs),
  };
  for (const [task, rows] of folder.rows) {
    const models = modelsOf(rows);
    const seen: Ruled[] = [];
    for (const [group, members] of Object.entries(folder.groups[task] ?? {})) {
      if (!members.every((member) => models.includes(member))) continue;
      const cases = rows.map((row) => recordedCase(row, members));
      const vote = await voteAll(cases, NOTHING_LEARNED, learnFrom(cases).confidence);
      seen.push(...vote);
      overall.groups.push(await groupLine(task, group, cases, vote, folder.published.get(`${task}/${group}`) ?? null));
      if (group === TAUGHT_GROUP) overall.taught.push(await taughtLine(task, cases));
      advance(`${task} ${group}`);
    }
    overall.tasks.push({ task, calibration: calibrationOf("vote", seen) });
    overall.readings.push(...readingLine(task, rows, folder.key));
  }
  return { ...overall, short: shortcomings(overall) };
}
