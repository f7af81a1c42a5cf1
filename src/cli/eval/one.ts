/** Evaluates one file: what the service answered over HTTP, scored; what needs no call is counted here from the same answers. */
import type { Report } from "../../core/report.ts";
import type { CliPorts } from "../ports.ts";
import { createProgress } from "../progress.ts";
import { ruledIn, saidIn } from "./ask.ts";
import { type Case, caseOf, learnFrom, type Ruled, voteOn } from "./cases.ts";
import type { EvalRow } from "./corpus.ts";
import { type Evaluation, evaluate, type RuleSeen, type Spending, type Stopping } from "./evaluation.ts";
import type { Said } from "./gold.ts";
import { type EvalPorts, REPLAY } from "./ports.ts";
import { type Asked, askLive, askRecorded, type Plan, roundsOf } from "./rounds.ts";

const sum = (values: readonly (number | null)[]): number | null =>
  values.reduce((total, value) => (total === null || value === null ? null : total + value), 0);

/** What recorded answers once cost is not recorded: unknown, and never 0. */
function spendingOf(reports: readonly Report[], live: boolean): Spending {
  const total = (pick: (report: Report) => number | null): number | null => sum(reports.map(pick));
  return {
    calls: total(({ usage }) => usage.calls) ?? 0,
    retries: total(({ usage }) => usage.retries) ?? 0,
    input_tokens: total(({ usage }) => usage.input_tokens),
    output_tokens: total(({ usage }) => usage.output_tokens),
    cost_usd: live ? total(({ cost_usd }) => cost_usd.total) : null,
  };
}

const bare = (member: string): string => (member.startsWith(REPLAY) ? member.slice(REPLAY.length) : member);
const saidBy = (report: Report): Record<string, Said> =>
  Object.fromEntries(Object.entries(saidIn(report)).map(([member, one]) => [bare(member), one]));

async function learnedRule(cases: readonly Case[]): Promise<RuleSeen> {
  const learned = learnFrom(cases);
  const ruled: Ruled[] = [];
  for (const one of cases) ruled.push(await voteOn(one, learned));
  return { rule: "vote, learned on this whole file", asked: false, ruled };
}

const ruledAll = (rows: readonly EvalRow[], reports: readonly Report[]): Ruled[] =>
  rows.map((row, index) => ruledIn(row, reports[index] as Report));

function stoppedOf(rows: readonly EvalRow[], reports: readonly Report[] | null): Pick<Stopping, "late_seats" | "seats" | "right"> {
  if (reports === null) return { late_seats: null, seats: null, right: null };
  const seats = reports.flatMap(({ outcomes }) => outcomes);
  const late = seats.filter((outcome) => outcome.status === "dropped" && outcome.reason === "late");
  return { late_seats: late.length, seats: seats.length, right: ruledAll(rows, reports).filter(({ right }) => right).length };
}

async function summary({ rows, panel, ...facts }: Plan, { rounds, stopped, sure }: Asked): Promise<Evaluation> {
  const { file, task, group, live } = facts;
  const [base = []] = rounds.values();
  const members = panel ?? [...new Set(base.flatMap(({ outcomes }) => outcomes.map(({ member }) => member)))];
  const cases = rows.map((row, index) => caseOf(row, members, saidBy(base[index] as Report)));
  const asked = [...rounds].map(([rule, reports]): RuleSeen => ({ rule, asked: true, ruled: ruledAll(rows, reports) }));
  return evaluate({
    file,
    task,
    group,
    live,
    cases,
    sure,
    rules: [...asked, await learnedRule(cases)],
    stopped: stoppedOf(rows, stopped),
    spending: spendingOf(base, live),
  });
}

export async function evaluateOne(ports: CliPorts, lent: EvalPorts, plan: Plan): Promise<Evaluation> {
  const progress = createProgress(ports, plan.file, roundsOf(plan));
  const advance = (note: string): void => progress.advance(1, note);
  try {
    const asked = await (plan.live ? askLive : askRecorded)(ports, lent, plan, advance);
    return await summary(plan, asked);
  } finally {
    progress.end();
  }
}
