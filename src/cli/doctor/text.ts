/** The doctor's findings as text for people: one line each, the way to mend it below. Pure. */
import { columns, seconds } from "../format.ts";
import type { Ink, Style } from "../ports.ts";
import { safeLine } from "../safe.ts";
import type { Area, Check, Mark } from "./check.ts";
import type { Loss } from "./losses.ts";

const MARKS: Readonly<Record<Mark, [string, Ink]>> = { ok: ["✓", "green"], warn: ["!", "yellow"], fail: ["✗", "red"], skip: ["–", "dim"] };
const TITLES: Readonly<Record<Area, string>> = {
  configuration: "Configuration",
  machine: "Machine",
  store: "Store",
  provider: "Providers",
  model: "Models",
};

function lineOf({ mark, subject, detail, hint, ms }: Check, style: Style): string {
  const [sign, ink] = MARKS[mark];
  const took = ms === null ? "" : ` (${seconds(ms)})`;
  const mend =
    hint === null
      ? ""
      : hint
          .split("; ")
          .map((step) => `      → ${safeLine(step)}\n`)
          .join("");
  return `  ${style(ink, sign)} ${style("bold", safeLine(subject))}  ${safeLine(detail)}${took}\n${mend}`;
}

const NOBODY = "nobody";
function lossRow({ lost, left, quorum, outcome, fallback, adjudicator }: Loss): string[] {
  const held =
    outcome === "no-answer"
      ? "no answer"
      : quorum.met
        ? `holds, ${quorum.usable} of ${quorum.needed}`
        : `missed, ${quorum.usable} of ${quorum.needed}`;
  return [lost === "" ? "nothing" : lost, String(left.length), held, fallback ?? NOBODY, adjudicator ?? NOBODY].map(safeLine);
}
const HEAD = ["IF THIS DIED", "LEFT", "QUORUM", "FALLBACK ASKS", "ADJUDICATOR"];

const indented = (text: string): string => text.replace(/^(?=.)/gm, "  ");
const AREAS = Object.keys(TITLES) as Area[];

export function doctorText(checks: readonly Check[], losses: readonly Loss[] | null, style: Style): string {
  const parts = AREAS.flatMap((area) => {
    const found = checks.filter((check) => check.area === area);
    return found.length === 0 ? [] : [`${TITLES[area]}\n${found.map((check) => lineOf(check, style)).join("")}`];
  });
  if (losses !== null) parts.push(`What if\n${indented(columns([HEAD, ...losses.map(lossRow)]))}`);
  return parts.join("\n");
}

export function tally(checks: readonly Check[]): string {
  const count = (mark: Mark): number => checks.filter((check) => check.mark === mark).length;
  return `${count("ok")} fine, ${count("warn")} to look at, ${count("fail")} broken, ${count("skip")} not asked`;
}
