/** Writes `index.ts` out of the page beside it, its script without types, so that both runtimes carry the same page; never edits it. */
import { readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";

const folder = import.meta.dirname;
const read = (name: string): string => readFileSync(join(folder, name), "utf8");
const literal = (text: string): string => `\`${text.replace(/[\\`]|\$\{/g, "\\$&")}\``;
/** As a browser takes it: no types, and modules under the names that they are served by. */
const script = (name: string): string =>
  stripTypeScriptTypes(read(name), { mode: "strip" })
    .replace(/ +$/gm, "")
    .replace(/from "\.\/(\w+)\.ts"/g, 'from "/$1.js"');

export const generate =
  (): string => `/** The page, generated from the files beside this one by \`node src/web/generate.ts\`; never edit it by hand. */
/* oxlint-disable max-lines */

export const PAGE_HTML = ${literal(read("page.html"))};

export const PAGE_CSS = ${literal(read("page.css"))};

export const PAGE_JS = ${literal(script("page.ts"))};

export const TOLD_JS = ${literal(script("told.ts"))};
`;

/** Whether the checked-in file equals what would be written now. */
export const isFresh = (): boolean => read("index.ts") === generate();

if (import.meta.main) writeFileSync(join(folder, "index.ts"), generate());
