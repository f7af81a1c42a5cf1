/** Times the answer readers on hostile texts of 100 kB and prints the slowest; run by hand: `node test/bench/answers.ts`. Asserts nothing. */
import { inspectAnswer, readAnswer } from "../../adjudicator/index.ts";
import type { AnswerSpec, ToolSpec } from "../../adjudicator/index.ts";
import { HOSTILE, SIZE } from "../adjudicator/answers/hostile.ts";

const tools: ToolSpec[] = [{ name: "f.g", parameters: null, readOnly: false }];
const specs: [string, AnswerSpec, ToolSpec[] | null][] = [
  ["text", { type: "text" }, null],
  ["number", { type: "number" }, null],
  ["choice", { type: "choice", choices: ["A", "B", "C", "D"] }, null],
  ["choice words", { type: "choice", choices: ["yes", "no", "maybe so"] }, null],
  ["exact", { type: "exact" }, null],
  ["json", { type: "json", schema: { type: "object", required: ["a"] } }, null],
  ["tool calls", { type: "text" }, tools],
];

const time = (work: () => void): number => {
  let best = Infinity;
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
};

const rows = HOSTILE.flatMap(([name, build]) => {
  const text = build(SIZE);
  return specs.flatMap(([kind, answer, offered]) => [
    { what: `read ${kind}`, name, ms: time(() => void readAnswer(text, { answer, tools: offered, toolCalls: [], finish: "stop" })) },
    { what: `inspect ${kind}`, name, ms: time(() => void inspectAnswer({ text, answer, tools: offered, toolCalls: [], finish: "stop" })) },
  ]);
});
const slowest = rows.toSorted((a, b) => b.ms - a.ms).slice(0, 20);
for (const row of slowest) console.log(`${row.ms.toFixed(2).padStart(8)} ms  ${row.what.padEnd(22)} ${row.name}`);
console.log(`${rows.length} cases of ${SIZE} characters, slowest ${slowest[0]?.ms.toFixed(2)} ms`);
