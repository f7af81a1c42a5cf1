/** `ask`: one question to the whole panel, here or at a running service; the answer on standard output, everything else on standard error. */
import { type Command, Option } from "commander";
import { type Problem, problemDocument } from "../core/problem.ts";
import type { ConsensusEvent, Report } from "../core/report.ts";
import { addServerOptions, type Backend, type BackendOptions, openBackend } from "./backend.ts";
import { EXIT, UsageError } from "./exits.ts";
import { noScreen, openScreen } from "./live.ts";
import type { AddCommand, CliPorts, Terminal } from "./ports.ts";
import { type AskOptions, promptOf, requestOf } from "./question.ts";
import { complain, exitOf, isProblem } from "./refusals.ts";
import { safeJson, safeLine } from "./safe.ts";
import { answerText, summaryLines } from "./summary.ts";
import { readCount, readList, readMs, readUsd } from "./values.ts";

type Options = AskOptions & BackendOptions & { json?: boolean; strict?: boolean; quiet?: boolean };
type Last = Extract<ConsensusEvent, { type: "run-end" | "error" }>;

const STRATEGIES = ["auto", "vote", "pick", "merge", "rank", "cascade", "fallback"];

const EXAMPLES = `
Examples:
  $ gekro ask "Why is the sky blue?"
  $ tail -n 500 syslog | gekro ask "what went wrong?" --local-only
  $ gekro ask "How many r in strawberry?" --answer number --strategy vote
  $ gekro ask "Is this spam?" --answer choice:yes,no --json < mail.txt
  $ gekro ask "hello" --panel groq/openai/gpt-oss-120b,ollama/llama3.2 --deadline 20s
  $ gekro ask "hello" --server http://127.0.0.1:8787

Exit codes: 0 answered · 3 answered but degraded, with --strict · 1 no answer · 2 usage · 78 configuration`;

/** Shows the run as it goes; null when it was interrupted. */
async function follow(ports: CliPorts, backend: Backend, body: unknown, quiet: boolean): Promise<Last | null> {
  const events = backend.run(body);
  // a refused request is thrown before the first event: no table for it
  let step = await events.next();
  const screen = quiet ? noScreen : openScreen(ports);
  try {
    for (; !step.done; step = await events.next()) {
      screen.show(step.value);
      if (step.value.type === "run-end" || step.value.type === "error") return step.value;
    }
    return null;
  } finally {
    screen.end();
  }
}

/** A log may hold long lines; a screen may not. */
const LOG_COLUMNS = 240;
const summaryOf = (report: Report, { errIsTty, columns, style }: Terminal): string =>
  summaryLines(report, errIsTty ? columns() : LOG_COLUMNS, style);

function finish({ terminal }: CliPorts, last: Last, { json, strict, quiet }: Options): number {
  const report: Report | undefined = last.type === "run-end" ? last.data : last.data.report;
  if (json) terminal.out(`${safeJson(report ?? last.data)}\n`);
  if (last.type === "error") {
    if (report && !quiet) terminal.err(summaryOf(report, terminal));
    terminal.err(`gekro: ${safeLine(`${last.data.type.replace("/problems/", "")}: ${last.data.detail}`)}\n`);
    return EXIT.failed;
  }
  if (!json) terminal.out(answerText(last.data));
  if (!quiet) terminal.err(summaryOf(last.data, terminal));
  return strict && last.data.status === "degraded" ? EXIT.degraded : EXIT.ok;
}

/** With `--json` a refusal is JSON too. */
function refuse({ terminal, random }: CliPorts, problem: Problem, json: boolean | undefined): number {
  const { report } = problem.extras;
  if (json) terminal.out(`${safeJson(report ?? problemDocument(problem, "/consensus", `req_${random.hex(8)}`))}\n`);
  complain(terminal, problem);
  return exitOf(problem);
}

async function ask(ports: CliPorts, words: string[], options: Options): Promise<number> {
  const body = requestOf(await promptOf(words, ports.piped, ports.terminal), options);
  const backend = await openBackend(ports, options);
  try {
    if (options.localOnly && !backend.local)
      throw new UsageError("--local-only: the service's address is neither loopback nor listed in CONSENSUS_LOCAL_ADDRESSES");
    const last = await follow(ports, backend, body, options.quiet ?? false);
    return last === null ? EXIT.interrupted : finish(ports, last, options);
  } catch (error) {
    if (!isProblem(error)) throw error;
    return refuse(ports, error, options.json);
  } finally {
    await backend.close();
  }
}

const addRequestOptions = (command: Command): Command =>
  command
    .addOption(new Option("--strategy <name>", "how the answer is decided").choices(STRATEGIES))
    .option("--panel <members>", "who is asked: provider/model, comma-separated", readList)
    .option("--adjudicators <members>", "who decides where counting cannot, in this order", readList)
    .option("--answer <type>", "how answers are compared: text, number, exact, json or choice:A,B")
    .option("--local-only", "ask only what runs on this machine or a listed local address")
    .option("--quorum <n>", "fewest members with an answer for a sound verdict", readCount)
    .option("--require-quorum", "no answer at all below the quorum")
    .option("--deadline <time>", "one deadline over everything: 1500ms, 30s, 2m", readMs)
    .option("--max-cost <usd>", "worst-case cost in US dollars; the panel shrinks to fit", readUsd);

export const addAsk: AddCommand = (program, { ports, done }) => {
  const command = program
    .command("ask")
    .description("ask the panel; what is piped in is put behind the question")
    .argument("[question...]");
  addServerOptions(addRequestOptions(command))
    .option("--json", "print the whole report as JSON")
    .option("--strict", "exit with 3 when the answer is degraded")
    .option("-q, --quiet", "no table and no summary")
    .addHelpText("after", EXAMPLES)
    .action(async (words: string[], options: Options) => done(await ask(ports, words, options)));
};
