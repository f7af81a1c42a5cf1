/** Runs every "the generated file is fresh" check and exits 1 naming the stale ones; it never writes a file. Add one line per generated file. */
import { isFresh as promptsAreFresh } from "../../prompts/generate.ts";
import { isFresh as readmeIsFresh } from "../../src/runtimes/readme.ts";
import { isFresh as migrationsAreFresh } from "../../src/store/migrations/generate.ts";
import { isFresh as pageIsFresh } from "../../src/web/generate.ts";

const CHECKS: { file: string; fresh: () => boolean | Promise<boolean>; rewrite: string }[] = [
  { file: "prompts/index.ts", fresh: promptsAreFresh, rewrite: "npm run prompts" },
  { file: "README.md", fresh: readmeIsFresh, rewrite: "node src/runtimes/readme.ts" },
  { file: "src/store/migrations/index.ts", fresh: migrationsAreFresh, rewrite: "node src/store/migrations/generate.ts" },
  { file: "src/web/index.ts", fresh: pageIsFresh, rewrite: "node src/web/generate.ts" },
];

const stale: string[] = [];
for (const { file, fresh, rewrite } of CHECKS) if (!(await fresh())) stale.push(`${file} is stale: run \`${rewrite}\``);
for (const line of stale) console.error(line);
process.exitCode = stale.length > 0 ? 1 : 0;
