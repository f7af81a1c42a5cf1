/** Where this package stands, and which version it is; on Node only. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of package.json: two floors up from the source, three from the build. */
function rootAbove(folder: string): string {
  return existsSync(join(folder, "package.json")) || folder === dirname(folder) ? folder : rootAbove(dirname(folder));
}
export const ROOT = rootAbove(import.meta.dirname);
export const VERSION = (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string }).version;
