/** Prints an evaluation for people: the table, what agreement and confidence were worth, and the plain answer. Pure. */
import { columns, dollars, tokens } from "../format.ts";
import { safeLine } from "../safe.ts";
import { percent, points } from "./answer.ts";
import type { Accuracy, Calibration, Evaluation, RuleLine, Stopping } from "./evaluation.ts";

const rate = ({ right, n, rate: share, low, high }: Accuracy): string[] => [
  percent(share),
  `${right}/${n}`,
  `${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)}`,
];
const figure = (value: number | null): string => (value === null ? "–" : value.toFixed(3));

function ruleRow(line: RuleLine): string[] {
  const { difference, low, high, p } = line.against_best;
  const chance = p < 0.001 ? "< 0.001" : p.toFixed(3);
  return [line.asked ? line.rule : `${line.rule} *`, ...rate(line), points(difference), `${points(low)} to ${points(high)}`, chance];
}

function accuracies({ members, best, rules, oracle }: Evaluation): string {
  const head = ["", "RIGHT", "", "95 %", "POINTS TO BEST", "95 %", "McNEMAR p", ""];
  const memberRows = members.map((one) => {
    const notes = [
      one.member === best ? "best member" : "",
      one.abstained > 0 ? `${one.abstained} unreadable` : "",
      one.dropped > 0 ? `${one.dropped} dropped` : "",
    ].filter((note) => note !== "");
    return [safeLine(one.member), ...rate(one), "", "", "", notes.join(", ")];
  });
  return columns([head, ...memberRows, ...rules.map(ruleRow), ["oracle (any member right) *", ...rate(oracle)]]);
}

function agreement({ levels, ties, rules, n }: Evaluation): string {
  const rows = levels.map(({ agree, of, n: size, right }) => [
    agree === 0 ? "nobody readable" : `${agree} of ${of} agree`,
    `${size} of ${n} (${percent(size / n)})`,
    `${percent(right / size)} right`,
  ]);
  const tie =
    ties.n === 0
      ? "No ties."
      : `Ties: ${ties.n}; a tied answer was right in ${ties.tops}, ${rules[0]?.rule ?? ""} was right in ${ties.right}.`;
  return `By agreement (${rules[0]?.rule ?? ""}):\n${columns(rows)}${tie}\n`;
}

function stopping({ late_seats, seats, right, timed, ...early }: Stopping, n: number): string {
  const average = `${early.spared_seats.toFixed(2)} calls a question (${percent(early.spared_share)}) need not be waited for, mean over orders of arrival`;
  const tried = late_seats === null ? "" : `; tried with stop "decided": ${late_seats} of ${seats} calls stopped, ${right}/${n} right`;
  const timing =
    early.wait_all_s === null || early.wait_decided_s === null
      ? ""
      : `\n  by recorded times of ${timed} questions: ${early.wait_all_s.toFixed(2)} s for all, ${early.wait_decided_s.toFixed(2)} s until decided`;
  return `Stopping early: ${average}${tried}.${timing}\n`;
}

function calibration(given: Calibration | null): string {
  if (given === null) return "Confidence: none; it needs 20 comparable runs before it says a number.\n";
  const { rule, n, bins } = given;
  const rows = bins.map(({ from, to, n: size, claimed, right }) => [
    `${percent(from)} to ${percent(to)}`,
    String(size),
    percent(claimed),
    percent(right),
  ]);
  const brier = `Brier ${figure(given.brier)} (base rate ${figure(given.brier_of_base_rate)})`;
  const auroc = `AUROC ${figure(given.auroc)} (share of agreement ${figure(given.auroc_of_share)})`;
  return `Confidence of ${rule} on ${n} verdicts that had one: ${brier}, ${auroc}\n${columns([["CONFIDENCE", "N", "CLAIMED", "RIGHT"], ...rows])}`;
}

function spending({ spending: spent, live }: Evaluation): string {
  const counted = `${tokens(spent.input_tokens)} tokens in, ${tokens(spent.output_tokens)} out`;
  const cost = live ? dollars(spent.cost_usd) : "cost not recorded, tokens estimated from the texts";
  return `Calls: ${spent.calls} (${spent.retries} retries), ${counted}, ${cost}.\n`;
}

export function evaluationTable(given: Evaluation): string {
  const group = given.group === null ? "" : `, group ${given.group}`;
  const source = given.live ? "live members" : "recorded answers";
  return [
    `${safeLine(given.file)}${safeLine(group)}: ${given.n} questions, ${source} through POST /consensus\n`,
    `${accuracies(given)}* counted here from the same answers; the other rules were asked over HTTP\n`,
    agreement(given),
    stopping(given.stopping, given.n),
    calibration(given.calibration),
    spending(given),
    `Would the panel have beaten its best member?\n${safeLine(given.answer)}\n`,
  ].join("\n");
}
