/** What may not break at the edge, in the store and in jobs (I21, I27–I30, I46), read off the record of a played edge world alone. */
import type { Report } from "../../../src/core/report.ts";
import type { Tally } from "../checks/tally.ts";
import type { NetCall } from "../net.ts";
import { isTerminal, slugOf, type Visit } from "./callers.ts";
import type { Reply } from "./life.ts";
import type { EdgePlayed } from "./play.ts";
import type { JobChange } from "./rows.ts";

type Fail = (text: string) => void;
type Final = NonNullable<Visit["final"]>;

const has = ({ world }: EdgePlayed, how: string): boolean => world.troubles.some((trouble) => trouble.how === how);
const chats = ({ lives }: EdgePlayed): { life: number; call: NetCall }[] =>
  lives.flatMap(({ number, calls }) => calls.filter(({ kind }) => kind === "chat").map((call) => ({ life: number, call })));
const marked = (played: EdgePlayed, mark: number): { id: string; json: string }[] =>
  played.reports.filter(({ json }) => json.includes(`#r${mark}#`));
const stateOf = (change: JobChange | undefined): string => String(change?.to["state"] ?? "");

interface Family {
  /** null = its one member came without a key */
  key: string | null;
  visits: Visit[];
  marks: number[];
}
/** Those that share a principal and a key; who brings no key is alone. */
function families({ visits }: EdgePlayed): Family[] {
  const groups = new Map<string, Visit[]>();
  for (const visit of visits) {
    const { key, owner, index } = visit.post;
    const name = key === null ? `${index}` : `${owner}/${key}`;
    groups.set(name, [...(groups.get(name) ?? []), visit]);
  }
  return [...groups.values()].map((members) => ({
    key: members[0]?.post.key ?? null,
    visits: members,
    marks: [...new Set(members.map(({ post }) => post.mark))],
  }));
}
const finals = ({ visits }: Family, mark?: number): (Final & { visit: Visit })[] =>
  visits
    .filter(({ post }) => mark === undefined || post.mark === mark)
    .flatMap((visit) => (visit.final === null ? [] : [{ ...visit.final, visit }]));

/** What a key stands for once it was said: an answer, a job, or an end with its report. */
function isKept(reply: Reply): boolean {
  if (reply.status === 200 || reply.status === 202) return true;
  return slugOf(reply) !== null && (JSON.parse(reply.body) as { report?: unknown }).report !== undefined;
}
const wasStored = ({ status, headers, body }: Reply): boolean =>
  status === 200 && headers["content-type"] === "application/json" && (JSON.parse(body) as Report).storage.stored;

/** A claim is taken over from a process that was silent for longer than its run may last; one that wakes after that has lost it. */
function oneReport(played: EdgePlayed, tally: Tally): void {
  if (has(played, "freeze") || has(played, "power")) return;
  for (const family of families(played)) {
    const reports = family.marks.flatMap((mark) => marked(played, mark));
    const tries = family.visits.reduce((sum, { tries: all }) => sum + all.length, 0);
    if (family.key !== null && tries > 1) tally.hold("I21");
    if (reports.length > 1)
      tally.fail("I21", family.marks[0] ?? null, `${reports.length} reports of ${family.key ?? "one request without a key"}`);
    const isTold = finals(family).some(({ reply }) => wasStored(reply));
    if (isTold && reports.length === 0) tally.fail("I21", family.marks[0] ?? null, "a report was said to be stored, and is not there");
  }
}

const isSettled = (family: Family): Final[] => finals(family).filter(({ reply }) => isKept(reply));
/** Keep-alives say only that it still lives. */
const said = ({ body }: Reply): string => body.replaceAll(": keep-alive\n\n", "");
const shown = ({ status, body }: Reply): string => `${status} ${body.slice(0, 300)}`;

/** The store failed at a reply that was to be kept: then a retry may find another word for the same end. */
const keptBadly = ({ rows }: EdgePlayed): boolean => rows.struck.some(({ sql }) => /replies|texts/.test(sql));

function replay(played: EdgePlayed, tally: Tally): void {
  if (has(played, "power") || has(played, "freeze")) return;
  for (const family of families(played)) {
    if (family.key === null) continue;
    const fail: Fail = (text) => tally.fail("I27", family.marks[0] ?? null, text);
    const settled = isSettled(family).toSorted((a, b) => a.at - b.at);
    const [first] = settled;
    if (first === undefined) continue;
    const marks = new Set(settled.map(({ try: one }) => family.visits.find(({ tries }) => tries.includes(one))?.post.mark));
    if (marks.size > 1) fail("one key, two bodies, two answers");
    for (const { reply, visit, at } of finals(family)) {
      if (marks.has(visit.post.mark)) {
        // another body may have had the key for as long as it took to be refused
        const wasAnothers = family.marks.length > 1 && at <= first.at;
        if (slugOf(reply) === "idempotency-key-reused" && !wasAnothers && !keptBadly(played))
          fail("one key, one body, and it is told to be another");
        continue;
      }
      tally.hold("I27");
      if (slugOf(reply) !== "idempotency-key-reused" && isKept(reply)) fail(`another body under the key: ${shown(reply)}`);
    }
    for (const other of settled.slice(1)) {
      tally.hold("I27");
      if (keptBadly(played)) continue;
      if (other.reply.status !== first.reply.status || said(other.reply) !== said(first.reply))
        fail(`${shown(first.reply)} and then ${shown(other.reply)}`);
      for (const name of ["content-type", "consensus-report", "consensus-status", "location"])
        if (other.reply.headers[name] !== first.reply.headers[name])
          fail(`${name}: ${first.reply.headers[name]} and then ${other.reply.headers[name]}`);
    }
    noCalls(played, family, first, fail);
    oneExecution(played, family, fail);
  }
}

/** Who asks after the answer is there makes nobody be called. */
function noCalls(played: EdgePlayed, family: Family, first: Final, fail: Fail): void {
  if (family.visits[0]?.post.form === "job") return;
  const late = chats(played).filter(({ call }) => family.marks.includes(call.run ?? -1) && call.startedAt > first.at);
  if (late.length > 0 && !keptBadly(played)) fail(`${late.length} calls after the answer was there`);
}

/** However many come at once: where nothing dies, fails or is left, one of them runs. */
function oneExecution(played: EdgePlayed, family: Family, fail: Fail): void {
  const isQuiet = played.world.troubles.length === 0 && played.rows.struck.length === 0;
  if (!isQuiet || family.visits.some(({ post }) => post.leave !== null)) return;
  const begun = played.lives.flatMap(({ runs }) => runs.filter(({ mark }) => family.marks.includes(Number(mark))));
  if (begun.length > 1) fail(`${begun.length} executions of one key`);
}

function acceptedIsDurable(played: EdgePlayed, tally: Tally): void {
  const fail: Fail = (text) => tally.fail("I28", null, text);
  for (const job of played.undurable) fail(`the 202 of ${job} left before its row was safe`);
  const rows = new Map(played.jobs.map((row) => [String(row["id"]), row]));
  for (const { job } of played.visits) {
    if (job === null) continue;
    tally.hold("I28");
    if (!rows.has(job)) fail(`${job} was accepted, and is not there`);
  }
  for (const [id, { state, report_id, attempts }] of rows) {
    if (!isTerminal(String(state))) fail(`${id} is ${String(state)} long after the last crash, attempt ${String(attempts)}`);
    if (played.rows.struck.length > 0 || (state !== "done" && state !== "failed")) continue;
    const report = played.reports.find((one) => one.id === `run_${id.slice(4)}`);
    if (state === "done" && report === undefined) fail(`${id} is done, and its report ${String(report_id)} is not there`);
    if (report === undefined) continue;
    const { problem } = JSON.parse(report.json) as Report;
    if ((problem === null) !== (state === "done")) fail(`${id} is ${String(state)}, its report says ${problem?.slug ?? "an answer"}`);
  }
}

const RUNS_TO_DEATH = 3;

/** Whether one change of a job is one that may be; null = yes. */
function illegal({ lives }: EdgePlayed, { from, to, at, life }: JobChange): string | null {
  const [was, is] = [String(from?.["state"] ?? "none"), String(to["state"])];
  const grown = Number(to["fence"]) - Number(from?.["fence"] ?? 0);
  if (was === "none") return is === "queued" && Number(to["fence"]) === 0 ? null : `begins as ${is}`;
  if (isTerminal(was)) return `${was}, and then ${is}`;
  if (grown < 0) return `fence ${String(from?.["fence"])}, and then ${String(to["fence"])}`;
  if (was === "queued" && is === "running") return grown === 1 ? null : "leased without a fence of its own";
  if (was === "running" && is === "running" && grown === 0) return null;
  if (was === "running" && is === "running")
    return Number(from?.["lease_until"]) <= wallAt(at) ? null : "leased away from a worker whose lease stood";
  if (is === "queued") return lives[life]?.stop == null ? "handed back by a process that was not told to stop" : null;
  if (was === "queued" && is !== "cancelled") return `${was} → ${is}`;
  return null;
}
const START = Date.UTC(2026, 10, 22, 2, 0, 0);
const wallAt = (at: number): number => START + at;

function jobStates(played: EdgePlayed, tally: Tally): void {
  const fail: Fail = (text) => tally.fail("I29", null, text);
  const lost = new Map<string, number>();
  for (const change of played.rows.changes) {
    tally.hold("I29");
    const wrong = illegal(played, change);
    if (wrong !== null) fail(`${change.id}: ${wrong}`);
    const isLost = change.from?.["state"] === "running" && change.to["fence"] !== change.from["fence"];
    if (isLost) lost.set(change.id, (lost.get(change.id) ?? 0) + 1);
    if (stateOf(change) === "dead" && (lost.get(change.id) ?? 0) < RUNS_TO_DEATH)
      fail(`${change.id} is dead after ${lost.get(change.id) ?? 0} lost leases`);
  }
  for (const { id, fence, newest, kept } of played.lives.flatMap(({ writes }) => writes)) {
    if (fence >= newest) continue;
    tally.hold("I29:stale");
    if (kept) fail(`a write with fence ${fence} changed ${id}, whose fence was ${newest}`);
  }
  if (has(played, "power")) return;
  for (const { polls, job } of played.visits) {
    const end = polls.findIndex(({ state }) => isTerminal(state));
    if (end !== -1 && polls.slice(end).some(({ state }) => state !== polls[end]?.state)) fail(`${job} was told to have ended twice`);
  }
}

/** Another process learns of a cancel at its next write, which is its renewal at the latest. */
const RENEWAL_MS = 3000;

function cancelled(played: EdgePlayed, tally: Tally): void {
  const hasPower = has(played, "power");
  for (const { cancels, job, post } of played.visits) {
    const last = cancels.at(-1);
    if (last?.met.kind !== "reply" || job === null) continue;
    const { reply } = last.met;
    const fail: Fail = (text) => tally.fail("I30", post.mark, text);
    const state = String(played.jobs.find((row) => row["id"] === job)?.["state"]);
    if (reply.status === 409 && !hasPower) {
      const before = played.rows.changes.findLast((change) => change.id === job && change.at <= last.endedAt);
      if (slugOf(reply) !== "job-already-finished" || !isTerminal(stateOf(before)))
        fail(`409 ${slugOf(reply)} while it was ${stateOf(before)}`);
    }
    if (reply.status !== 200) continue;
    tally.hold("I30");
    if (state !== "cancelled") fail(`${job} was cancelled, and ended ${state}`);
    // a frozen process may have let go of the key: then another job asks the same
    if (has(played, "freeze") && jobsOf(played, post.mark).size > 1) continue;
    for (const { life, call } of chats(played)) {
      if (call.run !== post.mark || call.startedAt <= last.endedAt) continue;
      const woke = life !== last.life && has(played, "freeze");
      const known = woke ? Math.max(last.endedAt, wakeOf(played, life)) + RENEWAL_MS + 1000 : last.endedAt;
      if (call.startedAt > known)
        fail(`${call.member} was called ${Math.round(call.startedAt - last.endedAt)} ms after the cancel of ${job}`);
    }
  }
}
const jobsOf = ({ lives }: EdgePlayed, mark: number): Set<string> =>
  new Set(lives.flatMap(({ runs }) => runs.filter((run) => Number(run.mark) === mark).map(({ requestId }) => requestId)));
/** When a frozen process went on. */
const wakeOf = ({ world, lives }: EdgePlayed, life: number): number =>
  (lives[life]?.startedAt ?? 0) + (world.troubles[life]?.at ?? 0) + (world.troubles[life]?.freeze.ms ?? 0);

const GRACE_MS = 25_000;

function shutdown(played: EdgePlayed, tally: Tally): void {
  const fail: Fail = (text) => tally.fail("I46", null, text);
  if (played.runaway) fail("the last process never ended");
  for (const life of played.lives) {
    const { stop } = life;
    if (stop === null || life.diedAt !== null) continue;
    if (stop.endedAt === null || stop.endedAt - stop.at > GRACE_MS) {
      fail(`process ${life.number} took ${stop.endedAt === null ? "for ever" : `${stop.endedAt - stop.at} ms`}`);
      continue;
    }
    for (const { at, endedAt, met, ask } of life.knocks) {
      if (at === stop.at || (endedAt !== null && endedAt < stop.at)) continue;
      tally.hold(at < stop.at ? "I46" : "I46:refused");
      const slug = met?.kind === "reply" ? slugOf(met.reply) : null;
      if (at < stop.at && met?.kind !== "reply" && met?.kind !== "left")
        fail(`${ask.method} ${ask.path} was accepted, and ${met?.kind ?? "hangs"}`);
      if (at > stop.at && met?.kind === "reply" && slug !== "shutting-down")
        fail(`${ask.path} was taken after SIGTERM: ${slug ?? met.reply.status}`);
    }
    for (const { at, requestId } of life.runs)
      if (at > stop.at && requestId.startsWith("job_")) fail(`${requestId} was begun after SIGTERM`);
    if (played.rows.struck.length > 0) continue;
    const mine = new Map(played.rows.changes.filter((change) => change.at <= (stop.endedAt ?? 0)).map((change) => [change.id, change]));
    for (const [id, change] of mine) {
      if (change.life === life.number) tally.hold("I46:jobs");
      if (change.life === life.number && stateOf(change) === "running") fail(`${id} was left running`);
    }
  }
}

const CHECKS = [oneReport, replay, acceptedIsDurable, jobStates, cancelled, shutdown];
export function checkEdge(played: EdgePlayed, tally: Tally): void {
  for (const check of CHECKS) check(played, tally);
}
