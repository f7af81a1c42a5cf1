/** The truth of the report: ledger, money, status and counters against what network and store saw (I22–I25, I43). */
import { DEGRADATION_CODES, DROPOUT_REASONS } from "../../../src/core/reasons.ts";
import type { Attempt, Outcome, Report } from "../../../src/core/report.ts";
import type { NetCall } from "../net.ts";
import type { Played, PlayedRun } from "../play.ts";
import type { Tally } from "./tally.ts";
import {
  answered,
  callsOf,
  chats,
  endOf,
  factsOf,
  faultOf,
  hedges,
  isAnswered,
  isDropped,
  judgeCalls,
  priceOf,
  SLACK,
  seatCalls,
  unique,
} from "./view.ts";

/** What the seat's attempt may be called, by row of the fault table. */
const REASONS: Record<string, readonly string[]> = {
  U01: ["unavailable"],
  U02: ["unavailable", "timeout"],
  U03: ["timeout"],
  U04: ["unavailable"],
  U05: ["unavailable"],
  U06: ["unavailable"],
  U07: ["timeout"],
  U08: ["timeout", "answered"],
  U09: ["bad-response"],
  U10: ["unavailable", "bad-response"],
  U11: ["bad-response"],
  U12: ["bad-response"],
  U13: ["bad-response"],
  U14: ["misconfigured", "bad-response"],
  U15: ["unauthorized", "context-too-long"],
  U16: ["misconfigured"],
  U17: ["unauthorized"],
  U18: ["rate-limited"],
  U19: ["rate-limited"],
  U20: ["unavailable"],
  U21: ["bad-response", "unavailable"],
  U22: ["empty", "bad-response", "unavailable"],
  U23: ["unavailable"],
  U24: ["truncated"],
  U25: ["answered", "truncated"],
  U26: ["refused"],
  U27: ["empty", "answered"],
  U28: ["bad-response", "answered"],
  U29: ["bad-response"],
  U30: ["bad-response"],
  U31: ["answered"],
  U32: ["answered"],
  U33: ["answered"],
  U35: ["answered"],
  U37: ["answered"],
  N01: ["answered"],
  U40: ["unavailable"],
  U41: ["truncated", "answered"],
  U43: ["answered", "privacy-excluded"],
};
const CUTS: Record<string, readonly string[]> = { timeout: ["timeout"], deadline: ["timeout"], late: ["late"], cancelled: ["cancelled"] };

function mayBe(call: NetCall, result: string): boolean {
  // a fault that would have shown later is overtaken by the cut
  if (call.ended === "aborted" && call.abortedBy !== null && call.abortedBy in CUTS) return (CUTS[call.abortedBy] ?? []).includes(result);
  const fault = faultOf(call);
  if (fault === null) return result === "answered";
  if (fault.usable === false && result === "answered") return false;
  return (REASONS[fault.row] ?? ["answered"]).includes(result);
}

const asked = (outcome: Outcome): Attempt[] => (outcome.status === "not-asked" ? [] : outcome.attempts);

export function ledger(played: Played, tally: Tally): void {
  for (const run of played.runs) {
    const { report } = run;
    if (report === null) continue;
    const fail = (text: string): void => tally.fail("I22", run.plan.index, text);
    tally.hold("I22");
    const seats = report.outcomes.map(({ seat }) => seat);
    if (seats.some((seat, place) => seat !== place + 1)) fail(`seats ${seats.join()}`);
    const wanted = (report.request as { panel: { samples: number }[] }).panel.reduce((sum, entry) => sum + entry.samples, 0);
    if (seats.length !== wanted) fail(`${seats.length} outcomes of ${wanted} seats`);
    for (const outcome of report.outcomes)
      if (outcome.status === "dropped" && !DROPOUT_REASONS.includes(outcome.reason)) fail(`reason ${outcome.reason}`);
    for (const { code } of report.degradations) if (!DEGRADATION_CODES.includes(code)) fail(`degradation ${code}`);
    const heard = new Set(
      run.events.flatMap(({ event }) => (event.type === "candidate-arrived" || event.type === "member-dropped" ? [event.data.seat] : [])),
    );
    for (const outcome of report.outcomes)
      if (outcome.status !== "not-asked" && !heard.has(outcome.seat)) fail(`seat ${outcome.seat} was never told of`);
    joinCalls(played, run, report, fail);
  }
}

/** One attempt for one call, in order; an attempt that met a dead proof instead has a proof call for it. */
function joinCalls(played: Played, run: PlayedRun, report: Report, fail: (text: string) => void): void {
  const open = new Map<string, NetCall[]>();
  for (const call of seatCalls(played, run)) open.set(call.member, [...(open.get(call.member) ?? []), call]);
  const attempts = report.outcomes.flatMap((outcome) => asked(outcome).map((attempt) => ({ member: outcome.member, attempt })));
  let proofs = 0;
  for (const { member, attempt } of attempts.toSorted((a, b) => a.attempt.started_ms - b.attempt.started_ms)) {
    const names = [member, played.world.settings.hedge[member] ?? member];
    const apart = (call: NetCall): number => Math.abs(endOf(call) - run.acceptedAt - attempt.ended_ms);
    const fitting = names.flatMap((name) => open.get(name) ?? []).filter((call) => matches(run, call, attempt));
    const found = fitting.toSorted((a, b) => apart(a) - apart(b))[0];
    if (found !== undefined) {
      const list = open.get(found.member) ?? [];
      list.splice(list.indexOf(found), 1);
      if (attempt.ended_ms > Math.round(endOf(found) - run.acceptedAt) + SLACK) fail(`an attempt of ${member} ended after its call`);
    } else if (attempt.result === "unavailable" || attempt.result === "timeout")
      proofs += provedNothing(played, run, member, attempt)
        ? 1
        : (fail(`an attempt of ${member} at ${attempt.started_ms} (${attempt.result}) that nobody saw`), 0);
    else fail(`an attempt of ${member} at ${attempt.started_ms} (${attempt.result}) that the network does not know so`);
  }
  for (const [member, rest] of open)
    for (const call of rest)
      fail(
        `a call of ${member} at ${Math.round(call.startedAt - run.acceptedAt)} (${call.plan.fault ?? "fine"}, ${call.ended}) stands in no attempt`,
      );
  const judged = judgeCalls(played, run).length;
  const deadProofs = judgeProofs(played, run);
  const { calls } = report.usage;
  const least = seatCalls(played, run).length + judged + proofs;
  if (calls < least || calls > least + deadProofs) fail(`usage.calls ${calls}, the network saw ${least}`);
}

const matches = (run: PlayedRun, call: NetCall, attempt: Attempt): boolean =>
  Math.abs(call.startedAt - run.acceptedAt - attempt.started_ms) <= SLACK && mayBe(call, attempt.result);

const provedNothing = (played: Played, run: PlayedRun, member: string, attempt: Attempt): boolean =>
  played.calls.some(
    (call) =>
      call.kind === "show" &&
      call.member === member &&
      call.startedAt >= run.acceptedAt + attempt.started_ms - SLACK &&
      call.startedAt <= run.acceptedAt + attempt.ended_ms + SLACK,
  );

/** Adjudicators on local models whose proof failed count as asked, and the network saw only the proofs. */
const judgeProofs = (played: Played, run: PlayedRun): number =>
  played.calls.filter(
    (call) =>
      call.kind === "show" &&
      (call.ended !== "done" || call.plan.fault !== null) &&
      call.startedAt >= run.acceptedAt &&
      call.startedAt <= (run.endedAt ?? 0),
  ).length;

const near = (a: number | null, b: number | null): boolean => (a === null || b === null ? a === b : Math.abs(a - b) <= 1e-9);
const sum = (parts: (number | null)[]): number | null =>
  parts.reduce<number | null>((total, part) => (total === null || part === null ? null : total + part), 0);

/** What a call cost for certain; undefined = the network alone cannot tell what the engine may have learned of it. */
function certainUsd(played: Played, call: NetCall): number | null | undefined {
  const { inputUsdPerMtok, outputUsdPerMtok } = factsOf(played, call.member);
  const relays = call.provider === "ollama" && played.calls.some((one) => one.model === call.model && one.plan.relay);
  if (inputUsdPerMtok === 0 && outputUsdPerMtok === 0) return relays ? undefined : 0;
  if (call.ended === "aborted") return call.streamedText ? undefined : null;
  if (call.status !== null && call.status >= 400) return 0;
  if (call.plan.answer !== null && call.ended === "done") return priceOf(played, call);
  if (call.ended === "broken" && call.status === null) return null;
  return undefined;
}

export function cost(played: Played, tally: Tally): void {
  for (const run of played.runs) {
    const { report } = run;
    if (report === null) continue;
    const fail = (text: string): void => tally.fail("I23", run.plan.index, text);
    tally.hold("I23");
    const { total, members, adjudication } = report.cost_usd;
    for (const [name, value] of Object.entries(report.cost_usd) as [string, number | null][])
      if (value !== null && !(Number.isFinite(value) && value >= 0)) fail(`${name} is ${value}`);
    if (!near(total, sum([members, adjudication]))) fail(`total ${total} of ${members} and ${adjudication}`);
    const known = report.outcomes.map((outcome) => (outcome.status === "not-asked" ? 0 : outcome.cost_usd));
    if (!known.includes(null) && !near(members, sum(known))) fail(`members ${members}, their outcomes ${sum(known)}`);
    if (answered(report).some((outcome) => outcome.cost_usd === null) && members !== null) fail("an unknown cost was taken for nothing");
    for (const outcome of report.outcomes) seatCost(played, run, outcome, fail);
    const judged = judgeCalls(played, run).map((call) => certainUsd(played, call));
    if (
      report.verdict !== null &&
      judged.length > 0 &&
      judged.every((usd) => usd !== undefined) &&
      judgeProofs(played, run) === 0 &&
      !near(adjudication, sum(judged as (number | null)[]))
    )
      fail(`adjudication ${adjudication}, the network says ${sum(judged as (number | null)[])}`);
  }
}

function seatCost(played: Played, run: PlayedRun, outcome: Outcome, fail: (text: string) => void): void {
  if (outcome.status === "not-asked" || hedges(played)) return;
  const seats = run.report?.outcomes.filter(({ member }) => member === outcome.member) ?? [];
  if (seats.length !== 1 || asked(outcome).length !== seatCalls(played, run).filter(({ member }) => member === outcome.member).length)
    return;
  const parts = seatCalls(played, run)
    .filter(({ member }) => member === outcome.member)
    .map((call) => certainUsd(played, call));
  if (parts.includes(undefined)) return;
  const expected = sum(parts as (number | null)[]);
  if (!near(outcome.cost_usd, expected)) fail(`${outcome.member} cost ${outcome.cost_usd}, the network says ${expected}`);
}

export function budget(played: Played, tally: Tally): void {
  for (const run of played.runs) {
    const limit = (run.plan.body["max_cost_usd"] as number | undefined) ?? null;
    if (limit === null) continue;
    const calls = callsOf(played, run);
    if (run.problem?.slug === "budget-exceeded" && calls.length > 0) tally.fail("I24", run.plan.index, "402, and still a call");
    if (run.problem?.slug === "budget-exceeded" || calls.length > 0) tally.hold("I24");
    for (const call of calls) {
      const worst = leastWorst(played, call);
      if (worst === null) {
        tally.fail("I24", run.plan.index, `${call.member} was called at an unknown price`);
        continue;
      }
      const earlier = calls.filter((other) => other.id < call.id);
      const spent = earlier.reduce(
        (total, other) => total + (endOf(other) <= call.startedAt ? (certainUsd(played, other) ?? 0) : (leastWorst(played, other) ?? 0)),
        0,
      );
      if (spent + worst > limit + 1e-9)
        tally.fail("I24", run.plan.index, `${call.member} was called with ${spent} spent or reserved, worth ${worst} more, of ${limit}`);
    }
  }
}

/** The least that the worst case of a call can be: its whole output, and a prompt counted very kindly. */
function leastWorst(played: Played, call: NetCall): number | null {
  const { inputUsdPerMtok: input, outputUsdPerMtok: output, maxOutputTokens, contextTokens } = factsOf(played, call.member);
  if (input === 0 && output === 0) return 0;
  if (input === null || output === null) return null;
  const asked = Number(call.body["max_tokens"] ?? call.body["max_completion_tokens"] ?? maxOutputTokens ?? contextTokens ?? 0);
  return (asked * output) / 1e6;
}

const NOT_REACHED = new Set(["unavailable", "circuit-open", "privacy-excluded", "misconfigured"]);

/** How a run without an answer ends, by the ordered list of the fault table. undefined = two ends are possible. */
function expectedSlug(played: Played, run: PlayedRun, report: Report): string | undefined {
  const dropped = report.outcomes.filter(isDropped);
  const reasons = dropped.map(({ reason }) => reason);
  if (dropped.length > 0 && reasons.every((reason) => reason === "context-too-long")) return "context-too-long";
  const isLocal = report.privacy.class === "local-only";
  if (dropped.every((outcome) => outcome.attempts.length === 0 && outcome.reason !== "timeout")) {
    if (isLocal) return "local-unavailable";
    const ours = reasons.filter((reason) => reason !== "misconfigured" && reason !== "privacy-excluded");
    return ours.length > 0 && ours.every((reason) => reason === "overloaded") ? "overloaded" : "no-members";
  }
  const local = dropped.filter((outcome) => outcome.local || outcome.reason === "privacy-excluded");
  const calls = seatCalls(played, run);
  if (isLocal && local.every(({ reason }) => NOT_REACHED.has(reason)))
    // whether a reply with an error status was read to its end is not told
    return calls.some(({ status }) => status !== null && status >= 400) ? undefined : "local-unavailable";
  // parts of a cascade and turns of a chain have ends of their own
  if (run.request?.strategy === "cascade" || run.request?.strategy === "fallback") return undefined;
  if (calls.some(({ abortedBy }) => abortedBy === "deadline")) return "deadline-exceeded";
  const hardEnd = run.acceptedAt + (run.request?.deadline_ms ?? 0) * 0.97 - 25;
  return (run.endedAt ?? 0) < hardEnd && run.leftAt === null ? "no-candidates" : undefined;
}

export function statusRule(played: Played, tally: Tally): void {
  for (const run of played.runs) {
    const final = run.events.at(-1)?.event;
    if (final === undefined || (final.type !== "run-end" && final.type !== "error") || run.request === null) continue;
    const fail = (text: string): void => tally.fail("I25", run.plan.index, text);
    tally.hold("I25");
    const outcomes = final.type === "run-end" ? final.data.outcomes : (run.report?.outcomes ?? []);
    const usable = unique(outcomes.filter(isAnswered).map(({ member }) => member)).length;
    const { report } = run;
    const slug = final.type === "error" ? final.data.type.replace("/problems/", "") : null;
    if (report === null) {
      if (slug !== "context-too-long") fail(`${slug} without its report`);
      continue;
    }
    const { quorum, degradations, status } = report;
    if (quorum.usable !== usable || quorum.met !== usable >= quorum.needed) fail(`quorum ${JSON.stringify(quorum)} of ${usable}`);
    const lost = run.request.require_quorum && usable < Math.min(run.request.quorum, unique(outcomes.map(({ member }) => member)).length);
    if ((final.type === "run-end") !== (usable > 0 && !lost) && run.request.strategy !== "cascade")
      fail(`${usable} usable members, and the end is ${slug ?? "an answer"}`);
    if (slug !== null && usable > 0 && slug !== "quorum-lost") fail(`${slug} with ${usable} usable members`);
    if (slug !== null && usable === 0) {
      const expected = expectedSlug(played, run, report);
      if (expected !== undefined && slug !== expected) fail(`${slug} instead of ${expected}`);
    }
    if (slug !== null && (report.verdict !== null || report.answer !== null || status !== "failed" || report.problem?.slug !== slug))
      fail(`a failed run with ${report.status}, ${report.verdict?.winner}`);
    if (slug === null && (status === "degraded") !== degradations.length > 0) fail(`${status} with ${degradations.length} degradations`);
    if (slug === null && (status === "failed" || report.answer === null || (report.answer === "" && report.tool_calls.length === 0)))
      fail("an answer without an answer");
    const dropped = outcomes.filter((outcome) => isDropped(outcome) && outcome.reason !== "late").length;
    const told = degradations.filter(({ code }) => code === "member-dropped").length;
    if (dropped !== told) fail(`${dropped} seats dropped, ${told} told of`);
    storeSaid(played, report, fail);
  }
}

function storeSaid(played: Played, report: Report, fail: (text: string) => void): void {
  const end = played.store?.ends.get(report.id);
  if (played.store === null || end === undefined) return;
  const failed = report.degradations.some(({ code }) => code === "store-failed");
  if (report.storage.stored === failed) fail("stored and not stored");
  if (report.storage.stored !== (end === "saved")) fail(`the store says ${end}, the report ${report.storage.stored}`);
}

export function countersMatch(played: Played, tally: Tally): void {
  const { counters } = played;
  const add = (name: string): number =>
    [...counters].filter(([key]) => key.startsWith(`${name}{`)).reduce((total, [, value]) => total + value, 0);
  const all = played.runs.flatMap(({ report, events, plan }) => (report === null ? [] : [{ report, events, plan }]));
  const hidden = played.runs.filter((run) => run.failed !== null && run.report === null).length;
  // who left between two events does not see how it ended
  if (played.runs.some((run) => run.plan.leave?.how === "return" && run.leftAt !== null)) return;
  tally.hold("I43");
  const fail = (text: string): void => tally.fail("I43", null, text);
  if (add("runs") !== all.length + hidden) fail(`${add("runs")} runs counted, ${all.length + hidden} reports`);
  for (const status of ["complete", "degraded", "failed"]) {
    const counted = [...counters]
      .filter(([key]) => key.startsWith(`runs{status=${status},`))
      .reduce((total, [, value]) => total + value, 0);
    const seen = all.filter(({ report }) => report.status === status).length + (status === "failed" ? hidden : 0);
    if (counted !== seen) fail(`${counted} runs counted as ${status}, ${seen} reports`);
  }
  if (hidden === 0) {
    const outcomes = all.reduce((total, { report }) => total + report.outcomes.length, 0);
    if (add("outcomes") !== outcomes) fail(`${add("outcomes")} outcomes counted, ${outcomes} reported`);
    const degradations = all.reduce((total, { report }) => total + report.degradations.length, 0);
    if (add("degradations") !== degradations) fail(`${add("degradations")} degradations counted, ${degradations} reported`);
  }
  const calls = chats(played).length;
  const proofs = played.calls.filter((call) => call.kind === "show" && (call.ended !== "done" || call.plan.fault !== null)).length;
  if (add("attempts") < calls || add("attempts") > calls + proofs) fail(`${add("attempts")} attempts counted, ${calls} calls seen`);
  const aborted = chats(played).filter(
    ({ abortedBy }) => abortedBy !== null && abortedBy !== "timeout" && abortedBy !== "undefined",
  ).length;
  if (add("aborted") !== aborted) fail(`${add("aborted")} aborts counted, ${aborted} seen`);
}
