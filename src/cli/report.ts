/** `report`: the stored reports, newest first, or one of them in full. */
import type { Report } from "../core/report.ts";
import { addServerOptions, type BackendOptions, openBackend } from "./backend.ts";
import { fold, emptyBoard } from "./board.ts";
import { EXIT } from "./exits.ts";
import { columns, dollars, seconds, share } from "./format.ts";
import type { ReportRow } from "../store/store.ts";
import type { AddCommand, CliPorts } from "./ports.ts";
import { safeJson, safeLine } from "./safe.ts";
import { answerText, summaryLines } from "./summary.ts";
import { plainRow } from "./table.ts";
import { readCount } from "./values.ts";

type Options = BackendOptions & { json?: boolean; limit: number };

/** Cut far beyond any screen. */
const LINE_COLUMNS = 240;

function show({ terminal }: CliPorts, report: Report): void {
  const { rows } = fold(emptyBoard(), { type: "run-end", data: report });
  const problem = report.problem ? `${safeLine(`${report.problem.slug}: ${report.problem.detail}`)}\n` : "";
  const members = rows.map((row) => `  ${plainRow(row)}\n`).join("");
  const plain = (_ink: string, text: string): string => text;
  terminal.out(
    `${safeLine(`${report.created_at}  ${report.status}`)}\n${members}${summaryLines(report, LINE_COLUMNS, plain)}${problem}\n${answerText(report)}`,
  );
}

const HEAD = ["REPORT", "WHEN", "STATUS", "HOW", "AGREED", "COST", "TIME", "ANSWER"];
function lineOf({ id, created_at: at, status, how, agreement, cost_usd: cost, total_ms: ms, excerpt }: ReportRow): string[] {
  return [id, at.slice(0, 19), status, how ?? "–", share(agreement), dollars(cost), seconds(ms), excerpt].map(safeLine);
}

async function report(ports: CliPorts, id: string | undefined, options: Options): Promise<number> {
  const { terminal } = ports;
  const backend = await openBackend(ports, options);
  try {
    if (id !== undefined) {
      const one = await backend.report(id);
      if (options.json) terminal.out(`${safeJson(one)}\n`);
      else show(ports, one);
      return EXIT.ok;
    }
    const rows = await backend.reports(options.limit);
    if (options.json) terminal.out(`${safeJson(rows)}\n`);
    else if (rows.length === 0) terminal.err("no reports yet\n");
    else {
      terminal.out(columns([HEAD, ...rows.map(lineOf)]));
    }
    return EXIT.ok;
  } finally {
    await backend.close();
  }
}

const EXAMPLES = `
Examples:
  $ gekro report
  $ gekro report run_0123456789abcdef0123456789abcdef
  $ gekro report --limit 100 --json
  $ gekro report --server http://127.0.0.1:8787`;

export const addReport: AddCommand = (program, { ports, done }) => {
  const command = program.command("report").description("list the stored reports, or show one").argument("[id]", "the report's id (run_…)");
  addServerOptions(command)
    .option("--limit <n>", "how many to list, at most 100", readCount, 20)
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (id: string | undefined, options: Options) => done(await report(ports, id, options)));
};
