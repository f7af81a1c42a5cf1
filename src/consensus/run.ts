/** THE STORY of one run: plan, ask the panel, decide, report, store. One stream of events; every reader drains the same one. */
import { type Agreement, type Decision, measureAgreement, type Reading } from "../../adjudicator/index.ts";
import { createChannel } from "../core/channel.ts";
import { Problem, problemDocument } from "../core/problem.ts";
import type { ConsensusEvent, Outcome, Report } from "../core/report.ts";
import { askPanel, type Asked } from "./ask.ts";
import { candidateReader, kindOf, weigher } from "./candidates.ts";
import type { Consensus, RunContext } from "./consensus.ts";
import { decide } from "./decide.ts";
import type { ConsensusDeps } from "./deps.ts";
import { failure } from "./ends.ts";
import { historyOf, keep } from "./keep.ts";
import type { Learning } from "./learning.ts";
import { countRun } from "./meters.ts";
import { makePlan, type RunPlan } from "./plan.ts";
import { buildReport } from "./report.ts";

type Emit = (event: ConsensusEvent) => void;
export type Engine = ConsensusDeps & { learning: Learning };
interface Run {
  engine: Engine;
  plan: RunPlan;
  context: RunContext;
  createdAt: number;
  signal: AbortSignal;
  emit: Emit;
}

export function createConsensus(engine: Engine): Consensus {
  return {
    async *run(request, context) {
      const plan = makePlan(engine, request, context);
      const leave = new AbortController();
      const onAbort = (): void => leave.abort(context.signal.reason);
      if (context.signal.aborted) onAbort();
      context.signal.addEventListener("abort", onAbort, { once: true });
      const channel = createChannel<ConsensusEvent>();
      const run: Run = {
        engine,
        plan,
        context,
        createdAt: engine.clock.wall(),
        signal: leave.signal,
        emit: context.onEvent ?? channel.push,
      };
      conduct(run).then(() => channel.end(), channel.end);
      try {
        yield* channel;
      } finally {
        context.signal.removeEventListener("abort", onAbort);
        leave.abort("cancelled");
      }
    },
  };
}

/** The caller left or cancelled: nobody reads on, nothing more is asked or stored. */
const gone = ({ signal }: Run): boolean => signal.aborted && signal.reason !== "deadline";

async function conduct(run: Run): Promise<void> {
  const { engine, plan, context, emit, signal } = run;
  const members = [...new Set(plan.seats.map((seat) => seat.member))];
  emit({ type: "run-start", data: { id: plan.id, members } });
  const learned = await engine.learning.of(kindOf(plan.request), members, plan.request.deadline_ms);
  const weigh = weigher(engine, plan.request, learned);
  const readings = new Map<number, Reading>();
  const read = candidateReader(engine, plan.request, weigh, readings);
  const onlySeat = context.live && plan.seats.length === 1;
  const say = (text: string): void => emit({ type: "answer-delta", data: { text } });
  const onOutcome = (outcome: Outcome): void => announce(emit, outcome);
  const asked = await askPanel(engine, plan, { read, weigh, readings, learned, signal, onOutcome, onDelta: onlySeat ? say : undefined });
  if (gone(run)) return;
  const problem = failure(plan, asked.outcomes, asked.struck);
  if (problem) return fail(run, asked, problem);
  const candidates = read(asked.outcomes);
  const agreement = measureAgreement(candidates);
  const classes = agreement.classes.map(({ members, value, weight }) => ({ members, value, weight }));
  emit({ type: "agreement-measured", data: { agreement: agreement.share, classes } });
  let spoken = onlySeat;
  const onMerge = (text: string): void => {
    spoken = true;
    say(text);
  };
  const from = engine.clock.now();
  const { ledger, outcomes } = asked;
  const onDelta = context.live ? onMerge : undefined;
  const decision = await decide(engine, plan, { candidates, agreement, learned, signal, outcomes, ledger, onDelta });
  if (gone(run)) return;
  if (context.live && !spoken && decision.answer !== "") say(decision.answer);
  const adjudicationMs = decision.adjudication ? engine.clock.now() - from : 0;
  const report = await finish(run, asked, { decision, problem: null, adjudicationMs, agreement });
  emit({ type: "verdict-reached", data: decision.verdict });
  emit({ type: "run-end", data: report });
}

function announce(emit: Emit, outcome: Outcome): void {
  if (outcome.status === "answered") emit({ type: "candidate-arrived", data: outcome });
  else if (outcome.status === "dropped") emit({ type: "member-dropped", data: outcome });
}

interface End {
  decision: Decision | null;
  problem: Problem | null;
  adjudicationMs: number;
  agreement: Agreement | null;
}

/** Reports, stores and counts; what was learned takes effect with the next run. */
async function finish({ engine, plan, context, createdAt }: Run, asked: Asked, { agreement, ...end }: End): Promise<Report> {
  const { clock, learning, settings } = engine;
  const totalMs = clock.now() - plan.startedAt;
  const report = buildReport({ plan, ...asked, ...end, createdAt, totalMs, simulated: settings.simulated });
  const history = historyOf(report, kindOf(plan.request), agreement, createdAt);
  const kept = await keep(engine, context.owner, report, history, Math.max(1, plan.deadlineAt - clock.now()));
  if (history) learning.add(history);
  countRun(engine.meter, kept);
  return kept;
}

async function fail(run: Run, asked: Asked, problem: Problem): Promise<void> {
  const report = await finish(run, asked, { decision: null, problem, adjudicationMs: 0, agreement: null });
  const extras = problem.slug === "context-too-long" ? problem.extras : { ...problem.extras, report };
  const whole = new Problem(problem.slug, problem.detail, extras);
  const data = problemDocument<Report>(whole, `/reports/${run.plan.id}`, run.context.requestId);
  run.emit({ type: "error", data, retryAfterS: whole.extras.retryAfterS ?? null });
}
