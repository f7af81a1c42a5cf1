/** Prints the CPU time that fitting 1 MB takes, by kind of text: the bound is 50 ms. Run: `node test/bench/context.ts`. */
import { fitContext } from "../../src/panel/fit.ts";

const MEGABYTE = 1_000_000;
const BOUND_MS = 50;
const ROUNDS = 7;

let state = 1;
const next = (): number => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
  return state / 0x7fffffff;
};
const pick = (list: readonly string[]): string => list[Math.floor(next() * list.length)] ?? "";
const upTo = (piece: (index: number) => string, separator: string): string => {
  const pieces: string[] = [];
  for (let size = 0, index = 0; size < MEGABYTE; index += 1) {
    const made = piece(index);
    pieces.push(made);
    size += made.length + separator.length;
  }
  return pieces.join(separator);
};
const logLine = (index: number): string =>
  `2026-11-22T02:00:${String(index % 60).padStart(2, "0")}.${100 + (index % 900)}Z lab ${pick(["sshd", "cron", "nginx"])}[${1000 + (index % 9000)}]: ${pick(
    [
      `Failed password for invalid user admin${index} from 10.0.${index % 256}.7 port ${40_000 + index} ssh2`,
      `GET /api/v1/items/${index} 200 ${index % 700} ms`,
      `ERROR disk sda read failure at sector ${index * 13}`,
    ],
  )}`;
const TEXTS: Record<string, string> = {
  log: upTo(logLine, "\n"),
  prose: upTo(() => pick(["alpha", "beta", "system", "the", "failed", "value"]), " "),
  "short lines": upTo((index) => `id ${index} ok`, "\n"),
  "one letter": "a".repeat(MEGABYTE),
  digits: "7".repeat(MEGABYTE),
  newlines: "\n".repeat(MEGABYTE),
  "two-character lines": "a1\n".repeat(MEGABYTE / 3),
  Chinese: "漢字".repeat(MEGABYTE / 2),
  emoji: "😀".repeat(MEGABYTE / 2),
  base64: upTo(() => pick(["QmFz", "ZTY0", "aGVs", "bG8h"]), ""),
};

let slow = 0;
for (const [name, text] of Object.entries(TEXTS)) {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const messages = [{ role: "user" as const, content: `${round}${text}` }];
    const before = process.cpuUsage();
    fitContext({ messages, windowTokens: 8192, reserveTokens: 1024, perDigit: false, factor: 1, minShare: 0 });
    times.push(process.cpuUsage(before).user / 1000);
  }
  const middle = times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
  if (middle > BOUND_MS) slow += 1;
  console.log(`${name.padEnd(22)} ${middle.toFixed(1).padStart(6)} ms CPU for 1 MB`);
}
process.exitCode = slow > 0 ? 1 : 0;
