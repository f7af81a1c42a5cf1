/** The `.env` file beside package.json, on Node: what the environment itself says wins. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { ConfigError } from "../core/problem.ts";
import type { Environment } from "./config.ts";

/** A missing file is none; one that cannot be read is an error that names it. */
export function loadDotEnv(folder: string, env: Environment): Environment {
  let text: string;
  try {
    text = readFileSync(join(folder, ".env"), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return env;
    throw new ConfigError(".env", "the file is there but cannot be read");
  }
  return { ...parseEnv(text), ...env };
}
