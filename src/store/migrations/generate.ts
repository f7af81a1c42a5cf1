/** Writes `index.ts` out of the numbered `*.sql` beside it, so that both runtimes carry the same migrations; never edits one. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = import.meta.dirname;
const literal = (text: string): string => `\`${text.replace(/[\\`]|\$\{/g, "\\$&")}\``;

export function generate(): string {
  const files = readdirSync(folder)
    .filter((file) => /^\d{4}_\w+\.sql$/.test(file))
    .sort();
  const entries = files.map(
    (file) => `  {\n    version: ${Number(file.slice(0, 4))},\n    sql: ${literal(readFileSync(join(folder, file), "utf8"))},\n  },\n`,
  );
  return `/** The migrations, generated from the *.sql beside this file by \`node src/store/migrations/generate.ts\`; never edit it by hand. */

export const MIGRATIONS: readonly { version: number; sql: string }[] = [
${entries.join("")}];
`;
}

/** Whether the checked-in file equals what would be written now. */
export const isFresh = (): boolean => readFileSync(join(folder, "index.ts"), "utf8") === generate();

if (import.meta.main) writeFileSync(join(folder, "index.ts"), generate());
