/** Keeps the configuration table of the root README equal to the code: `npm run readme` writes it, the check only looks. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderConfigTable } from "./config.ts";

const FILE = join(import.meta.dirname, "..", "..", "README.md");
const [OPEN, CLOSE] = ["<!-- configuration: generated -->", "<!-- end of configuration -->"];

function generate(current: string): string {
  const [before, rest] = current.split(OPEN);
  const after = rest?.split(CLOSE)[1];
  if (before === undefined || after === undefined) throw new Error(`README.md lacks its markers ${OPEN} and ${CLOSE}`);
  return `${before}${OPEN}\n${renderConfigTable().trim()}\n${CLOSE}${after}`;
}

/** Whether the checked-in table equals what the code says now. */
export function isFresh(): boolean {
  const current = readFileSync(FILE, "utf8");
  return generate(current) === current;
}

if (import.meta.main) writeFileSync(FILE, generate(readFileSync(FILE, "utf8")));
