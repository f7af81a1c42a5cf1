/** `POST /reports/{id}/adjudicate`: decides again from the stored candidates, with another strategy or adjudicator. Asks no member. */
import { z } from "zod";
import { measureAgreement } from "../../adjudicator/index.ts";
import { problemFields } from "../core/pointers.ts";
import { Problem } from "../core/problem.ts";
import type { Report } from "../core/report.ts";
import type { Owner } from "../store/store.ts";
import { createPurse } from "../panel/purse.ts";
import { candidateReader, kindOf, weigher } from "./candidates.ts";
import type { RunRequest } from "./consensus.ts";
import { decide } from "./decide.ts";
import { keep } from "./keep.ts";
import type { RunPlan } from "./plan.ts";
import { buildReport } from "./report.ts";
import type { Engine } from "./run.ts";
import { requestFields } from "./schema.ts";

const { adjudicators, orders, answer, deadline_ms } = requestFields;
const strategy = z.enum(["auto", "vote", "pick", "merge", "rank"]).optional();
const schema = z.strictObject({ strategy, adjudicators, orders, answer, deadline_ms });

function change(request: RunRequest, given: unknown): RunRequest {
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const detail = "strategy, adjudicators, orders, answer and deadline_ms may be given";
    throw new Problem("validation-failed", detail, { errors: problemFields(parsed.error.issues) });
  }
  const usual = request.strategy === "cascade" || request.strategy === "fallback" ? { strategy: "auto" as const } : {};
  return {
    ...request,
    ...usual,
    ...(Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined)) as object),
  };
}

async function stored(engine: Engine, owner: Owner, id: string): Promise<Report> {
  const json = await engine.reports?.get(owner, id);
  if (!json) throw new Problem("not-found", "there is no report of this id");
  const report = JSON.parse(json) as Report;
  const answered = report.outcomes.filter((outcome) => outcome.status === "answered");
  const kept = answered.some((outcome) => outcome.text !== "" || outcome.tool_calls.length > 0);
  if (!kept) throw new Problem("expired", "the candidates of this run were not kept");
  return report;
}

/** The class of the first run still holds: a prompt that was private stays private. */
function planOf(engine: Engine, old: Report, request: RunRequest): RunPlan {
  const startedAt = engine.clock.now();
  const passage = { privacy: old.privacy.class, hosts: new Set<string>() };
  const id = `run_${engine.random.hex(16)}`;
  const { needed: quorumNeeded } = old.quorum;
  const deadlineAt = startedAt + request.deadline_ms;
  return {
    id,
    request,
    passage,
    tightenedBy: null,
    seats: [],
    quorumNeeded,
    startedAt,
    deadlineAt,
    purse: createPurse(request.max_cost_usd),
  };
}

export function createReadjudication(engine: Engine) {
  return async (owner: Owner, id: string, given: unknown, _requestId: string, signal: AbortSignal): Promise<Report> => {
    const old = await stored(engine, owner, id);
    const request = change(old.request as unknown as RunRequest, given);
    const plan = planOf(engine, old, { ...request, panel_named: true });
    const createdAt = engine.clock.wall();
    const members = [...new Set(old.outcomes.map((outcome) => outcome.member))];
    const learned = await engine.learning.of(kindOf(request), members, request.deadline_ms);
    const candidates = candidateReader(engine, request, weigher(engine, plan.request, learned))(old.outcomes);
    const agreement = measureAgreement(candidates);
    const ledger = { calls: 0, retries: 0 };
    const decision = await decide(engine, plan, { candidates, agreement, learned, signal, outcomes: [], ledger, onDelta: undefined });
    const totalMs = engine.clock.now() - plan.startedAt;
    const facts = { plan, outcomes: old.outcomes, decision, problem: null, ledger, createdAt, panelMs: 0, totalMs };
    const report = buildReport({ ...facts, adjudicationMs: decision.adjudication ? totalMs : 0, simulated: old.simulated });
    return keep(engine, owner, report, null, Math.max(1, plan.deadlineAt - engine.clock.now()));
  };
}
