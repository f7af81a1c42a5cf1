/** Evaluates one file: every question goes to a service over HTTP once per strategy; what needs no call is counted here. */
import type { Report } from "../../core/report.ts";
import type { CliPorts } from "../ports.ts";
import { createProgress } from "../progress.ts";
import { ask, decideAgain, type Question, ruledIn, saidIn } from "./ask.ts";
import { type Case, caseOf, learnFrom, type Ruled, voteOn } from "./cases.ts";
import type { EvalRow } from "./corpus.ts";
import { type Evaluation, evaluate, type RuleSeen, type Spending, type Stopping } from "./evaluation.ts";
import { type EvalPorts, type EvalService, REPLAY } from "./ports.ts";

export interface Plan {
  file: string;
  task: string;
  group: string | null;
  rows: EvalRow[];
  /** without `replay/`; null = the configured panel (live only) */
  panel: string[] | null;
  strategies: string[];
  live: boolean;
}
/** These call members by a rule of their own, and cannot be decided from what the others were told. */
const ASKS_ITSELF = new Set(["cascade", "fallback"]);
/** Recorded answers come one question at a time: what one run teaches is known to the next, the same in every evaluation. */
const AT_ONCE = { live: 4, recorded: 1 };

interface Round {
  reports: Report[];
}

async function inTurn<T>(rows: readonly EvalRow[], atOnce: number, work: (row: EvalRow, index: number) => Promise<T>): Promise<T[]> {
  const done: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < rows.length; index = next++) done[index] = await work(rows[index] as EvalRow, index);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return done;
}

const sum = (values: (number | null)[]): number | null =>
  values.reduce((total, value) => (total === null || value === null ? null : total + value), 0);

/** What recorded answers once cost is not recorded: unknown, and never 0. */
function spendingOf(reports: readonly Report[], live: boolean): Spending {
  const totals = (pick: (report: Report) => number | null): number | null => sum(reports.map(pick));
  return {
    calls: totals(({ usage }) => usage.calls) ?? 0,
    retries: totals(({ usage }) => usage.retries) ?? 0,
    input_tokens: totals(({ usage }) => usage.input_tokens),
    output_tokens: totals(({ usage }) => usage.output_tokens),
    cost_usd: live ? totals(({ cost_usd }) => cost_usd.total) : null,
  };
}

function nameless(said: ReturnType<typeof saidIn>): ReturnType<typeof saidIn> {
  return Object.fromEntries(
    Object.entries(said).map(([member, one]) => [member.startsWith(REPLAY) ? member.slice(REPLAY.length) : member, one]),
  );
}

export async function evaluateOne(ports: CliPorts, lent: EvalPorts, plan: Plan): Promise<Evaluation> {
  const { rows, live, strategies } = plan;
  const panel = plan.panel?.map((member) => (live ? member : `${REPLAY}${member}`)) ?? null;
  const asked = strategies.filter((one, index) => index === 0 || !live || ASKS_ITSELF.has(one));
  const progress = createProgress(ports, plan.file, rows.length * (strategies.length + (live ? 0 : 1)));
  const round = async (service: EvalService, question: Question): Promise<Round> => ({
    reports: await inTurn(rows, live ? AT_ONCE.live : AT_ONCE.recorded, async (row) => {
      const report = await ask(ports, service.url, row, question);
      progress.advance(1, question.strategy);
      return report;
    }),
  });
  const opened = async <T>(work: (service: EvalService) => Promise<T>): Promise<T> => {
    const service = await lent.open(live ? null : rows);
    try {
      return await work(service);
    } finally {
      await service.close();
    }
  };
  const question = (strategy: string, stop: Question["stop"] = "all"): Question => ({ panel, strategy, stop, recorded: !live });
  try {
    const seen = live
      ? await opened((service) => liveRounds(ports, service, { plan, asked, round, question, advance: () => progress.advance() }))
      : await recordedRounds(strategies, (strategy) => opened((service) => round(service, question(strategy))));
    const stopped = live ? null : await opened((service) => round(service, question(strategies[0] ?? "vote", "decided")));
    return await summary(plan, seen, stopped);
  } finally {
    progress.end();
  }
}

/** A fresh service for every strategy: none learns from the runs of another. */
async function recordedRounds(strategies: string[], open: (strategy: string) => Promise<Round>): Promise<Map<string, Report[]>> {
  const seen = new Map<string, Report[]>();
  for (const strategy of strategies) seen.set(strategy, (await open(strategy)).reports);
  return seen;
}

interface LiveTools {
  plan: Plan;
  asked: string[];
  round(service: EvalService, question: Question): Promise<Round>;
  question(strategy: string): Question;
  advance(): void;
}
/** Members are paid once: further strategies decide again over the same candidates. */
async function liveRounds(ports: CliPorts, service: EvalService, tools: LiveTools): Promise<Map<string, Report[]>> {
  const { plan, asked, round, question, advance } = tools;
  const seen = new Map<string, Report[]>();
  let first: Report[] = [];
  for (const strategy of plan.strategies) {
    if (asked.includes(strategy)) {
      const { reports } = await round(service, question(strategy));
      first = first.length === 0 ? reports : first;
      seen.set(strategy, reports);
      continue;
    }
    const again = await inTurn(plan.rows, AT_ONCE.live, async (_, index) => {
      const report = first[index] as Report;
      advance();
      return report.answer === null ? report : decideAgain(ports, service.url, report, strategy);
    });
    seen.set(strategy, again);
  }
  return seen;
}

async function learnedRule(cases: Case[]): Promise<RuleSeen> {
  const learned = learnFrom(cases);
  const ruled: Ruled[] = [];
  for (const one of cases) ruled.push(await voteOn(one, learned));
  return { rule: "vote, weights learned on this file", asked: false, ruled };
}

function stoppedOf(plan: Plan, round: Round | null): Pick<Stopping, "late_seats" | "seats" | "right"> {
  if (round === null) return { late_seats: null, seats: null, right: null };
  const seats = round.reports.flatMap(({ outcomes }) => outcomes);
  const late = seats.filter((outcome) => outcome.status === "dropped" && outcome.reason === "late");
  const right = round.reports.filter((report, index) => ruledIn(plan.rows[index] as EvalRow, report).right).length;
  return { late_seats: late.length, seats: seats.length, right };
}

async function summary(plan: Plan, seen: Map<string, Report[]>, stopped: Round | null): Promise<Evaluation> {
  const { rows, live, file, task, group } = plan;
  const [base = []] = seen.values();
  const members = plan.panel ?? [...new Set(base.flatMap(({ outcomes }) => outcomes.map(({ member }) => member)))];
  const cases = rows.map((row, index) => caseOf(row, members, nameless(saidIn(base[index] as Report))));
  const rules = [...seen].map(([rule, reports]): RuleSeen => {
    return { rule, asked: true, ruled: reports.map((report, index) => ruledIn(rows[index] as EvalRow, report)) };
  });
  const spending = spendingOf(base, live);
  return evaluate({
    file,
    task,
    group,
    live,
    cases,
    rules: [...rules, await learnedRule(cases)],
    stopped: stoppedOf(plan, stopped),
    spending,
  });
}
