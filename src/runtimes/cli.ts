/** The `gekro` command on Node: lends the commands a terminal, an engine and this process, and ends with their exit code. */
import { homedir } from "node:os";
import { join, sep } from "node:path";
import { styleText } from "node:util";
import { main } from "../cli/main.ts";
import type { CliPorts, EmbeddedEngine, EngineOptions, Terminal } from "../cli/ports.ts";
import { loadDotEnv } from "./dotenv.ts";
import { systemClock, systemRandom } from "./ports.ts";
import { ROOT, VERSION } from "./root.ts";
import { pipedInput } from "./stdin.ts";

const DEFAULT_COLUMNS = 80;

/** An installed package's own folder is nobody's to configure or to write into: then the user's folders are used. */
const installed = ROOT.includes(`${sep}node_modules${sep}`);
const homeOf = (variable: string, fallback: string): string => process.env[variable] ?? join(homedir(), fallback);
const configFolder = installed ? join(homeOf("XDG_CONFIG_HOME", ".config"), "gekro") : ROOT;
const dataFile = installed ? join(homeOf("XDG_STATE_HOME", ".local/state"), "gekro", "consensus.db") : join(ROOT, "data", "consensus.db");

const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  outIsTty: process.stdout.isTTY === true,
  errIsTty: process.stderr.isTTY === true,
  columns: () => process.stderr.columns ?? process.stdout.columns ?? DEFAULT_COLUMNS,
  style: (ink, text) => styleText(ink, text, { stream: process.stderr }),
};

/** The client libraries are read only by commands that call somebody: completion and help stay quick. */
async function openEmbedded({ store, wrap }: EngineOptions): Promise<EmbeddedEngine> {
  const [{ openEngine }, { readSettings }] = await Promise.all([import("./engine.ts"), import("./config.ts")]);
  const env = loadDotEnv(configFolder, process.env);
  const settings = await readSettings({ LOG_LEVEL: "error", CONSENSUS_DB: dataFile, ...env }, { version: VERSION });
  const { composed, close } = await openEngine(settings, { keeps: store, wrap });
  return { ...composed, reports: composed.engine.reports, close };
}

/** The entries run on import, and end the process themselves. */
async function start(service: "serve" | "demo"): Promise<void> {
  await (service === "serve" ? import("./node.ts") : import("./demo.ts"));
  await new Promise<never>(() => {});
}

const interrupt = new AbortController();
function onInterrupt(): void {
  // a second Ctrl-C does not wait
  if (interrupt.signal.aborted) process.exit(130);
  interrupt.abort("cancelled");
}

const [command] = process.argv.slice(2);
const isService = command === "serve" || command === "demo";
if (!isService) process.on("SIGINT", onInterrupt).on("SIGTERM", onInterrupt);
// the reader of the pipe has left: nothing to complain about
process.stdout.on("error", () => process.exit(0));

const ports: CliPorts = {
  terminal,
  piped: pipedInput(),
  env: (name) => process.env[name] || undefined,
  clock: systemClock,
  random: systemRandom,
  signal: interrupt.signal,
  fetch: (input, init) => fetch(input, init),
  openEngine: openEmbedded,
  start,
  openEvaluation: async () => (await import("./eval.ts")).evalPorts(loadDotEnv(configFolder, process.env)),
  version: VERSION,
};

const code = await main(process.argv.slice(2), ports);
// a pipe may still be full: what was written goes out before the process ends
for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => void stream.write("", resolve));
process.exit(code);
