/** The prompts: what is generated equals what a person edits, and the system texts stay fixed. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isFresh, splitPrompt } from "../../prompts/generate.ts";
import { PROMPTS, sourceOf } from "../../prompts/index.ts";

const folder = join(import.meta.dirname, "../../prompts");
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

test("the generated file is fresh", () => {
  expect(isFresh()).toBe(true);
});

test.each(Object.values(PROMPTS))("the hash that names $name in a report is the hash of its file", (prompt) => {
  expect(sha256(sourceOf(prompt))).toBe(sha256(readFileSync(join(folder, `${prompt.name}.md`), "utf8")));
});

test.each(Object.values(PROMPTS))("$name has a short system text without variables, and shows question and candidates once", (prompt) => {
  expect(prompt.system).not.toContain("{{");
  expect(prompt.system.length).toBeLessThan(1200);
  for (const variable of ["{{question}}", "{{candidates}}"]) expect(prompt.user.split(variable)).toHaveLength(2);
});

test("a prompt file without its line, or with a variable in the system text, is refused", () => {
  expect(() => splitPrompt("x", "only one part\n")).toThrow("expected system text");
  expect(() => splitPrompt("x", "hello {{name}}\n\n---\n\nuser\n")).toThrow("the system text is fixed");
});
