/** The `gekro` command on Node: lends the commands a terminal, an engine and this process, and ends with their exit code. */
import { styleText } from "node:util";
import { EXIT } from "../cli/exits.ts";
import { main } from "../cli/main.ts";
import type { CliPorts, EmbeddedEngine, EngineOptions, Terminal } from "../cli/ports.ts";
import type { Survey } from "../cli/doctor/survey.ts";
import type { Environment } from "./config.ts";
import { loadDotEnv } from "./dotenv.ts";
import type { NodeEngine } from "./engine.ts";
import { systemClock, systemRandom } from "./ports.ts";
import { CONFIG_FOLDER, DATA_FILE, VERSION } from "./root.ts";
import { pipedInput } from "./stdin.ts";

const DEFAULT_COLUMNS = 80;

const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  outIsTty: process.stdout.isTTY === true,
  errIsTty: process.stderr.isTTY === true,
  // a terminal that was never told its size says 0
  columns: () => process.stderr.columns || process.stdout.columns || DEFAULT_COLUMNS,
  style: (ink, text) => styleText(ink, text, { stream: process.stderr }),
};

/** The client libraries are read only by commands that call somebody: completion and help stay quick. */
async function openNode({ store, wrap }: EngineOptions): Promise<NodeEngine> {
  const [{ openEngine }, { readSettings }] = await Promise.all([import("./engine.ts"), import("./config.ts")]);
  const env = loadDotEnv(CONFIG_FOLDER, process.env);
  const settings = await readSettings({ LOG_LEVEL: "error", CONSENSUS_DB: DATA_FILE, ...env }, { version: VERSION });
  return openEngine(settings, { keeps: store, wrap });
}
async function openEmbedded(options: EngineOptions): Promise<EmbeddedEngine> {
  const { composed, close } = await openNode(options);
  return { ...composed, reports: composed.engine.reports, close };
}

/** Never rejects: a .env file that cannot be read is told by whoever opens the engine. */
async function survey(): Promise<Survey> {
  const { surveyOf } = await import("./survey.ts");
  let env: Environment = process.env;
  try {
    env = loadDotEnv(CONFIG_FOLDER, process.env);
  } catch {}
  return surveyOf(env, env["CONSENSUS_DB"]?.trim() || DATA_FILE);
}

/** The entries of the services run on import, and end the process themselves; MCP ends with its host. */
async function start(service: "serve" | "demo" | "mcp"): Promise<void> {
  if (service === "mcp") {
    const { serveStandardStreams } = await import("./mcp-stdio.ts");
    return serveStandardStreams(await openNode({ store: true }), interrupt.signal);
  }
  await (service === "serve" ? import("./node.ts") : import("./demo.ts"));
  await new Promise<never>(() => {});
}

const interrupt = new AbortController();
function onInterrupt(): void {
  // a second Ctrl-C does not wait
  if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
  interrupt.abort("cancelled");
}

const [command] = process.argv.slice(2);
const isService = command === "serve" || command === "demo";
if (!isService) process.on("SIGINT", onInterrupt).on("SIGTERM", onInterrupt);
// the reader of the pipe has left: nothing to complain about; any other end of it is a loss
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? EXIT.ok : EXIT.failed));
process.stderr.on("error", () => {});

const ports: CliPorts = {
  terminal,
  piped: pipedInput(),
  env: (name) => process.env[name] || undefined,
  clock: systemClock,
  random: systemRandom,
  signal: interrupt.signal,
  fetch: (input, init) => fetch(input, init),
  openEngine: openEmbedded,
  survey,
  start,
  openEvaluation: async () => (await import("./eval.ts")).evalPorts(loadDotEnv(CONFIG_FOLDER, process.env)),
  version: VERSION,
};

const code = await main(process.argv.slice(2), ports);
// a pipe may still be full: what was written goes out before the process ends
for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => void stream.write("", resolve));
process.exit(code);
