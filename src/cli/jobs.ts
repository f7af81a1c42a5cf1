/** `jobs`: runs that a service works off in the background: look at one, cancel one, list them where the service does. */
import { Problem } from "../core/problem.ts";
import type { BackendOptions } from "./backend.ts";
import { EXIT, UsageError } from "./exits.ts";
import { columns } from "./format.ts";
import type { AddCommand, CliPorts } from "./ports.ts";
import { openRemote, type Remote } from "./remote.ts";
import { safeJson, safeLine } from "./safe.ts";

type Options = BackendOptions & { json?: boolean; cancel?: string };
type Job = Record<string, unknown>;

/** A service without the route says that nothing is there, or that it takes other methods. */
async function list(remote: Remote): Promise<Job[]> {
  try {
    return ((await remote.json("GET", "/jobs")) as { data?: Job[] }).data ?? [];
  } catch (error) {
    const unknown = error instanceof Problem && (error.slug === "not-found" || error.slug === "method-not-allowed");
    if (unknown) throw new Problem("not-found", "this service keeps no list of jobs; give a job's id");
    throw error;
  }
}

const FIELDS = ["id", "state", "created_at", "report"];
const text = (value: unknown): string => (value == null ? "–" : safeLine(typeof value === "string" ? value : JSON.stringify(value)));

async function jobs(ports: CliPorts, id: string | undefined, { server, key, json, cancel }: Options): Promise<number> {
  if (server === undefined) throw new UsageError("--server: jobs live in a running service; name it, e.g. --server http://127.0.0.1:8787");
  if (id !== undefined && cancel !== undefined) throw new UsageError("either an id to look at, or --cancel <id>");
  const remote = openRemote(ports, { server, key });
  if (cancel !== undefined) {
    await remote.json("DELETE", `/jobs/${encodeURIComponent(cancel)}`);
    ports.terminal.err(`${safeLine(cancel)}: cancelled\n`);
    return EXIT.ok;
  }
  const found = id === undefined ? await list(remote) : [(await remote.json("GET", `/jobs/${encodeURIComponent(id)}`)) as Job];
  if (json) ports.terminal.out(`${safeJson(id === undefined ? found : found[0])}\n`);
  else if (found.length === 0) ports.terminal.err("no jobs\n");
  else
    ports.terminal.out(
      columns([FIELDS.map((field) => field.toUpperCase()), ...found.map((job) => FIELDS.map((field) => text(job[field])))]),
    );
  return EXIT.ok;
}

const EXAMPLES = `
Examples:
  $ gekro jobs --server http://127.0.0.1:8787
  $ gekro jobs job_0123456789abcdef --server http://127.0.0.1:8787
  $ gekro jobs --cancel job_0123456789abcdef --server http://127.0.0.1:8787`;

export const addJobs: AddCommand = (program, { ports, done }) => {
  program
    .command("jobs")
    .description("background runs of a service: list, look at, cancel")
    .argument("[id]", "the job's id")
    .option("--server <url>", "the running service")
    .option("--key <key>", "bearer key of that service (better: the variable GEKRO_API_KEY)")
    .option("--cancel <id>", "cancel this job")
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (id: string | undefined, options: Options) => done(await jobs(ports, id, options)));
};
