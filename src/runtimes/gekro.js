#!/usr/bin/env node
/** The `gekro` command: the TypeScript source from a clone, the built JavaScript where the package is installed. */
import { existsSync } from "node:fs";

const LEAST_NODE = [22, 23];
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1])) {
  console.error(`gekro: needs Node ${LEAST_NODE.join(".")} or later, this is ${process.versions.node} (npx gekro brings its own)`);
  process.exit(1);
}
const source = new URL("./cli.ts", import.meta.url);
await import(existsSync(source) ? source.href : new URL("../../dist/src/runtimes/cli.js", import.meta.url).href);
