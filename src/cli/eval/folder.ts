/** `--all`: reads a folder of recordings, and prints every task and group beside the figures published with it. */
import { EXIT } from "../exits.ts";
import { columns } from "../format.ts";
import type { CliPorts } from "../ports.ts";
import { createProgress } from "../progress.ts";
import { safeJson, safeLine } from "../safe.ts";
import { evaluateAll, type Folder, type GroupLine, type Key, type Overall } from "./all.ts";
import { points } from "./answer.ts";
import { type EvalRow, readGroups, readRows } from "./corpus.ts";
import { JUDGE_FILES } from "./judges.ts";
import { costText } from "./cost.ts";
import { judgingText } from "./judges-text.ts";
import type { EvalPorts } from "./ports.ts";
import { readPublished } from "./published.ts";

const KEY_FILE = "extracted.jsonl";

function readKey(text: string): Key {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const rows = lines.map((line) => JSON.parse(line) as { id: string; answers: Record<string, string | null> });
  return new Map(rows.map(({ id, answers }) => [id, answers]));
}

async function readFolder({ read }: EvalPorts, path: string, membersFile: string | undefined): Promise<Folder> {
  const inside = (name: string): string => `${path.replace(/\/$/, "")}/${name}`;
  const optional = (name: string): Promise<string> => read(inside(name)).catch(() => "");
  const groups = readGroups(await read(membersFile ?? inside("members.json")));
  const rows = new Map<string, EvalRow[]>();
  for (const task of Object.keys(groups)) rows.set(task, readRows(await read(inside(`${task}.jsonl`)), `${task}.jsonl`));
  const judges: Map<(typeof JUDGE_FILES)[number], string> = new Map();
  for (const file of JUDGE_FILES) {
    const text = await optional(file);
    if (text !== "") judges.set(file, text);
  }
  return { rows, groups, published: readPublished(await optional("README.md")), key: readKey(await optional(KEY_FILE)), judges };
}

const tenth = (share: number): string => (100 * share).toFixed(1);
const figure = (value: number | null | undefined): string => (value == null ? "–" : value.toFixed(3));
/** Published figures are rounded to a tenth of a point, halves to the even digit. */
const ROUNDING = 0.0006;
/** Theirs, then ours where it differs. */
const beside = (theirs: number | undefined, ours: number): string => {
  if (theirs === undefined) return tenth(ours);
  return Math.abs(theirs - ours) < ROUNDING ? tenth(ours) : `${tenth(theirs)} → ${tenth(ours)}`;
};

function groupRow({ published: their, ...ours }: GroupLine): string[] {
  return [
    safeLine(ours.task),
    safeLine(ours.group),
    String(ours.n),
    beside(their?.best, ours.best),
    beside(their?.plurality, ours.plurality),
    tenth(ours.vote),
    their ? tenth(their.tiesToBest) : "–",
    beside(their?.learned, ours.learned),
    beside(their?.oracle, ours.oracle),
    `${beside(their?.allShare, ours.all_share)} / ${beside(their?.allRight, ours.all_right)}`,
    points(ours.vote - ours.best),
  ];
}
const GROUP_HEAD = [
  "TASK",
  "GROUP",
  "N",
  "BEST MEMBER",
  "PLURALITY",
  "VOTE",
  "(TIES TO BEST)",
  "DAWID-SKENE → VOTE, LEARNED",
  "ORACLE",
  "ALL AGREE / RIGHT",
  "VOTE − BEST",
];

function groupsText(groups: readonly GroupLine[]): string {
  const ahead = groups.filter(({ vote, best }) => vote > best).length;
  const behind = groups.filter(({ vote, best }) => vote < best).length;
  const compared = groups.some(({ published }) => published !== null) ? "published → measured here, one figure where they are equal; " : "";
  const balance = `The vote is ahead of its best member in ${ahead} of ${groups.length} panels, level in ${groups.length - ahead - behind}, behind in ${behind}.`;
  return `${columns([GROUP_HEAD, ...groups.map(groupRow)])}(${compared}all figures in percent; ties to best is published only)\n${balance}\n`;
}

function taughtText(taught: Overall["taught"]): string {
  if (taught.length === 0) return "";
  const rows = taught.map(({ task, halves, best, taught: mine }) => [
    safeLine(task),
    String(halves),
    tenth(best),
    tenth(mine),
    points(mine - best),
  ]);
  const average = taught.reduce((sum, line) => sum + line.taught - line.best, 0) / taught.length;
  const head = ["TASK", "HALVES", "BEST MEMBER", "VOTE, TAUGHT", "DIFFERENCE"];
  return `Uneven panels, told the right answers to a random half, on the other half (means):\n${columns([head, ...rows])}On average ${points(average)} points.\n${curveText(taught)}`;
}
function curveText(taught: Overall["taught"]): string {
  const sizes = taught[0]?.curve.map(({ told }) => String(told)) ?? [];
  const rows = taught.map(({ task, curve }) => [safeLine(task), ...curve.map(({ ahead }) => points(ahead))]);
  return `Told so many, drawn with replacement, on the whole file, against its best member:\n${columns([["TASK", ...sizes], ...rows])}`;
}

function tasksText(tasks: Overall["tasks"]): string {
  const rows = tasks.map(({ task, calibration: sure }) => [
    safeLine(task),
    String(sure?.n ?? 0),
    figure(sure?.auroc),
    figure(sure?.auroc_of_share),
    figure(sure?.brier),
    figure(sure?.brier_of_base_rate),
  ]);
  const head = ["TASK", "VERDICTS", "AUROC", "OF THE SHARE", "BRIER", "OF THE BASE RATE"];
  return `Confidence, learned without labels:\n${columns([head, ...rows])}`;
}

function readingsText(readings: Overall["readings"]): string {
  if (readings.length === 0) return "";
  const rows = readings.map(({ task, outputs, alike }) => [
    safeLine(task),
    `${alike} of ${outputs}`,
    `${((100 * alike) / outputs).toFixed(2)} %`,
  ]);
  return `Answers read as in ${KEY_FILE}:\n${columns(rows)}`;
}

const ELSEWHERE =
  "Measured elsewhere: the judge that obeys every attack, over tens of thousands of cases (node test/bench/injection.ts).\n";

function overallTable({ groups, taught, tasks, readings, judging, costs, short }: Overall): string {
  const end = short.length === 0 ? "Everything holds.\n" : `Falls short:\n${short.map((one) => `  ${safeLine(one)}\n`).join("")}`;
  return [
    groupsText(groups),
    taughtText(taught),
    tasksText(tasks),
    readingsText(readings),
    judgingText(judging),
    costText(costs),
    ELSEWHERE,
    end,
  ]
    .filter((part) => part !== "")
    .join("\n");
}

/** Exit code 1 where something falls short of the expected figures. */
export async function evaluateFolder(
  ports: CliPorts,
  lent: EvalPorts,
  path: string,
  { json, membersFile }: { json?: boolean; membersFile?: string },
): Promise<number> {
  const folder = await readFolder(lent, path, membersFile);
  const total = Object.values(folder.groups).reduce((sum, groups) => sum + Object.keys(groups).length, 0);
  const progress = createProgress(ports, "panels", total);
  const overall = await evaluateAll(folder, lent.cpuMs, (note) => {
    ports.signal.throwIfAborted();
    progress.advance(1, note);
  });
  progress.end();
  ports.terminal.out(json ? `${safeJson(overall)}\n` : overallTable(overall));
  return overall.short.length === 0 ? EXIT.ok : EXIT.failed;
}
