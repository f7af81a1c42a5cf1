/** Asks every question over HTTP, once per strategy, and hands back the reports in the questions' order. Scores nothing. */
import pLimit from "p-limit";
import type { Report } from "../../core/report.ts";
import type { CliPorts } from "../ports.ts";
import { ask, decideAgain, type Question } from "./ask.ts";
import type { EvalRow } from "./corpus.ts";
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
/** One report per question under the name of the rule that was asked. */
export type Rounds = Map<string, Report[]>;
export interface Asked {
  rounds: Rounds;
  /** the first strategy again, stopping as soon as the verdict is decided; recorded answers only */
  stopped: Report[] | null;
  /** the rule whose confidence is judged */
  sure: string;
}

/** These call members by a rule of their own, and cannot be decided from what the others were told. */
const ASKS_ITSELF = new Set(["cascade", "fallback"]);
/** Recorded answers come one question at a time: what one run teaches is known to the next, the same in every evaluation. */
const LIVE_AT_ONCE = 4;

function inTurn<T>(rows: readonly EvalRow[], atOnce: number, work: (row: EvalRow, index: number) => Promise<T>): Promise<T[]> {
  const limit = pLimit(atOnce);
  return Promise.all(rows.map((row, index) => limit(() => work(row, index))));
}

async function withService<T>(opening: Promise<EvalService>, work: (service: EvalService) => Promise<T>): Promise<T> {
  const service = await opening;
  try {
    return await work(service);
  } finally {
    await service.close();
  }
}

/** How many questions are put in all: the length of the bar. */
export const roundsOf = ({ rows, strategies, live }: Plan): number => rows.length * (strategies.length + (live ? 0 : 2));
const learningRule = (strategy: string): string => `${strategy}, learning from run to run`;

/** A service of its own for every strategy. First each question by itself, then the first strategy with what earlier questions taught. */
export async function askRecorded(ports: CliPorts, lent: EvalPorts, plan: Plan, advance: (note: string) => void): Promise<Asked> {
  const panel = plan.panel?.map((member) => `${REPLAY}${member}`) ?? null;
  const round = (strategy: string, stop: Question["stop"], learns: boolean): Promise<Report[]> =>
    withService(lent.open(plan.rows, { keeps: false }), (service) =>
      inTurn(plan.rows, 1, async (row) => {
        if (!learns) service.forget();
        const report = await ask(ports, service.url, row, { panel, strategy, stop, recorded: true });
        advance(strategy);
        return report;
      }),
    );
  const rounds: Rounds = new Map();
  for (const strategy of plan.strategies) rounds.set(strategy, await round(strategy, "all", false));
  const [first = "vote"] = plan.strategies;
  const sure = learningRule(first);
  rounds.set(sure, await round(first, "all", true));
  return { rounds, stopped: await round(first, "decided", false), sure };
}

/** Members are paid once: further strategies decide again over the same candidates. */
export function askLive(ports: CliPorts, lent: EvalPorts, plan: Plan, advance: (note: string) => void): Promise<Asked> {
  return withService(lent.open(null, { keeps: true }), async (service) => {
    const { rows, panel, strategies } = plan;
    const rounds: Rounds = new Map();
    const [first = "vote"] = strategies;
    for (const strategy of strategies) {
      const base = ASKS_ITSELF.has(strategy) ? undefined : rounds.get(first);
      const reports = await inTurn(rows, LIVE_AT_ONCE, async (row, index) => {
        const known = base?.[index];
        const question: Question = { panel, strategy, stop: "all", recorded: false };
        const again = known && known.answer !== null ? decideAgain(ports, service.url, known, strategy) : known;
        const report = await (again ?? ask(ports, service.url, row, question));
        advance(strategy);
        return report;
      });
      rounds.set(strategy, reports);
    }
    return { rounds, stopped: null, sure: first };
  });
}
