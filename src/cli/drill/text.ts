/** The drill's rows as a table for people. Pure. */
import { providerOf } from "../../core/member.ts";
import { columns, seconds } from "../format.ts";
import { safeLine } from "../safe.ts";
import type { DrillRow } from "./judge.ts";

const HEAD = ["", "POISONED", "STRATEGY", "STATUS", "MODE", "HOW", "ANSWERED BY", "DROPPED OUT", "TIME"];

/** by provider: the members' names would not fit */
const droppedText = ({ dropped }: DrillRow): string =>
  [...new Set(dropped.map(({ member, reason }) => `${providerOf(member)} ${reason}`))].join(", ") || "–";

function answeredText({ answered_by: by, failed_over_from: from, problem, usable }: DrillRow): string {
  if (by === null) return `nobody: ${problem}`;
  return from === null ? `${by}${usable.length > 1 ? ` (+${usable.length - 1})` : ""}` : `→ ${by}`;
}

function rowOf(row: DrillRow): string[] {
  const { passed, poisoned, strategy, status, mode, how, total_ms: ms } = row;
  const head = [passed ? "✓" : "✗", poisoned, strategy, status, mode ?? "–", how ?? "–"];
  return [...head, answeredText(row), droppedText(row), seconds(ms)].map(safeLine);
}

export function drillText(rows: readonly DrillRow[]): string {
  const broken = rows.filter(({ passed }) => !passed);
  const why = broken.map(({ poisoned, strategy, faults }) => `✗ ${safeLine(`${poisoned}, ${strategy}: ${faults.join("; ")}`)}\n`);
  return `${columns([HEAD, ...rows.map(rowOf)])}${why.join("")}`;
}
