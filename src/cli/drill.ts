/** `drill`: the fire drill. Kills one provider after another, and all cloud at once, for engines of its own, and proves that runs still answer. */
import { Option } from "commander";
import { FAULTS, type DrillFault } from "./drill/poison.ts";
import type { DrillRow } from "./drill/judge.ts";
import { type DrillOrder, drillRows, measureBaseline, rowCount } from "./drill/run.ts";
import { drillText } from "./drill/text.ts";
import { EXIT } from "./exits.ts";
import type { AddCommand, CliPorts } from "./ports.ts";
import { createProgress } from "./progress.ts";
import { safeJson, safeLine } from "./safe.ts";
import { readMs } from "./values.ts";

interface Options {
  json?: boolean;
  prompt?: string;
  fault: DrillFault;
  deadline?: number;
}

async function drill(ports: CliPorts, options: Options): Promise<number> {
  const { terminal } = ports;
  const order: DrillOrder = { fault: options.fault, prompt: options.prompt ?? null, deadlineMs: options.deadline ?? null };
  const baseline = await measureBaseline(ports, order);
  const { healthy, silent } = baseline;
  for (const { member, reason } of silent) terminal.err(`silent before the drill: ${safeLine(member)}, ${reason}\n`);
  if (healthy.length === 0) {
    if (options.json) terminal.out(`${safeJson({ ok: false, fault: order.fault, healthy, silent, rows: [] })}\n`);
    terminal.err("gekro: nobody answers even before the drill; gekro doctor --ask says why\n");
    return EXIT.failed;
  }
  const progress = createProgress(ports, "drill", rowCount(baseline));
  const rows: DrillRow[] = [];
  for await (const row of drillRows(ports, order, baseline)) {
    rows.push(row);
    progress.advance(1, row.poisoned);
  }
  progress.end();
  const held = rows.filter(({ passed }) => passed);
  const ok = held.length === rows.length;
  if (options.json) terminal.out(`${safeJson({ ok, fault: order.fault, healthy, silent, rows })}\n`);
  else terminal.out(drillText(rows));
  const deserted = held.filter(({ answered_by: by }) => by === null).length;
  terminal.err(`${held.length} of ${rows.length} rows hold${deserted === 0 ? "" : `, ${deserted} of them with nobody left to answer`}\n`);
  return ok ? EXIT.ok : EXIT.failed;
}

const EXAMPLES = `
Every provider but the poisoned one is really asked: a drill costs a few short prompts. It runs in this process, with a store
of its own in memory: a service that runs beside it learns nothing of it. A row holds when the run answered although a provider was dead
(or said honestly that nobody was left), within its deadline, and its report named the loss. Exit code 1 when a row does not hold.

Examples:
  $ gekro drill
  $ gekro drill --fault timeout --deadline 20s
  $ gekro drill --prompt "Name one cause of rust."     answers in words: the adjudicator is drilled too
  $ gekro drill --json | jq '.rows[] | select(.passed | not)'`;

export const addDrill: AddCommand = (program, { ports, done }) => {
  program
    .command("drill")
    .description("fire drill: kill one provider after another inside this process, and see that runs still answer")
    .option("--prompt <text>", "canary to ask instead of a small sum")
    .addOption(new Option("--fault <how>", "how the poisoned die").choices(FAULTS).default("refused"))
    .option("--deadline <time>", "deadline of each run: 1500ms, 30s, 2m", readMs)
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (options: Options) => done(await drill(ports, options)));
};
