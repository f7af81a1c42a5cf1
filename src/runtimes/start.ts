/** What every Node entry shares: settings from the environment, one clear line and exit code 78 for a bad one, and a graceful end. */
import { providerOf } from "../core/member.ts";
import { ConfigError } from "../core/problem.ts";
import { readSettings } from "./config.ts";
import { loadDotEnv } from "./dotenv.ts";
import { CONFIG_FOLDER, DATA_FILE, isInstalled, VERSION } from "./root.ts";
import type { Service } from "./serve.ts";
import type { Settings } from "./settings.ts";

/** EX_CONFIG of sysexits.h. */
const EXIT_CONFIG = 78;
export { VERSION };

/** An installed package keeps its database in the user's folder, not in whichever one it was started from. */
export const settingsFromEnvironment = (): Promise<Settings> => {
  const kept = isInstalled ? { CONSENSUS_DB: DATA_FILE } : {};
  return readSettings({ ...kept, ...loadDotEnv(CONFIG_FOLDER, process.env) }, { version: VERSION });
};

/** Whom the operator may have left out: one line, or none. */
function leftOut({ panel, providers }: Settings): string[] {
  const set = providers.filter((one) => one.configured);
  const asked = set.filter(({ name }) => panel.some((member) => providerOf(member) === name));
  const [only] = set;
  if (asked.length === 0) return ["No member of the panel is configured: set a key or OLLAMA_HOST, see README.md"];
  if (set.length === 1 && only?.name === "ollama")
    return [`No key is set: only an Ollama at ${only.baseUrl ?? "OLLAMA_HOST"} is asked, if one runs there (npm run demo needs neither)`];
  const keyless = providers.filter((one) => !one.configured).map((one) => one.name);
  return keyless.length > 0 ? [`Without a key: ${keyless.join(", ")}`] : [];
}

/** What `npm start` says once it listens. */
export function greeting(settings: Settings, url: string): string {
  const panel = settings.panel.length > 0 ? settings.panel.join(", ") : "nobody";
  const lines = [
    `Gekro Consensus ${settings.version} listens on ${url}`,
    `Panel: ${panel}`,
    ...leftOut(settings),
    "Who answers: gekro doctor",
  ];
  return lines.join("\n");
}

/** One line on stderr, never a stack. */
export function exitWith(error: unknown): never {
  const known = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (error instanceof ConfigError) console.error(error.message);
  else if (known.code === "EADDRINUSE")
    console.error(`PORT: ${known.port} is taken on ${known.address}; end what listens there, or name another port (0 takes a free one)`);
  else console.error(error instanceof Error ? `${error.name}: ${error.message}` : "the start failed");
  process.exit(error instanceof ConfigError ? EXIT_CONFIG : 1);
}

/** New requests are refused, runs in flight end; a second signal ends at once. */
export function stopOnSignal(service: Service, after: () => Promise<void> = async () => {}): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    service
      .stop()
      .then(after)
      .then(() => process.exit(0), exitWith);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

/** A bug in a callback is logged once and costs no other request. */
export function logStrays({ composed }: Service): void {
  const { log } = composed.engine;
  const note = (kind: string) => (error: unknown) => log("error", kind, { error: error instanceof Error ? error.name : "unknown" });
  process.on("unhandledRejection", note("unhandled-rejection"));
  process.on("uncaughtException", note("uncaught-exception"));
}
