/** Plays one world on the real engine, with time, chance, network and store of its own, and writes down everything an outsider could see. */
import type { ConsensusEvent, ProblemDocument, Report } from "../../src/core/report.ts";
import { Problem } from "../../src/core/problem.ts";
import type { Clock, Log, Meter } from "../../src/core/ports.ts";
import type { RunRequest } from "../../src/consensus/consensus.ts";
import type { MemberStatus } from "../../src/panel/panel.ts";
import { compose, type Composed } from "../../src/runtimes/compose.ts";
import { createVirtualClock, type VirtualClock } from "../kit/clock.ts";
import { createSeededRandom } from "../kit/random.ts";
import "./ambient.ts";
import { createNet, type NetCall } from "./net.ts";
import { hashText } from "./seeded.ts";
import { createFakeStore, type FakeStore } from "./store.ts";
import { type Change, createScript } from "./upstream.ts";
import type { RunPlan, World } from "./world.ts";

export interface PlayedRun {
  plan: RunPlan;
  request: RunRequest | null;
  acceptedAt: number;
  endedAt: number | null;
  events: { at: number; event: ConsensusEvent }[];
  /** thrown before or instead of events */
  thrown: unknown;
  problem: Problem | null;
  report: Report | null;
  failed: { document: ProblemDocument; retryAfterS: number | null } | null;
  leftAt: number | null;
  /** abort listeners that stand on the caller's signal after the end */
  listeners: number;
  /** calls of this run still open on the network at its end */
  openAtEnd: NetCall[];
  /** timers of the engine beyond its detached warm-ups, where no other run was under way */
  timersAtEnd: number;
}
export interface QueueView {
  at: number;
  member: string;
  inFlight: number;
  queued: number;
}
export interface Played {
  world: World;
  runs: PlayedRun[];
  calls: NetCall[];
  store: FakeStore | null;
  counters: Map<string, number>;
  logs: string[];
  queues: QueueView[];
  status: MemberStatus[];
  /** timers left when nothing more could happen */
  timersLeft: number;
  openLeft: number;
  /** more steps than any honest world takes */
  runaway: boolean;
  hash: number;
  trace: string[];
  composed: Composed;
}
/** Timers after which a world is taken for one that never ends. */
const MOST_TIMERS = 60_000;

const pathOf = (url: string): string => new URL(url).pathname;

export function describe(
  url: string,
  text: string,
): Pick<NetCall, "kind" | "provider" | "host" | "model" | "member" | "run" | "judge" | "body"> {
  const { host } = new URL(url);
  const path = pathOf(url);
  const provider = host.startsWith("api.") ? (host.split(".")[1] ?? "") : host.endsWith(":11434") ? "ollama" : "lmstudio";
  const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
  const model = String(body["model"] ?? "");
  const mark = /#r(\d+)#/.exec(text)?.[1];
  const isChat = /chat|messages/.test(path);
  const empty = Array.isArray(body["messages"]) && body["messages"].length === 0;
  const kind = path.endsWith("/show") ? "show" : path.endsWith("/ps") ? "ps" : isChat ? (empty ? "warm" : "chat") : "other";
  return {
    kind,
    provider,
    host,
    model,
    member: `${provider}/${model}`,
    run: mark === undefined ? null : Number(mark),
    judge: text.includes("--- question begins "),
    body,
  };
}

export class Recorder {
  hash = 0;
  readonly trace: string[] = [];
  readonly #keep: boolean;
  readonly #clock: () => number;
  constructor(clock: () => number, keep: boolean) {
    this.#clock = clock;
    this.#keep = keep;
  }
  tell = (line: string): void => {
    const stamped = `${this.#clock().toFixed(3)} ${line}`;
    this.hash = hashText(stamped, this.hash % 2 ** 31);
    if (this.#keep) this.trace.push(stamped);
  };
}

export interface PlayOptions {
  change?: Change;
  /** keep the trace as text */
  trace?: boolean;
  /** wall-clock jumps on top of the world's */
  jumps?: World["jumps"];
}

function countingSignal(): { controller: AbortController; listeners: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  const standing = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = ((type: string, listener: () => void, options?: AddEventListenerOptions) => {
    standing.add(listener);
    add(type, listener, options);
  }) as typeof signal.addEventListener;
  signal.removeEventListener = ((type: string, listener: () => void) => {
    standing.delete(listener);
    remove(type, listener);
  }) as typeof signal.removeEventListener;
  return { controller, listeners: () => (signal.aborted ? 0 : standing.size) };
}

async function conduct(
  run: PlayedRun,
  composed: Composed,
  clock: VirtualClock,
  open: () => NetCall[],
  tell: (line: string) => void,
  onEnd: (run: PlayedRun) => void,
): Promise<void> {
  const { plan } = run;
  const { controller, listeners } = countingSignal();
  run.acceptedAt = clock.now();
  let leftEarly = false;
  try {
    const request = composed.parse(plan.body);
    run.request = request;
    const context = { owner: "", requestId: `q${plan.index}`, acceptedAt: run.acceptedAt, signal: controller.signal, live: plan.live };
    const story = composed.consensus.run(request, context);
    if (plan.leave !== null) {
      const { how, after } = plan.leave;
      clock.timer(after, () => {
        if (run.endedAt !== null) return;
        tell(`leave r${plan.index} ${how}`);
        // who reads by a loop can leave it only between two events
        if (how === "return") leftEarly = true;
        else {
          run.leftAt = clock.now();
          controller.abort(how);
        }
      });
    }
    for await (const event of story) {
      run.events.push({ at: clock.now(), event });
      tell(`event r${plan.index} ${JSON.stringify(event)}`);
      if (event.type === "run-end") run.report = event.data;
      if (event.type === "error") {
        run.failed = { document: event.data, retryAfterS: event.retryAfterS };
        run.report = event.data.report ?? null;
      }
      if (!leftEarly) continue;
      run.leftAt = clock.now();
      break;
    }
  } catch (error) {
    run.thrown = error;
    if (error instanceof Problem) run.problem = error;
    tell(`thrown r${plan.index} ${error instanceof Problem ? error.slug : String(error)}`);
  }
  run.endedAt = clock.now();
  await settled();
  run.openAtEnd = open().filter((call) => call.run === plan.index && call.kind === "chat");
  run.listeners = listeners();
  onEnd(run);
}

/** Lets what hangs on the end of a run come to its own end, without moving time. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 400; turn += 1) await Promise.resolve();
}

interface CountedClock extends Clock {
  armed(): number;
}
/** The engine's clock: the same time, with a count of the timers that the engine alone has armed. */
function countTimers(clock: VirtualClock): CountedClock {
  const armed = new Set<number>();
  let made = 0;
  return {
    wall: () => clock.wall(),
    now: () => clock.now(),
    timer(ms, fire) {
      const id = ++made;
      armed.add(id);
      const cancel = clock.timer(ms, () => {
        armed.delete(id);
        fire();
      });
      return () => {
        armed.delete(id);
        cancel();
      };
    },
    armed: () => armed.size,
  };
}

const labelled = (labels: Record<string, string>): string =>
  Object.entries(labels)
    .map(([label, value]) => `${label}=${value}`)
    .join(",");

/** Beside so many open calls the queues are looked at. */
const CROWD = 6;

export async function play(world: World, options: PlayOptions = {}): Promise<Played> {
  const clock = createVirtualClock();
  const recorder = new Recorder(() => clock.now(), options.trace === true);
  const { tell } = recorder;
  const counters = new Map<string, number>();
  const logs: string[] = [];
  const queues: QueueView[] = [];
  let warming = 0;
  const meter: Meter = {
    count(name, labels, by = 1) {
      const key = `${name}{${labelled(labels)}}`;
      counters.set(key, (counters.get(key) ?? 0) + by);
      tell(`count ${key} ${by}`);
    },
    observe: () => undefined,
  };
  const log: Log = (level, event, fields = {}) => {
    if (event === "warm-up-start") warming += 1;
    if (event === "warm-up-end") warming -= 1;
    const line = `${level} ${event} ${JSON.stringify(fields)}`;
    logs.push(line);
    tell(`log ${line}`);
  };
  const store = world.store === null ? null : createFakeStore(world, clock, tell);
  const script = createScript(world, options.change ?? {}, { now: () => clock.now(), wall: () => clock.wall() });
  let look: (call: NetCall) => void = () => undefined;
  const net = createNet({
    clock,
    script,
    describe,
    onEvent(what, call) {
      const { id, kind, member, run, plan, ended, abortedBy } = call;
      tell(`${what} #${id} ${kind} ${member} r${run} ${plan.fault ?? ""} ${ended ?? ""} ${abortedBy ?? ""}`);
      if (what === "start") look(call);
    },
  });
  const engineClock = countTimers(clock);
  const random = createSeededRandom(world.seed);
  const composed = compose(world.settings, { clock: engineClock, random, log, meter, transport: net.transport, reports: store });
  look = ({ member }) => {
    if (net.open().length < CROWD) return;
    const [view] = composed.panel.status([member]);
    if (view) queues.push({ at: clock.now(), member, inFlight: view.in_flight, queued: view.queued });
  };
  const runs = world.runs.map(unplayed);
  let underWay = 0;
  const onEnd = (run: PlayedRun): void => {
    underWay -= 1;
    if (underWay === 0) run.timersAtEnd = Math.max(0, engineClock.armed() - warming);
  };
  for (const { at, by } of [...world.jumps, ...(options.jumps ?? [])]) clock.timer(at, () => clock.jumpWall(by));
  for (const run of runs)
    clock.timer(run.plan.at, () => {
      underWay += 1;
      void conduct(run, composed, clock, net.open, tell, onEnd);
    });
  // adapters pick up their clients in the background
  await clock.flush();
  await clock.flush();
  const runaway = await clock.runAll(MOST_TIMERS).then(
    () => false,
    () => true,
  );
  const status = composed.panel.status(Object.keys(world.settings.models));
  const left = { timersLeft: clock.pending(), openLeft: net.open().length };
  return {
    world,
    runs,
    calls: net.calls,
    store,
    counters,
    logs,
    queues,
    status,
    runaway,
    ...left,
    hash: recorder.hash,
    trace: recorder.trace,
    composed,
  };
}

const unplayed = (plan: RunPlan): PlayedRun => ({
  plan,
  request: null,
  acceptedAt: 0,
  endedAt: null,
  events: [],
  thrown: null,
  problem: null,
  report: null,
  failed: null,
  leftAt: null,
  listeners: 0,
  openAtEnd: [],
  timersAtEnd: 0,
});
