/** What `gekro doctor` is told of this machine: which variables are set, WSL2 and its network mode, the store's file. Calls nobody. */
import { execFile } from "node:child_process";
import type { Survey, WslState } from "../cli/doctor/survey.ts";
import { CONFIG_TABLE, type Environment } from "./config.ts";
import { storeFacts } from "./store-facts.ts";
import { detectWsl, readWslFacts, type WslFacts } from "./wsl.ts";

/** ms */
const WSLINFO_PATIENCE = 1_000;
const NAMES: ReadonlySet<string> = new Set(CONFIG_TABLE.map(({ name }) => name));

const isSet = (env: Environment, name: string): boolean => (env[name] ?? "").trim() !== "";

/** WSL's own tool; older versions lack it. */
function askWslinfo(): Promise<string | null> {
  return new Promise((resolve) => {
    execFile("wslinfo", ["--networking-mode"], { timeout: WSLINFO_PATIENCE }, (error, out) => {
      const mode = out.trim().toLowerCase();
      resolve(error === null && /^[a-z]{1,20}$/.test(mode) ? mode : null);
    });
  });
}

async function wslState(facts: WslFacts, askMode: () => Promise<string | null>): Promise<WslState> {
  const found = detectWsl(facts);
  return { ...found, mode: found.wsl ? await askMode() : null };
}

function ollamaHost(env: Environment): Survey["ollamaHost"] {
  const text = (env["OLLAMA_HOST"] ?? "").trim();
  return text === "" ? "unset" : text.replaceAll(/["']/g, "").trim() === "auto" ? "auto" : "set";
}

export interface SurveyPorts {
  wsl?: WslFacts;
  askMode?: () => Promise<string | null>;
}

/** `env` with its defaults (the store's path) filled in; `given`: as the user set it. */
export async function surveyOf(
  given: Environment,
  store: string,
  { wsl = readWslFacts(given), askMode = askWslinfo }: SurveyPorts = {},
): Promise<Survey> {
  const names = Object.keys(given).filter((name) => isSet(given, name));
  return {
    set: [...NAMES].filter((name) => isSet(given, name)),
    unknown: names.filter((name) => name.startsWith("CONSENSUS_") && !NAMES.has(name)).sort(),
    ollamaHost: ollamaHost(given),
    wsl: await wslState(wsl, askMode),
    store: await storeFacts(store),
  };
}
