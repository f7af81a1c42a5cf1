/** Plays one world through the real HTTP app, its OpenAI and MCP faces and the command line, with hostile texts in every mouth; writes down what left. */
import { hash } from "node:crypto";
import type { ConsensusEvent } from "../../../src/core/report.ts";
import { main } from "../../../src/cli/main.ts";
import type { CliPorts } from "../../../src/cli/ports.ts";
import { compose, type Composed } from "../../../src/runtimes/compose.ts";
import { mount } from "../../../src/runtimes/rim.ts";
import { createVirtualClock, type VirtualClock } from "../../kit/clock.ts";
import { createSeededRandom } from "../../kit/random.ts";
import { onOneThread } from "../ambient.ts";
import { hostileText, lineStart } from "../hostile.ts";
import { createNet, type NetCall, type Said } from "../net.ts";
import { describe } from "../play.ts";
import { type Chance, chance } from "../seeded.ts";
import { createFakeStore, type FakeStore } from "../store.ts";
import { createScript } from "../upstream.ts";
import type { RunPlan, World } from "../world.ts";
import { type Ask, guardCase, HOST, rightAsk, spelledCase, toolCall, wrongCase } from "./requests.ts";

export interface Exchange {
  kind: "guard" | "spelled" | "wrong" | "run" | "read";
  ask: Ask;
  /** what it was made to show */
  note: string;
  status: number;
  headers: Record<string, string>;
  text: string;
  /** calls and store steps that it made */
  touched: number;
  bodyRead: boolean;
}
export interface Typed {
  argv: string[];
  out: string;
  err: string;
}
export interface RimPlayed {
  world: World;
  exchanges: Exchange[];
  /** the events of each run, as the engine gave them, by request id */
  told: Map<string, ConsensusEvent[]>;
  typed: Typed[];
  store: FakeStore;
  calls: NetCall[];
  hash: string;
}

const MOST_TIMERS = 60_000;
const KEY = "rim-key-Zq8RtW2LmX9v-0001";
const secretOf = (value: string) => ({ fingerprint: "0a0b0c0d", reveal: () => value, toString: () => "secret", toJSON: () => "secret" });

/** The app reads the URL as it came on the wire, dots and all. */
class RawRequest extends Request {
  readonly #raw: string;
  constructor(raw: string, init: RequestInit) {
    super("http://127.0.0.1/", init);
    this.#raw = raw;
  }
  override get url(): string {
    return this.#raw;
  }
}
function requestOf({ method, path, host, origin, site, auth, body, headers }: Ask): Request {
  const all = new Headers({ ...(body === null ? {} : { "content-type": "application/json" }), ...headers });
  const more = { host, origin, "sec-fetch-site": site, authorization: auth };
  for (const [name, value] of Object.entries(more)) if (value !== null) all.set(name, value);
  return new RawRequest(`http://127.0.0.1${path}`, { method, headers: all, body });
}

/** Counts what reaches the store. */
function counted(store: FakeStore): { store: FakeStore; steps(): number } {
  let steps = 0;
  const names = ["save", "get", "list", "remove", "history", "pastRun", "teach", "remember", "recall", "health"] as const;
  const ports = Object.fromEntries(
    names.map((name) => [
      name,
      (...args: never[]) => {
        steps += 1;
        return (store[name] as (...given: never[]) => unknown)(...args);
      },
    ]),
  );
  return { store: { ...store, ...ports }, steps: () => steps };
}

/** Every mouth may hold anything. */
function poison(said: Said, isJudge: boolean, rng: Chance): Said {
  if (said.text === "" || rng.odds(isJudge ? 0.1 : 0.25)) return said;
  if (!isJudge) return { ...said, text: rng.odds(0.5) ? `${said.text}\n${hostileText(rng)}` : hostileText(rng), group: -1 };
  const label = /"winner": ?"([A-Z])"/.exec(said.text)?.[1] ?? "A";
  return { ...said, text: JSON.stringify({ reason: rng.odds(0.7) ? lineStart(rng) : hostileText(rng), winner: label }) };
}

/** The same question at one of the doors. */
function runAsk(rng: Chance, { body }: RunPlan): { ask: Ask; note: string } {
  const { messages, ...own } = body;
  const streamed = rng.odds(0.5);
  const post = (path: string, value: unknown, accept: string): Ask =>
    rightAsk(KEY, { method: "POST", path, body: JSON.stringify(value), headers: { accept } });
  const plain = (): Ask => post("/consensus", body, streamed ? "text/event-stream" : "application/json");
  return rng.one([
    () => ({ ask: plain(), note: streamed ? "events" : "report" }),
    () => ({ ask: plain(), note: streamed ? "events" : "report" }),
    () => ({ ask: post("/v1/chat/completions", { model: "consensus", messages, stream: streamed, consensus: own }, "*/*"), note: "chat" }),
    () => ({
      ask: post("/v1/responses", { model: "consensus", input: textOf(messages), stream: streamed, consensus: own }, "*/*"),
      note: "responses",
    }),
    () => ({ ask: post("/mcp", toolCall(rng, body), "application/json, text/event-stream"), note: "tool" }),
  ])();
}
const textOf = (messages: unknown): string => String((messages as { content: unknown }[]).at(-1)?.content ?? "");

interface Scene {
  world: World;
  rng: Chance;
  clock: VirtualClock;
  send(kind: Exchange["kind"], ask: Ask, note?: string): Promise<Exchange>;
  fetch(request: Request): Promise<Response>;
  typed: Typed[];
}

/** Lets time pass until this is over. */
async function through<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  const state = { over: false };
  const done = work.finally(() => (state.over = true));
  done.catch(() => undefined);
  for (let turn = 0; turn < 200 && !state.over; turn += 1) await clock.runAll(MOST_TIMERS);
  if (!state.over) throw new Error("a request of the rim never ends");
  return done;
}

async function type({ clock, fetch, typed }: Scene, argv: string[], seed: number, answer?: () => Response): Promise<void> {
  const one: Typed = { argv, out: "", err: "" };
  const ports = {
    terminal: {
      out: (text: string) => void (one.out += text),
      err: (text: string) => void (one.err += text),
      outIsTty: false,
      errIsTty: false,
      columns: () => 100,
      style: (_ink: string, text: string) => text,
    },
    piped: null,
    env: (name: string) => (name === "GEKRO_API_KEY" ? KEY : undefined),
    clock,
    random: createSeededRandom(seed),
    signal: new AbortController().signal,
    fetch: (url: string, init: RequestInit) => {
      if (answer) return Promise.resolve(answer());
      const headers = new Headers(init.headers);
      headers.set("host", HOST);
      return fetch(new Request(url, { method: init.method, headers, body: init.body }));
    },
    version: "0",
  } as unknown as CliPorts;
  await through(clock, main(argv, ports));
  typed.push(one);
}

/** JSON of a service that lies: every text in it but the words that steer the reader. */
const STEERING = new Set(["status", "type", "schema", "unified"]);
const lies = (json: string, rng: Chance): string =>
  JSON.stringify(
    JSON.parse(json, (key, value: unknown) =>
      typeof value === "string" && !STEERING.has(key) && rng.odds(0.7) ? value + hostileText(rng) : value,
    ),
  );

const SERVER = `http://${HOST}`;
async function atTheTerminal(scene: Scene, ids: string[], jsons: string[]): Promise<void> {
  const { rng, world } = scene;
  const id = ids[0] ?? `run_${"0".repeat(32)}`;
  const json = rng.odds(0.3) ? ["--json"] : [];
  const report = jsons[0];
  const plan = world.runs[0];
  await type(scene, ["report", id, "--server", SERVER, ...json], world.seed);
  await type(scene, ["ask", textOf(plan?.body["messages"]).slice(0, 200), "--server", SERVER, ...json], world.seed);
  if (report === undefined) return;
  const lie = lies(report, rng);
  await type(scene, ["report", id, "--server", SERVER, ...json], world.seed, () => new Response(lie, { status: rng.one([200, 200, 500]) }));
  const row = {
    created_at: "2026-11-22T02:00:00Z",
    status: "complete",
    mode: "consensus",
    how: "agreed",
    excerpt: "x",
    id,
    agreement: 1,
    cost_usd: 0,
    total_ms: 1,
  };
  const rows = lies(JSON.stringify({ data: [row, row] }), rng);
  await type(scene, ["report", "--server", SERVER, ...json], world.seed, () => new Response(rows));
  const frames = (): string => {
    const problem = lies(
      JSON.stringify({ type: "/problems/no-candidates", detail: "x", title: "x", errors: [{ pointer: "/a", message: "b" }] }),
      rng,
    );
    return rng.odds(0.5) ? `event: run-end\ndata: ${lie}\n\n` : `event: error\ndata: ${problem}\n\n`;
  };
  await type(scene, ["ask", "hi", "--server", SERVER, ...json], world.seed, () => new Response(frames()));
}

async function visit(scene: Scene): Promise<void> {
  const { rng, world, clock, send } = scene;
  for (let times = 6; times > 0; times -= 1) {
    const { ask, refusal } = guardCase(rng, KEY);
    await send("guard", ask, refusal ?? "");
    const spelled = spelledCase(rng, KEY);
    await send("spelled", spelled.ask, spelled.keyed ? spelled.route : "");
    const wrong = wrongCase(rng, KEY);
    await send("wrong", wrong.ask, wrong.slug ?? "");
  }
  const begun: Promise<Exchange>[] = [];
  for (const plan of world.runs) {
    const { ask, note } = runAsk(rng, plan);
    clock.timer(plan.at, () => void begun.push(send("run", ask, note)));
  }
  await clock.runAll(MOST_TIMERS);
  const ends = await through(clock, Promise.all(begun));
  const ids = ends.flatMap(({ headers, text }) => headers["consensus-report"] ?? /run_[0-9a-f]{32}/.exec(text)?.[0] ?? []);
  const jsons: string[] = [];
  for (const id of ids.slice(0, 2)) {
    const path = `/reports/${id}`;
    const whole = await send("read", rightAsk(KEY, { path }), "report");
    if (whole.status === 200) jsons.push(whole.text);
    for (const accept of ["text/html", "text/markdown"]) await send("read", rightAsk(KEY, { path, headers: { accept } }), accept);
    await send("read", rightAsk(KEY, { path: `${path}/events` }), "events");
  }
  if (rng.odds(0.4)) await atTheTerminal(scene, ids, jsons);
}

/** The events that the engine gives, noted on their way to whoever writes them out. */
function tapped(composed: Composed, told: RimPlayed["told"]): Composed {
  const { consensus } = composed;
  return {
    ...composed,
    consensus: {
      ...consensus,
      async *run(request, context) {
        const events: ConsensusEvent[] = [];
        told.set(context.requestId, events);
        for await (const event of consensus.run(request, context)) {
          events.push(event);
          yield event;
        }
      },
    },
  };
}

export const playRim = (world: World): Promise<RimPlayed> => onOneThread(() => playAlone(world));

async function playAlone(base: World): Promise<RimPlayed> {
  const clock = createVirtualClock();
  const runs = base.runs.slice(0, 2).map((plan) => ({ ...plan, leave: null }));
  const settings = { ...base.settings, apiKeys: [secretOf(KEY)], allowedHosts: ["127.0.0.1", "localhost"] };
  const world: World = {
    ...base,
    runs,
    settings,
    store: base.store ?? { save: { share: 0, how: "slow" }, read: { share: 0, how: "slow" } },
  };
  const script = createScript(world, { poison }, { now: () => clock.now(), wall: () => clock.wall() });
  const net = createNet({ clock, script, describe, onEvent: () => undefined });
  const watched = counted(createFakeStore(world, clock, () => undefined));
  const meter = { count: () => undefined, observe: () => undefined };
  const ports = {
    clock,
    random: createSeededRandom(world.seed),
    log: () => undefined,
    meter,
    transport: net.transport,
    reports: watched.store,
  };
  const told: RimPlayed["told"] = new Map();
  const composed = compose(settings, ports);
  const rim = { idempotency: null, jobs: null, plugs: null, draining: () => false, stopping: new AbortController().signal };
  const app = mount(tapped(composed, told), rim);
  await clock.flush();
  await clock.flush();
  const exchanges: Exchange[] = [];
  const send: Scene["send"] = async (kind, ask, note = "") => {
    const request = requestOf(ask);
    const before = net.calls.length + watched.steps();
    const work = async (): Promise<Exchange> => {
      const response = await app.fetch(request);
      const text = await response.text();
      const touched = net.calls.length + watched.steps() - before;
      const exchange = {
        kind,
        ask,
        note,
        status: response.status,
        headers: Object.fromEntries(response.headers),
        text,
        touched,
        bodyRead: request.bodyUsed,
      };
      exchanges.push(exchange);
      return exchange;
    };
    return kind === "run" ? work() : through(clock, work());
  };
  const typed: Typed[] = [];
  const scene: Scene = { world, rng: chance(world.seed, "rim"), clock, send, fetch: async (request) => app.fetch(request), typed };
  await visit(scene);
  const seen = JSON.stringify([
    exchanges,
    typed,
    net.calls.map(({ id, member, startedAt, endedAt, ended }) => [id, member, startedAt, endedAt, ended]),
  ]);
  return { world, exchanges, told, typed, store: watched.store, calls: net.calls, hash: hash("sha256", seen, "hex") };
}
