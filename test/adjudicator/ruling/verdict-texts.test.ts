/** Recorded judge texts against their accepted readings; prints the figures. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readVerdictText, type ReadVerdict, type VerdictFormat } from "../../../adjudicator/ruling.ts";

const file = join(import.meta.dirname, "../../../../shared/replay/verdict-texts.jsonl");
const present = existsSync(file);
interface Row {
  id: string;
  format: VerdictFormat;
  text: string;
  accept: ReadVerdict[];
  hard?: boolean;
}

test.skipIf(!present)(`recorded verdicts are read as a person reads them${present ? "" : " (skipped: corpus not present)"}`, () => {
  const rows = readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
  const wrong = rows
    .map((row) => ({ ...row, read: readVerdictText(row.text, row.format) }))
    .filter(({ read, accept }) => !accept.includes(read));
  const hard = rows.filter((row) => row.hard);
  const wrongHard = wrong.filter((row) => row.hard);
  const guessed = wrong.filter(({ accept, read }) => accept.every((reading) => reading === null) && read !== null);
  const share = (bad: number, all: number): string => `${all - bad}/${all} = ${(100 * (1 - bad / all)).toFixed(1)} %`;
  console.log(
    `verdict texts: ${share(wrong.length, rows.length)} right, hard ${share(wrongHard.length, hard.length)}, guessed where none is accepted: ${guessed.length}`,
  );
  for (const { id, format, read, accept } of wrong) console.log(`  ${id} ${format}: read ${String(read)}, accepted ${accept.join(" | ")}`);
  expect(wrong.length).toBeLessThanOrEqual(rows.length * 0.01);
  expect(wrongHard.length).toBeLessThanOrEqual(hard.length * 0.05);
  expect(guessed).toEqual([]);
});
