/** `eval`: whether a panel beats its best member, measured on questions with known answers. Recorded answers by default, live members on request. */
import type { Command } from "commander";
import { STRATEGY_NAMES } from "../consensus/schema.ts";
import { EXIT, UsageError } from "./exits.ts";
import { modelsOf, readGroups, readRows, type Groups } from "./eval/corpus.ts";
import { chartOf } from "./eval/chart.ts";
import { evaluateFolder } from "./eval/folder.ts";
import { evaluateOne } from "./eval/one.ts";
import type { EvalPorts } from "./eval/ports.ts";
import type { Plan } from "./eval/rounds.ts";
import { evaluationTable } from "./eval/table.ts";
import type { AddCommand, CliPorts } from "./ports.ts";
import { safeJson } from "./safe.ts";
import { readCount, readList } from "./values.ts";

interface Options {
  group?: string;
  panel?: string[];
  strategies: string[];
  membersFile?: string;
  limit?: number;
  json?: boolean;
  chart?: string;
  live?: boolean;
  all?: string;
}
const MOST_SEATS = 16;

const fileOf = (path: string): string => path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
const beside = (path: string, name: string): string => `${path.slice(0, path.length - fileOf(path).length)}${name}`;

async function groupOf(lent: EvalPorts, path: string, task: string, { group, membersFile }: Options): Promise<string[]> {
  const groups: Groups = readGroups(await lent.read(membersFile ?? beside(path, "members.json")));
  const known = groups[task] ?? {};
  const members = Object.hasOwn(known, group ?? "") ? known[group ?? ""] : undefined;
  if (members === undefined) throw new UsageError(`--group: ${task} has ${Object.keys(known).join(", ") || "no groups"}`);
  return members;
}

async function planOf(lent: EvalPorts, path: string, options: Options): Promise<Plan> {
  const { panel, group, live = false, strategies, limit } = options;
  if (panel !== undefined && group !== undefined) throw new UsageError("--panel and --group exclude each other");
  if (live && group !== undefined) throw new UsageError("--group names recorded models; with --live write --panel provider/model,…");
  const unknown = strategies.find((one) => !STRATEGY_NAMES.some((name) => name === one));
  if (unknown !== undefined) throw new UsageError(`--strategies: ${unknown} is none of ${STRATEGY_NAMES.join(", ")}`);
  const rows = readRows(await lent.read(path), fileOf(path)).slice(0, limit);
  if (rows.length === 0) throw new UsageError("--limit: at least 1");
  const task = rows[0]?.task || fileOf(path).replace(/\.jsonl$/, "");
  const facts = { file: fileOf(path), task, group: group ?? null, rows, strategies, live };
  if (live) return { ...facts, panel: panel ?? null };
  const models = modelsOf(rows);
  const members = panel ?? (group === undefined ? models : await groupOf(lent, path, task, options));
  const missing = members.filter((member) => !models.includes(member));
  if (missing.length > 0) throw new UsageError(`no answers of ${missing.join(", ")} are recorded; there are ${models.join(", ")}`);
  if (members.length > MOST_SEATS) throw new UsageError(`at most ${MOST_SEATS} members: choose with --panel`);
  return { ...facts, panel: members };
}

async function evaluateFile(ports: CliPorts, lent: EvalPorts, path: string, options: Options): Promise<number> {
  const plan = await planOf(lent, path, options);
  const evaluation = await evaluateOne(ports, lent, plan);
  if (options.chart !== undefined) await lent.write(options.chart, chartOf(evaluation));
  ports.terminal.out(options.json ? `${safeJson(evaluation)}\n` : evaluationTable(evaluation));
  return EXIT.ok;
}

async function evaluate(ports: CliPorts, path: string | undefined, options: Options): Promise<number> {
  const { all } = options;
  if ((path === undefined) === (all === undefined)) throw new UsageError("name a file of questions, or --all with their folder");
  if (!ports.openEvaluation) throw new UsageError("nothing can be evaluated here");
  const lent = await ports.openEvaluation();
  return all === undefined ? evaluateFile(ports, lent, path ?? "", options) : evaluateFolder(ports, lent, all, options);
}

const EXAMPLES = `
A line of the file holds question, answer_type (number, choice, exact, toolcall), gold and, unless --live, outputs by model.

Examples:
  $ gekro eval questions.jsonl --group mid
  $ gekro eval questions.jsonl --panel model-a,model-b,model-c --strategies vote,auto --chart chart.svg
  $ gekro eval questions.jsonl --live --panel groq/openai/gpt-oss-120b,ollama/llama3.2 --limit 50
  $ gekro eval --all recordings/ --json`;

const addOptions = (command: Command): Command =>
  command
    .option("--group <name>", "a panel of the members file")
    .option("--panel <members>", "comma-separated; recorded models, or provider/model with --live", readList)
    .option("--strategies <names>", "comma-separated; the first is the one that is asked whether it beats the best member", readList)
    .option("--members-file <file>", "groups of models by task (default: members.json beside the file)")
    .option("--limit <n>", "only the first questions", readCount)
    .option("--json", "print JSON")
    .option("--chart <file>", "also write a chart (SVG)")
    .option("--live", "ask the configured panel instead of recorded answers: costs what the calls cost")
    .option("--all <folder>", "every recorded task and group of a folder, beside the figures published with it");

export const addEval: AddCommand = (program, { ports, done }) => {
  const command = program
    .command("eval")
    .description("measure whether a panel beats its best member, on questions with known answers")
    .argument("[file]", "questions, one JSON object a line");
  addOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (path: string | undefined, options: Partial<Options>) =>
      done(await evaluate(ports, path, { ...options, strategies: options.strategies ?? ["vote"] })),
    );
};
