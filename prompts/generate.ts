/** Writes `index.ts` out of the `*.md` beside it, or with `--check` says whether it is up to date; never edits a prompt. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = import.meta.dirname;
const SEPARATOR = "\n\n---\n\n";

/** One prompt file, split; throws on a file that cannot be put together again byte for byte, because its hash names it in reports. */
export function splitPrompt(name: string, source: string): { system: string; user: string } {
  const [system, user, ...rest] = source.split(SEPARATOR);
  if (!system || !user?.endsWith("\n") || rest.length > 0)
    throw new Error(`prompts/${name}.md: expected system text, one line "---", user text`);
  if (system.includes("{{")) throw new Error(`prompts/${name}.md: the system text is fixed, variables belong below the line`);
  return { system, user: user.slice(0, -1) };
}

/** A template literal: its lines are left alone by the formatter. */
const literal = (text: string): string => `\`${text.replace(/[\\`]|\$\{/g, "\\$&")}\``;

export function generate(): string {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(".md") && file !== "README.md")
    .map((file) => file.slice(0, -3))
    .sort();
  const entries = names.map((name) => {
    const { system, user } = splitPrompt(name, readFileSync(join(folder, `${name}.md`), "utf8"));
    return `  ${name}: {\n    name: "${name}",\n    system: ${literal(system)},\n    user: ${literal(user)},\n  },\n`;
  });
  return `/** The prompts, generated from the *.md beside this file by \`npm run prompts\`; holds words only, never edit it by hand. */

export interface Prompt {
  name: string;
  /** fixed: no variable */
  system: string;
  /** with {{variables}} */
  user: string;
}

/** The bytes of the file that a prompt came from: their SHA-256 names the prompt in reports. */
export const sourceOf = (prompt: Prompt): string => \`\${prompt.system}\\n\\n---\\n\\n\${prompt.user}\\n\`;

export const PROMPTS = {
${entries.join("")}} satisfies Record<string, Prompt>;
`;
}

/** Whether the checked-in file equals what would be written now. */
export function isFresh(): boolean {
  return readFileSync(join(folder, "index.ts"), "utf8") === generate();
}

if (import.meta.main) {
  if (!process.argv.includes("--check")) writeFileSync(join(folder, "index.ts"), generate());
  else if (!isFresh()) {
    console.error("prompts/index.ts is stale: run `npm run prompts`");
    process.exit(1);
  }
}
