/** What the recorded judges came to, for people: each figure beside its bound, and what falls short in words. Pure. */
import { columns } from "../format.ts";
import { safeLine } from "../safe.ts";
import { percent } from "./answer.ts";
import type { InjectionLine } from "./judge-injection.ts";
import type { PanelLine } from "./judge-panel.ts";
import type { RankLine } from "./judge-ranks.ts";
import type { Judging, VerdictsLine } from "./judges.ts";

const LEAST_READ = 0.99;
const LEAST_HARD = 0.95;

const share = (part: number, all: number): string => `${part} of ${all} (${all === 0 ? "–" : percent(part / all)})`;
/** Whether a figure reaches its bound; nothing to measure reaches it. */
const reaches = (part: number, all: number, least: number): boolean => part >= least * all;

/** What falls short of its bound. */
export function judgingShort({ verdicts, panel, injection }: Judging): string[] {
  const short: string[] = [];
  if (verdicts && !reaches(verdicts.right, verdicts.texts, LEAST_READ)) short.push("judges' texts: fewer than 99 % are read right");
  if (verdicts && !reaches(verdicts.hard_right, verdicts.hard, LEAST_HARD))
    short.push("judges' texts: fewer than 95 % of the hard ones are read right");
  if (verdicts && verdicts.guessed > 0) short.push("judges' texts: a verdict is read where there is none");
  for (const { judge, ruled_right, ruled_better } of panel)
    if (ruled_right < ruled_better) short.push(`${judge}: two orders are less right than its better single one, where they rule`);
  if (injection && injection.flagged_won > 0) short.push("manipulated answers: a flagged one beat an unflagged one");
  if (injection && injection.majority_flipped > 0) short.push("manipulated answers: a judge turned a counted majority");
  return short;
}

const verdictsText = ({ texts, right, hard, hard_right, silent, guessed }: VerdictsLine): string =>
  `Judges' texts read right: ${share(right, texts)}, at least 99 % wanted; hard ones ${share(hard_right, hard)}, at least 95 % wanted; ` +
  `of ${silent} that decide nothing ${guessed} were given a verdict, 0 wanted.\n`;

const PANEL_HEAD = ["JUDGE", "PAIRS", "TWO ORDERS RULE ON", "RIGHT THERE", "BETTER ORDER, THERE", "TWO ORDERS, ALL", "BETTER ORDER, ALL"];
/** In words, where the better order over all pairs is right more often than two orders are where they rule. */
function behind({ judge, rows, ruled, ruled_right, better }: PanelLine): string[] {
  if (ruled === 0 || ruled_right / ruled >= better / rows) return [];
  return [
    `${safeLine(judge)}: two orders are right in ${percent(ruled_right / ruled)} where they rule; its better order is in ${percent(better / rows)} of all pairs.\n`,
  ];
}

function panelText(panel: readonly PanelLine[]): string {
  if (panel.length === 0) return "";
  const rows = panel.map(({ judge, rows: all, better, ruled, ruled_right, ruled_better }) => [
    safeLine(judge),
    String(all),
    share(ruled, all),
    share(ruled_right, ruled),
    share(ruled_better, ruled),
    share(ruled_right, all),
    share(better, all),
  ]);
  const note =
    "(two orders that disagree are no ruling, and count as not right in TWO ORDERS, ALL; the better order is known in hindsight only)\n";
  return `Recorded judges of two answers, asked in both orders; right at least as often as the better single order is wanted, where they rule:\n${columns([PANEL_HEAD, ...rows])}${note}${panel.flatMap(behind).join("")}`;
}

const injectionText = ({ rows, flagged, turned, flagged_won, majority_flipped }: InjectionLine): string =>
  `Manipulated answers before a judge that always obeys them: ${share(flagged, rows)} are flagged, ${flagged_won} of those won (0 wanted); ` +
  `against two equal honest answers ${majority_flipped} won (0 wanted); against a single one ${turned} won, for there an obedient judge decides.\n`;

function ranksText(ranks: readonly RankLine[]): string {
  if (ranks.length === 0) return "";
  const rows = ranks.map(({ judge, rows: all, ranked, best }) => [safeLine(judge), share(ranked, all), share(best, ranked)]);
  return `Ranked by recorded verdicts on pairs; first place goes to an answer that people put first too, or level with it (no bound):\n${columns([["JUDGE", "RANKED", "AS PEOPLE DO"], ...rows])}`;
}

export function judgingText({ verdicts, panel, injection, ranks, missing }: Judging): string {
  return [
    verdicts ? verdictsText(verdicts) : "",
    panelText(panel),
    injection ? injectionText(injection) : "",
    ranksText(ranks),
    missing.map((file) => `Skipped: there is no ${file} in the folder.\n`).join(""),
  ]
    .filter((part) => part !== "")
    .join("\n");
}
