/** Finds the recorded data and hostile texts beside the project, where they are present; copies nothing. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const shared = join(import.meta.dirname, "../../../shared");
export const corpusPath = (file: string): string => join(shared, file);
export const hasCorpus = (...files: string[]): boolean => files.every((file) => existsSync(corpusPath(file)));
/** For titles of skipped tests. */
export const orSkipped = (present: boolean): string => (present ? "" : " (skipped: corpus not present)");

export function readLines<T>(file: string): T[] {
  return readFileSync(corpusPath(file), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}
export const readJson = <T>(file: string): T => JSON.parse(readFileSync(corpusPath(file), "utf8")) as T;
