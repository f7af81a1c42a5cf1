/** Where this package stands, which version it is, and where it keeps and looks for things; on Node only. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, sep } from "node:path";

/** The folder of package.json: two floors up from the source, three from the build. */
function rootAbove(folder: string): string {
  return existsSync(join(folder, "package.json")) || folder === dirname(folder) ? folder : rootAbove(dirname(folder));
}
export const ROOT = rootAbove(import.meta.dirname);
export const VERSION = (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string }).version;

/** An installed package's own folder is nobody's to configure or to write into: then the user's folders are used. */
export const isInstalled = ROOT.includes(`${sep}node_modules${sep}`);
const homeOf = (variable: string, fallback: string): string => join(process.env[variable] || join(homedir(), fallback), "gekro");
/** where the .env file is looked for */
export const CONFIG_FOLDER = isInstalled ? homeOf("XDG_CONFIG_HOME", ".config") : ROOT;
/** the database where CONSENSUS_DB is not set */
export const DATA_FILE = join(isInstalled ? homeOf("XDG_STATE_HOME", join(".local", "state")) : join(ROOT, "data"), "consensus.db");
