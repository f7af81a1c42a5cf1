/** Time and calls: every run ends in time, within its bounds, and leaves nothing behind (I01–I06, I34, I44). */
import { rankCalls } from "../../../adjudicator/index.ts";
import type { NetCall } from "../net.ts";
import type { Played, PlayedRun } from "../play.ts";
import type { Tally } from "./tally.ts";
import { callsOf, chats, deadlineOf, endOf, factsOf, faultOf, hedges, isDropped, judgeCalls, SLACK, seatCalls, unique } from "./view.ts";

/** The alarm of a fractional time rings up to a millisecond late, twice in a row at the end of a run. */
const OVERSHOOT = 3;
/** A slow store may hold up the start of a run a little, before anything is asked, and its end for a second. */
const READ_MS = 200;
const SAVE_MS = 1000;
function storeMayTake({ store }: Played): number {
  const struck = (what: string): boolean => store?.struck.has(what) === true;
  const saving = struck("store-save-slow") || struck("store-save-hangs");
  return SLACK + (struck("store-read-slow") ? READ_MS : 0) + (saving ? SAVE_MS : 0);
}

/** Lines that the engine writes only where something of its own broke. */
const OWN_FAULT = /^error (?:seat-threw|single-threw|provider-threw)/;

export function endsOnce(played: Played, tally: Tally): void {
  const broke = played.logs.find((line) => OWN_FAULT.test(line));
  if (broke !== undefined) tally.fail("I13", null, broke);
  if (played.runaway) tally.fail("I01", null, "the world never came to rest");
  for (const run of played.runs) {
    const index = run.plan.index;
    tally.hold("I01");
    if (run.endedAt === null) {
      tally.fail("I01", index, "never ended");
      continue;
    }
    const finals = run.events.filter(({ event }) => event.type === "run-end" || event.type === "error");
    if (run.thrown !== null && run.problem === null) tally.fail("I13", index, `threw ${String(run.thrown)}`);
    const left = run.leftAt !== null && run.plan.leave?.how !== "deadline";
    const wanted = run.problem !== null ? 0 : 1;
    if (finals.length !== wanted && !(left && finals.length === 0)) tally.fail("I01", index, `${finals.length} ends`);
    if (finals.length === 1 && run.events.at(-1)?.event !== finals[0]?.event) tally.fail("I01", index, "something came after the end");
    if (run.endedAt > deadlineOf(run) + OVERSHOOT && run.request !== null)
      tally.fail("I01", index, `ended ${run.endedAt - deadlineOf(run)} ms after its deadline`);
    const patience = storeMayTake(played);
    if (left && run.endedAt > (run.leftAt ?? 0) + patience)
      tally.fail("I06", index, `went on for ${run.endedAt - (run.leftAt ?? 0)} ms after the caller left`);
  }
}

const ATTEMPTS = 3;
/** Calls on one adjudicator that the strategy can take, before a dead connection is tried again. */
function rungCalls(strategy: string, orders: number, candidates: number): number {
  switch (strategy) {
    case "vote":
    case "fallback":
      return 0;
    case "pick":
      return orders;
    case "rank":
      return rankCalls(candidates);
    default:
      return 2 * orders + 1;
  }
}

export function callBound(played: Played, tally: Tally): void {
  for (const run of played.runs) {
    const { request, report } = run;
    if (request === null || run.problem !== null) continue;
    const seats = request.panel.reduce((sum, entry) => sum + entry.samples, 0);
    const ofSeats = seatCalls(played, run).length;
    const bound = seats * (ATTEMPTS + (hedges(played) ? 1 : 0));
    const rungs = request.adjudicators.length * rungCalls(request.strategy, request.orders, seats) * 2;
    tally.hold("I02", callsOf(played, run).length > 0 ? 1 : 0);
    if (ofSeats > bound) tally.fail("I02", run.plan.index, `${ofSeats} calls of seats, at most ${bound}`);
    if (judgeCalls(played, run).length > rungs)
      tally.fail("I02", run.plan.index, `${judgeCalls(played, run).length} calls of adjudicators, at most ${rungs}`);
    if (report === null) continue;
    for (const outcome of report.outcomes) {
      if (outcome.status !== "not-asked" && outcome.attempts.length > ATTEMPTS + (hedges(played) ? 1 : 0))
        tally.fail("I02", run.plan.index, `${outcome.attempts.length} attempts of one seat`);
    }
  }
}

const WINDOW_MS = 10_000;
const SHARE = 0.2;
const FLOOR = 20;

export function retryBudget(played: Played, tally: Tally): void {
  const firsts = new Map<string, number[]>();
  const again = new Map<string, number[]>();
  const push = (into: Map<string, number[]>, name: string, at: number): void => void into.set(name, [...(into.get(name) ?? []), at]);
  for (const run of played.runs) {
    for (const outcome of run.report?.outcomes ?? []) {
      if (outcome.status === "not-asked") continue;
      for (const [index, attempt] of outcome.attempts.entries())
        push(index === 0 ? firsts : again, outcome.provider, run.acceptedAt + attempt.started_ms);
    }
    for (const call of run.report === null ? callsOf(played, run) : judgeCalls(played, run)) push(firsts, call.provider, call.startedAt);
  }
  for (const [provider, retries] of again) {
    retries.sort((a, b) => a - b);
    tally.hold("I03");
    for (const [index, from] of retries.entries()) {
      const inWindow = retries.slice(index).filter((at) => at < from + WINDOW_MS).length;
      if (inWindow <= FLOOR) continue;
      const first = (firsts.get(provider) ?? []).filter((at) => at > from - WINDOW_MS && at < from + WINDOW_MS).length;
      if (inWindow > FLOOR + SHARE * first + 1)
        tally.fail("I03", null, `${inWindow} retries at ${provider} in ${WINDOW_MS} ms beside ${first} first attempts`);
    }
  }
}

/** The calls of a member that sits once in the run, in order: they are those of its one seat. */
function loneSeats(played: Played, run: PlayedRun): Map<string, NetCall[]> {
  const groups = new Map<string, NetCall[]>();
  if (hedges(played)) return groups;
  for (const call of seatCalls(played, run)) {
    const samples = run.request?.panel.filter((entry) => entry.model === call.member).reduce((sum, entry) => sum + entry.samples, 0);
    if (samples === 1) groups.set(call.member, [...(groups.get(call.member) ?? []), call]);
  }
  return groups;
}

export function rightRetries(played: Played, tally: Tally): void {
  for (const run of played.runs) {
    for (const [member, calls] of loneSeats(played, run)) {
      const counts = new Map<string, number>();
      for (const [index, call] of calls.entries()) {
        const next = calls[index + 1];
        const fault = faultOf(call);
        if (fault === null || call.ended === null) continue;
        tally.hold("I04");
        if (next === undefined) continue;
        const used = (counts.get(fault.id) ?? 0) + 1;
        counts.set(fault.id, used);
        const heard = call.streamedText && call.ended !== "done";
        const allowed = heard ? 0 : fault.again;
        if (used > allowed) tally.fail("I04", run.plan.index, `${member} asked again after ${fault.id} (${used} of ${allowed})`);
        if (call.ended === "aborted") tally.fail("I04", run.plan.index, `${member} asked again after it was aborted`);
        if (endOf(call) > next.startedAt) tally.fail("I04", run.plan.index, `${member} asked again before ${fault.id} had ended`);
      }
    }
  }
}

export function insideDeadline(played: Played, tally: Tally): void {
  for (const run of played.runs) {
    if (run.request === null) continue;
    const deadline = deadlineOf(run);
    const calls = callsOf(played, run);
    tally.hold("I05", calls.length > 0 ? 1 : 0);
    for (const call of calls) {
      if (call.startedAt > deadline)
        tally.fail("I05", run.plan.index, `a call of ${call.member} started ${call.startedAt - deadline} ms after the deadline`);
      if (endOf(call) > deadline + OVERSHOOT)
        tally.fail("I05", run.plan.index, `a call of ${call.member} lived ${endOf(call) - deadline} ms beyond the deadline`);
    }
    waitsForNothing(played, run, tally);
    keepsSlice(played, run, tally);
  }
}

/** What cannot be asked again in time is given up at once, not at the deadline. */
function waitsForNothing(played: Played, run: PlayedRun, tally: Tally): void {
  for (const [member, calls] of loneSeats(played, run)) {
    const last = calls.at(-1);
    const wait = last?.plan.retryAfterMs ?? null;
    if (last === undefined || wait === null || last.ended !== "done" || (last.status ?? 0) < 400) continue;
    if (endOf(last) + wait <= deadlineOf(run)) continue;
    const told = run.events.find(({ event }) => event.type === "member-dropped" && event.data.member === member);
    if (told !== undefined && told.at > endOf(last) + SLACK)
      tally.fail("I05", run.plan.index, `${member} held its seat ${told.at - endOf(last)} ms for a retry that could not be`);
  }
}

/** With two answers in hand the panel stops in time for the adjudicator. */
function keepsSlice(played: Played, run: PlayedRun, tally: Tally): void {
  const { request } = run;
  if (request === null || run.plan.index !== 0 || run.report === null || hedges(played)) return;
  // where the count decides, nobody has to be kept time for
  if (["agreed", "voted"].includes(run.report.verdict?.how ?? "")) return;
  if (["vote", "fallback", "cascade"].includes(request.strategy) || request.adjudicators.length === 0) return;
  const hardEnd = deadlineOf(run) - Math.min(20, request.deadline_ms * 0.02);
  const softEnd = hardEnd - Math.min(0.2 * request.deadline_ms, 15_000);
  const usable = unique(
    run.events
      .filter(({ at, event }) => event.type === "candidate-arrived" && at < softEnd - SLACK)
      .map(({ event }) => (event.type === "candidate-arrived" ? event.data.member : "")),
  );
  // what adjudicators of this world have learned of themselves moves the slice
  if (usable.length < 2 || request.adjudicators.some((name) => usable.includes(name))) return;
  tally.hold("I05:slice");
  const late = seatCalls(played, run).filter((call) => endOf(call) > softEnd + OVERSHOOT);
  if (late.length > 0)
    tally.fail("I05", run.plan.index, `the panel took ${endOf(late[0] as NetCall) - softEnd} ms of the adjudicator's time`);
}

export function leavesNothing(played: Played, tally: Tally): void {
  for (const run of played.runs) {
    if (run.endedAt === null) continue;
    const cut = callsOf(played, run).some((call) => call.ended === "aborted");
    tally.hold("I06", cut ? 1 : 0);
    if (run.openAtEnd.length > 0)
      tally.fail("I06", run.plan.index, `${run.openAtEnd.length} calls were open at the end, first ${run.openAtEnd[0]?.member}`);
    // who leaves between two events leaves a report that is being stored
    const storing = played.runs.some(({ plan, leftAt }) => plan.leave?.how === "return" && leftAt !== null) && storeMayTake(played) > SLACK;
    if (run.timersAtEnd > 0 && !storing) tally.fail("I06", run.plan.index, `${run.timersAtEnd} timers were armed at the end`);
    if (run.listeners > 0) tally.fail("I06", run.plan.index, `${run.listeners} listeners stood on the caller's signal`);
    if (callsOf(played, run).some((call) => call.startedAt > (run.endedAt ?? 0)))
      tally.fail("I06", run.plan.index, "a call started after the end");
    for (const call of callsOf(played, run))
      if (run.leftAt !== null && call.startedAt > run.leftAt && run.plan.leave?.how !== "deadline")
        tally.fail("I06", run.plan.index, "a call started after the caller had left");
  }
  if (played.openLeft > 0) tally.fail("I06", null, `${played.openLeft} calls were never ended`);
  for (const { member, in_flight, queued } of played.status)
    if (in_flight + queued > 0) tally.fail("I06", null, `${member} still counts ${in_flight} in flight, ${queued} queued`);
}

const QUEUE_FACTOR = 16;
function limitOf(played: Played, member: string): { gate: string; most: number } {
  const provider = member.slice(0, member.indexOf("/"));
  const own = factsOf(played, member).maxConcurrency;
  return own === null ? { gate: provider, most: provider === "ollama" ? 1 : 16 } : { gate: member, most: own };
}

export function boundedQueues(played: Played, tally: Tally): void {
  const steps = chats(played)
    .flatMap((call) => [
      { at: call.startedAt, by: 1, id: call.id, call },
      { at: endOf(call), by: -1, id: call.id, call },
    ])
    .toSorted((a, b) => a.at - b.at || a.by - b.by || a.id - b.id);
  const open = new Map<string, number>();
  for (const { by, call } of steps) {
    const { gate, most } = limitOf(played, call.member);
    const now = (open.get(gate) ?? 0) + by;
    open.set(gate, now);
    if (by > 0 && now === most) tally.hold("I34");
    if (now > most) tally.fail("I34", call.run, `${now} calls at once at ${gate}, at most ${most}`);
  }
  for (const { member, queued } of played.queues) {
    const { most } = limitOf(played, member);
    if (queued > most * QUEUE_FACTOR) tally.fail("I34", null, `${queued} wait at ${member}, at most ${most * QUEUE_FACTOR}`);
  }
}

/** The first open period of a breaker, told where nobody said how long. */
const LONGEST_OWN_MS = 5000;
const WAITING_HELPS = new Set(["overloaded", "quorum-lost", "local-unavailable", "shutting-down", "store-unavailable"]);

export function retryAfter(played: Played, tally: Tally): void {
  for (const run of played.runs) {
    for (const [member, calls] of loneSeats(played, run)) {
      for (const [index, call] of calls.entries()) {
        const next = calls[index + 1];
        const wait = call.plan.retryAfterMs;
        if (next === undefined || wait === null || call.ended !== "done") continue;
        tally.hold("I44");
        if (next.startedAt < endOf(call) + wait - SLACK)
          tally.fail("I44", run.plan.index, `${member} asked again ${next.startedAt - endOf(call)} ms after it had asked for ${wait} ms`);
      }
    }
    if (run.failed === null) continue;
    const { document, retryAfterS } = run.failed;
    const slug = document.type.replace("/problems/", "");
    if (WAITING_HELPS.has(slug)) {
      tally.hold("I44");
      if (retryAfterS === null || !Number.isInteger(retryAfterS) || retryAfterS < 1)
        tally.fail("I44", run.plan.index, `${slug} says to wait ${String(retryAfterS)} s`);
    }
    const waits = (run.report?.outcomes ?? [])
      .filter(isDropped)
      .flatMap((outcome) => (outcome.retry_after_ms === null || outcome.retry_after_ms <= 0 ? [] : [outcome.retry_after_ms]));
    if (retryAfterS !== null && waits.length > 0 && retryAfterS * 1000 < Math.min(...waits))
      tally.fail("I44", run.plan.index, "it tells to come back before anybody is there");
    const most = Math.max(...waits, LONGEST_OWN_MS);
    if (retryAfterS !== null && retryAfterS * 1000 > most + 1000) tally.fail("I44", run.plan.index, `it tells to wait ${retryAfterS} s`);
  }
}
