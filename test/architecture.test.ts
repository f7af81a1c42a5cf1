/** Reads the imports of every file and fails on an arrow that points up a floor, on a cycle, and on ambient effects outside their rooms. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const FLOORS: [string, number][] = [
  // the version, nothing else
  ["package.json", 0],
  ["prompts/", 0],
  ["adjudicator/", 1],
  ["src/core/", 2],
  ["src/egress/", 3],
  ["src/providers/", 4],
  ["src/store/", 4],
  ["src/panel/", 5],
  ["src/consensus/", 6],
  ["src/jobs/", 7],
  ["src/web/", 7],
  ["src/http/", 8],
  ["src/mcp/", 8],
  ["src/cli/", 8],
  ["src/simulator/", 8],
  ["src/runtimes/", 9],
  ["src/index.ts", 10],
  ["test/", 11],
];
const floorOf = (file: string): number => FLOORS.find(([room]) => file.startsWith(room))?.[1] ?? 99;
const roomOf = (file: string): string => FLOORS.find(([room]) => file.startsWith(room))?.[0] ?? file;

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return walk(path);
    return /\.tsx?$/.test(name) ? [path] : [];
  });
}
const product = ["prompts", "adjudicator", "src"].flatMap((folder) => walk(join(root, folder))).map((path) => relative(root, path));
const stripComments = (code: string): string => code.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`])\/\/.*$/gm, "$1");
const sources = new Map(product.map((file) => [file, stripComments(readFileSync(join(root, file), "utf8"))]));
function importsOf(file: string): string[] {
  const specifiers = [...(sources.get(file) ?? "").matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map((match) => match[1] ?? "");
  return specifiers;
}
const localImports = (file: string): string[] =>
  importsOf(file)
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => relative(root, resolve(root, dirname(file), specifier)));

test("the test sees the tree", () => {
  expect(product.length).toBeGreaterThan(10);
});

test("every import points down, or stays in its room", () => {
  const wrong: string[] = [];
  for (const file of product)
    for (const target of localImports(file)) {
      const same = roomOf(file) === roomOf(target);
      const down = floorOf(target) < floorOf(file);
      if (!same && !down) wrong.push(`${file} → ${target}`);
    }
  expect(wrong).toEqual([]);
});

test("src opens the adjudicator by its door only, and the adjudicator knows prompts only", () => {
  const wrong = product.flatMap((file) =>
    localImports(file)
      .filter((target) => file.startsWith("src/") && target.startsWith("adjudicator/") && target !== "adjudicator/index.ts")
      .map((target) => `${file} → ${target}`),
  );
  expect(wrong).toEqual([]);
});

test("there is no cycle, types included", () => {
  const state = new Map<string, "open" | "done">();
  const cycles: string[] = [];
  const visit = (file: string, trail: string[]): void => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      cycles.push([...trail.slice(trail.indexOf(file)), file].join(" → "));
      return;
    }
    state.set(file, "open");
    for (const target of localImports(file)) visit(target, [...trail, file]);
    state.set(file, "done");
  };
  for (const file of product) visit(file, []);
  expect(cycles).toEqual([]);
});

const AMBIENT: { what: RegExp; rooms: string[]; name: string }[] = [
  {
    name: "fetch",
    what: /(?<![\w.$])(?:globalThis\.)?fetch\s*\(/,
    rooms: ["src/egress/", "src/runtimes/", "src/web/page.ts", "src/web/index.ts"],
  },
  {
    name: "process",
    what: /(?<![\w.$])process\s*\.\s*(?:env|argv|exit|stdout|stderr|stdin|on)\b/,
    rooms: ["src/runtimes/", "prompts/generate.ts"],
  },
  { name: "Date.now", what: /\bDate\.now\b|new Date\(\)/, rooms: ["src/runtimes/"] },
  { name: "Math.random", what: /\bMath\.random\b/, rooms: ["src/runtimes/"] },
  { name: "timers", what: /(?<![\w.$])(?:setTimeout|setInterval|setImmediate)\s*\(/, rooms: ["src/runtimes/"] },
  {
    name: "node:",
    what: /["']node:/,
    rooms: [
      "src/runtimes/",
      "src/simulator/",
      "src/core/sha256.ts",
      "prompts/generate.ts",
      "src/store/migrations/generate.ts",
      "src/web/generate.ts",
    ],
  },
  { name: "hono", what: /["']@?hono(?:\/[^"']*)?["']/, rooms: ["src/http/", "src/runtimes/"] },
];
test.each(AMBIENT)("$name is used in its rooms only", ({ what, rooms }) => {
  const wrong = product.filter((file) => !rooms.some((room) => file.startsWith(room)) && what.test(sources.get(file) ?? ""));
  expect(wrong).toEqual([]);
});

test("every folder of the product has its README", () => {
  const folders = new Set(product.map((file) => dirname(file)));
  const missing = [...folders].filter((folder) => !readdirSync(join(root, folder)).includes("README.md"));
  expect(missing).toEqual([]);
});
