/** One process of an edge world, composed as a server composes it, on ports that die with it: after its end nothing of it reaches the world. */
import type { Clock, Log, Meter } from "../../../src/core/ports.ts";
import type { Consensus } from "../../../src/consensus/consensus.ts";
import { createApp } from "../../../src/http/app.ts";
import { within } from "../../../src/core/within.ts";
import { createJobs } from "../../../src/jobs/jobs.ts";
import { compose } from "../../../src/runtimes/compose.ts";
import { endInGrace } from "../../../src/runtimes/ending.ts";
import { appDeps } from "../../../src/runtimes/rim.ts";
import { createIdempotencyStore } from "../../../src/store/idempotency.ts";
import { createJobStore } from "../../../src/store/jobs.ts";
import { createReportStore } from "../../../src/store/reports.ts";
import type { JobStore } from "../../../src/store/store.ts";
import { createSeededRandom } from "../../kit/random.ts";
import { createNet, type NetCall, type Script } from "../net.ts";
import { describe } from "../play.ts";
import { hashText } from "../seeded.ts";
import type { Rows } from "./rows.ts";
import type { EdgeWorld, Trouble } from "./world.ts";

export interface Ask {
  method: "POST" | "GET" | "DELETE";
  path: string;
  headers: Record<string, string>;
  body: string | null;
}
export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: string;
}
/** What became of one request: a whole reply, or a connection that broke, was never made, or was left. */
export type Met = { kind: "reply"; reply: Reply } | { kind: "broken" | "refused" | "left" };

/** One request that reached a process. */
export interface Knock {
  ask: Ask;
  life: number;
  at: number;
  endedAt: number | null;
  met: Met | null;
}
export interface RunBegun {
  life: number;
  at: number;
  /** of a job: its id */
  requestId: string;
  mark: string;
}
export interface StaleWrite {
  at: number;
  id: string;
  fence: number;
  newest: number;
  kept: boolean;
}
export interface Life {
  number: number;
  startedAt: number;
  knocks: Knock[];
  calls: NetCall[];
  runs: RunBegun[];
  writes: StaleWrite[];
  /** SIGTERM, and when the process had ended after it */
  stop: { at: number; endedAt: number | null } | null;
  /** killed, or out of power */
  diedAt: number | null;
  isListening(): boolean;
  send(ask: Ask, leaveAfter: number | null): Promise<Met>;
  /** SIGTERM; tells when the process has ended */
  term(onEnd?: () => void): Promise<void>;
  kill(): void;
  freeze(ms: number): void;
}

interface OwnTime {
  clock: Clock;
  kill(): void;
  freeze(): void;
  thaw(): void;
}
/** Time as one process has it: a frozen one catches up when it thaws, a dead one has none. */
function ownTime(clock: Clock): OwnTime {
  let isDead = false;
  let missed: (() => void)[] | null = null;
  return {
    clock: {
      // whole milliseconds, as every runtime has them
      wall: () => Math.floor(clock.wall()),
      now: () => clock.now(),
      timer(ms, fire) {
        if (isDead) return () => undefined;
        let isOff = false;
        const ring = (): void => {
          if (!isOff && !isDead) fire();
        };
        const cancel = clock.timer(ms, () => (missed === null ? ring() : void missed.push(ring)));
        return () => {
          isOff = true;
          cancel();
        };
      },
    },
    kill: () => void (isDead = true),
    freeze: () => void (missed = []),
    thaw() {
      const late = missed ?? [];
      missed = null;
      for (const ring of late) ring();
    },
  };
}

export interface LifePorts {
  world: EdgeWorld;
  number: number;
  clock: Clock;
  rows: Rows;
  script: Script;
  trouble: Trouble | null;
  tell(line: string): void;
  /** its trouble strikes, at a step of the store */
  onTrouble(life: Life): void;
}

const never = new Promise<never>(() => undefined);

export function createLife({ world, number, clock, rows, script, trouble, tell, onTrouble }: LifePorts): Life {
  const own = ownTime(clock);
  const { settings } = world.base;
  const stopping = new AbortController();
  const newest = new Map<string, number>();
  const open = new Set<{ cut(): void; over: Promise<unknown> }>();
  let isDraining = false;
  let isOpen = true;
  let isGone = false;
  const meter: Meter = { count: (name, labels) => tell(`count ${name} ${JSON.stringify(labels)}`), observe: () => undefined };
  const log: Log = (level, event, fields = {}) => tell(`log ${level} ${event} ${JSON.stringify(fields)}`);
  const gate = {
    life: number,
    clock: own.clock,
    alive: () => !isGone,
    deathAt: (step: number) => {
      const place = trouble?.step ?? null;
      if (place === null || place.nth !== step || clock.now() >= world.calmAt) return null;
      if (trouble?.how !== "term") return place.side;
      // a signal comes between two turns of the event loop
      clock.timer(0, () => onTrouble(life));
      return null;
    },
    die: () => onTrouble(life),
  };
  const sql = rows.port(gate);
  const net = createNet({
    clock: own.clock,
    script,
    describe,
    onEvent: (what, { id, kind, member, run, ended }) => tell(`${what} ${number}#${id} ${kind} ${member} r${run} ${ended ?? ""}`),
  });
  const random = createSeededRandom(hashText(`${world.base.seed}/${number}`));
  const composed = compose(settings, { clock: own.clock, random, log, meter, transport: net.transport, reports: createReportStore(sql) });
  const consensus: Consensus = {
    run(request, context) {
      const runs = composed.consensus.run(request, context);
      life.runs.push({ life: number, at: clock.now(), requestId: context.requestId, mark: request.metadata["mark"] ?? "" });
      return runs;
    },
  };
  const bare = createJobStore(sql);
  /** Sees which fence was handed out, and what writes with an older one are told. */
  const jobStore: JobStore = {
    ...bare,
    async lease(now, leaseMs) {
      const job = await bare.lease(now, leaseMs);
      if (job !== null) newest.set(job.id, job.fence);
      return job;
    },
    async update(id, fence, change, now) {
      const at = clock.now();
      const known = Number(rows.read("SELECT fence FROM jobs WHERE id = ?", id)[0]?.["fence"] ?? 0);
      const kept = await bare.update(id, fence, change, now);
      life.writes.push({ at, id, fence, newest: known, kept });
      return kept;
    },
  };
  const jobs = createJobs({ ...composed.engine, store: jobStore, consensus });
  const ports = { idempotency: createIdempotencyStore(sql), jobs, plugs: null, draining: () => isDraining, stopping: stopping.signal };
  const app = createApp({ ...appDeps(composed, ports), consensus });

  /** To its last byte, or until the caller leaves: who hangs up reads no further. */
  async function readAll(response: Response, gone: AbortSignal): Promise<Reply> {
    const { status, headers, body } = response;
    const reader = body?.getReader();
    gone.addEventListener("abort", () => void reader?.cancel().catch(() => undefined), { once: true });
    const decoder = new TextDecoder();
    let text = "";
    for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read())
      text += decoder.decode(part.value, { stream: true });
    return { status, headers: Object.fromEntries(headers), body: text };
  }
  const life: Life = {
    number,
    startedAt: clock.now(),
    knocks: [],
    calls: net.calls,
    runs: [],
    writes: [],
    stop: null,
    diedAt: null,
    isListening: () => isOpen && life.diedAt === null,
    send(ask, leaveAfter) {
      if (!life.isListening()) return Promise.resolve({ kind: "refused" });
      const knock: Knock = { ask, life: number, at: clock.now(), endedAt: null, met: null };
      life.knocks.push(knock);
      const gone = new AbortController();
      let cut = (): void => undefined;
      const over = new Promise<Met>((resolve) => {
        let isOver = false;
        const end = (met: Met): void => {
          if (isOver) return;
          isOver = true;
          knock.endedAt = clock.now();
          knock.met = met;
          tell(`met ${ask.method} ${ask.path} ${met.kind} ${met.kind === "reply" ? `${met.reply.status} ${met.reply.body}` : ""}`);
          resolve(met);
        };
        cut = () => end({ kind: "broken" });
        const { method, path, headers, body } = ask;
        const request = new Request(`http://127.0.0.1${path}`, { method, headers: { host: "127.0.0.1", ...headers }, body });
        // the platform links a signal that it is given to one of its own, for good where a process died before its reply ended
        Object.defineProperty(request, "signal", { value: gone.signal });
        void Promise.resolve(app.fetch(request))
          .then((response) => readAll(response, gone.signal))
          .then(
            (reply) => (life.diedAt === null ? end({ kind: "reply", reply }) : never),
            () => end({ kind: "broken" }),
          );
        if (leaveAfter !== null)
          clock.timer(leaveAfter, () => {
            if (isOver) return;
            end({ kind: "left" });
            gone.abort();
          });
      });
      const entry = { cut, over };
      open.add(entry);
      void over.then(() => open.delete(entry));
      return over;
    },
    async term(onEnd) {
      if (life.stop !== null || life.diedAt !== null) return;
      life.stop = { at: clock.now(), endedAt: null };
      tell(`SIGTERM ${number}`);
      await endInGrace({
        clock: own.clock,
        drain: () => void (isDraining = true),
        strike: () => stopping.abort(),
        stopJobs: jobs.stop,
        drained: async (ms) => void (await within(own.clock, Promise.all([...open].map(({ over }) => over)), ms)),
        async close() {
          isOpen = false;
          for (const { cut } of open) cut();
          await composed.close();
        },
      });
      life.stop.endedAt = clock.now();
      tell(`ended ${number}`);
      finish();
      onEnd?.();
    },
    kill() {
      if (life.diedAt !== null) return;
      life.diedAt = clock.now();
      tell(`killed ${number}`);
      finish();
    },
    freeze(ms) {
      tell(`frozen ${number}`);
      own.freeze();
      clock.timer(ms, () => {
        tell(`thawed ${number}`);
        own.thaw();
      });
    },
  };
  const finish = (): void => {
    isOpen = false;
    isGone = true;
    own.kill();
    rows.crash(number);
    for (const call of net.open()) {
      call.endedAt = clock.now();
      call.ended = "aborted";
      call.abortedBy = "end of its process";
    }
    for (const { cut } of open) cut();
  };
  jobs.watch();
  return life;
}
