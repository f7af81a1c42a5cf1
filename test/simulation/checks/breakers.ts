/** The breaker, replayed from the network by a model of its own (I31). Where the network alone cannot tell, the model keeps both readings. */
import type { NetCall } from "../net.ts";
import type { Played, PlayedRun } from "../play.ts";
import type { Tally } from "./tally.ts";
import { chats, endOf, faultOf, SLACK } from "./view.ts";

const ROW = 5;
const WINDOW = 20;
const LEAST = 10;
const SHARE = 0.2;
const OPEN_MS = 5000;
const OPEN_CAP_MS = 300_000;

type Sign = "success" | "fault" | "trip" | "throttled" | "other" | "aborted";

/** One circuit, as the fault table describes it. */
class Circuit {
  state: "closed" | "open" = "closed";
  until = 0;
  openedAt = Number.NEGATIVE_INFINITY;
  #opens = 0;
  #row = 0;
  #last: boolean[] = [];

  open(at: number, forMs: number | null): void {
    if (forMs === null) this.#opens += 1;
    this.until = at + Math.min(forMs ?? OPEN_MS * 2 ** Math.max(0, this.#opens - 1), OPEN_CAP_MS);
    if (this.state === "closed") this.openedAt = at;
    this.state = "open";
  }
  close(): void {
    this.state = "closed";
    this.#opens = 0;
    this.#row = 0;
    this.#last = [];
  }
  learn(sign: Sign, at: number, waitMs: number | null): void {
    const wait = waitMs === 0 ? null : waitMs;
    if (sign === "success") {
      this.#row = 0;
      this.#note(true);
      return;
    }
    if (sign === "trip") return this.open(at, wait);
    if (sign === "throttled") return wait === null ? undefined : this.open(at, wait);
    if (sign !== "fault") return;
    this.#row += 1;
    this.#note(false);
    if (wait !== null) return this.open(at, wait);
    const bad = this.#last.filter((good) => !good).length;
    if (this.#row >= ROW || (this.#last.length >= LEAST && bad > SHARE * this.#last.length)) this.open(at, null);
  }
  #note(good: boolean): void {
    this.#last.push(good);
    if (this.#last.length > WINDOW) this.#last.shift();
  }
}

/** What a call's end says, read mildly and read harshly. */
function signsOf(call: NetCall): { mild: Sign; harsh: Sign } {
  if (call.ended === "aborted") {
    if (call.abortedBy === "timeout") return { mild: "fault", harsh: "fault" };
    // cut by the deadline: a fault of theirs only where they had had their time; a body that nobody needs any more is just let go
    if (call.abortedBy === "deadline" || call.abortedBy === null || call.abortedBy === "undefined")
      return { mild: "aborted", harsh: "fault" };
    return { mild: "aborted", harsh: "aborted" };
  }
  const fault = faultOf(call);
  // an adjudicator that says nothing has replied, and no more
  if (fault === null && call.plan.answer?.text.trim() === "" && call.plan.answer.calls.length === 0)
    return { mild: "other", harsh: "other" };
  if (fault === null) return { mild: "success", harsh: "success" };
  return fault.sign === "unsure" ? { mild: "success", harsh: "other" } : { mild: fault.sign, harsh: fault.sign };
}

/** Nobody else of the run could have answered: none has, and none is being asked. */
function isLastChance(played: Played, run: PlayedRun | undefined, call: NetCall): boolean {
  if (run === undefined || call.judge) return false;
  const answered = run.events.some(({ at, event }) => event.type === "candidate-arrived" && at <= call.startedAt);
  const asking = played.calls.some(
    (other) =>
      other.run === call.run &&
      other.kind === "chat" &&
      other !== call &&
      other.startedAt < call.startedAt &&
      endOf(other) > call.startedAt,
  );
  return !answered && !asking;
}

export function breakers(played: Played, tally: Tally): void {
  const members = new Map<string, NetCall[]>();
  for (const call of chats(played)) members.set(call.member, [...(members.get(call.member) ?? []), call]);
  const views = new Map<string, { mild: Circuit; harsh: Circuit }>();
  const firstTrouble = new Map<string, number>();
  for (const [member, calls] of members) {
    const circuits = { mild: new Circuit(), harsh: new Circuit() };
    views.set(member, circuits);
    replay(played, calls, circuits, tally);
    for (const call of calls)
      if (signsOf(call).harsh !== "success" && signsOf(call).harsh !== "other" && signsOf(call).harsh !== "aborted")
        firstTrouble.set(member, Math.min(firstTrouble.get(member) ?? Infinity, endOf(call)));
  }
  refusals(played, tally, firstTrouble);
  for (const { member, breaker } of played.status) {
    const calls = members.get(member) ?? [];
    const clean = calls.every((call) => ["success", "other", "aborted"].includes(signsOf(call).harsh)) && !proofTrouble(played, member);
    if (clean && breaker.state !== "closed")
      tally.fail("I31", null, `the circuit of ${member} is ${breaker.state}, though nothing of its own failed`);
  }
}

/** A local model whose proof fails is as good as unreachable. */
const proofTrouble = (played: Played, member: string): boolean =>
  played.calls.some((call) => call.kind === "show" && call.member === member && (call.ended !== "done" || call.plan.fault !== null));

/** Told `circuit-open` without any trouble of its own before. */
function refusals(played: Played, tally: Tally, firstTrouble: Map<string, number>): void {
  for (const run of played.runs) {
    for (const { at, event } of run.events) {
      if (event.type !== "member-dropped" || event.data.reason !== "circuit-open") continue;
      tally.hold("I31");
      const { member, attempts } = event.data;
      if (attempts.length > 0) tally.fail("I31", run.plan.index, `${member} dropped as circuit-open after an attempt`);
      if ((firstTrouble.get(member) ?? Infinity) > at && !proofTrouble(played, member))
        tally.fail("I31", run.plan.index, `${member} was refused by a circuit that had no reason to be open`);
    }
  }
}

/** Let in before the circuit opened, and held up by a look at what the local runtime has loaded. */
const wasOnItsWay = ({ calls }: Played, call: NetCall, openedAt: number): boolean =>
  call.provider === "ollama" &&
  calls.some(
    ({ kind, startedAt, endedAt }) => (kind === "ps" || kind === "show") && endedAt === call.startedAt && startedAt <= openedAt + SLACK,
  );

type Circuits = { mild: Circuit; harsh: Circuit };

function replay(played: Played, calls: NetCall[], { mild, harsh }: Circuits, tally: Tally): void {
  const steps = calls
    // what was taken back in the moment of its start says nothing
    .filter((call) => endOf(call) > call.startedAt)
    .flatMap((call) => [
      { at: call.startedAt, start: true, call },
      { at: endOf(call), start: false, call },
    ])
    .toSorted((a, b) => a.at - b.at || Number(a.start) - Number(b.start) || a.call.id - b.call.id);
  let probe: NetCall | null = null;
  for (const { at, start, call } of steps) {
    if (start) {
      if (mild.state !== "open" || harsh.state !== "open") continue;
      // opened in this very moment: who was on the way is not called back
      const openedAt = Math.max(mild.openedAt, harsh.openedAt);
      if (at <= openedAt + SLACK || wasOnItsWay(played, call, openedAt)) continue;
      tally.hold("I31");
      const due = Math.min(mild.until, harsh.until);
      // a probe by one reading, a last chance by the other: from here on the model would only guess
      const surely = Math.max(mild.until, harsh.until);
      if (at >= due - SLACK && at < surely) return;
      if (probe === null && at >= surely) probe = call;
      else if (
        !isLastChance(
          played,
          played.runs.find(({ plan }) => plan.index === call.run),
          call,
        )
      ) {
        const why = probe === null ? `${(due - at).toFixed(0)} ms before its probe was due` : "beside the one probe";
        tally.fail("I31", call.run, `${call.member} was called through an open circuit, ${why}`);
      }
      continue;
    }
    const wait = call.ended === "done" ? call.plan.retryAfterMs : null;
    const signs = signsOf(call);
    const wasProbe = call === probe;
    if (wasProbe) probe = null;
    // forced just after it opened, or let in just before: the one closes it, the other says nothing
    const justOpened = [mild, harsh].some(({ state, openedAt }) => state === "open" && Math.abs(call.startedAt - openedAt) <= SLACK);
    if (!wasProbe && signs.mild === "success" && justOpened) return;
    for (const [circuit, sign] of [
      [mild, signs.mild],
      [harsh, signs.harsh],
    ] as const) {
      if (circuit.state === "closed") circuit.learn(sign, at, wait);
      else if (wasProbe && (sign === "success" || sign === "other")) circuit.close();
      else if (wasProbe && sign !== "aborted") circuit.open(at, wait || null);
      else if (!wasProbe && sign === "success" && call.startedAt > circuit.openedAt) circuit.close();
    }
    // one reading says closed: from here on both do, so that nothing is held against the engine that could be right
    if (mild.state === "closed" && harsh.state === "open" && wasProbe) harsh.close();
  }
}
