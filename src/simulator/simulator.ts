/** Fake providers on loopback that speak the real wire formats; what they answer is seeded, what they spoil is chosen by name. */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Problem } from "../core/problem.ts";
import { answerTo } from "./answers/answer.ts";
import { answerTokens, promptTokens, type Asked, type ProviderName } from "./asked.ts";
import type { Dialect, Facts } from "./dialects/dialect.ts";
import { DIALECTS } from "./dialects/index.ts";
import { findModel, thinks } from "./dialects/models.ts";
import { wantsThinking } from "./dialects/ollama.ts";
import { FAULTS, findFault } from "./faults.ts";
import type { Fault } from "./faults/fault.ts";
import { hash, seeded } from "./seeded.ts";
import { sendAnswer, type Turn } from "./turn.ts";
import { startUpstream, type Seen, type Upstream } from "./upstream.ts";

export interface SimulatorOptions {
  /** default: together, groq and ollama */
  providers?: readonly ProviderName[];
  /** equal seeds and prompts give equal answers; default 1 */
  seed?: number;
  /** mean time to the first byte, ms, of all or of each; default 20 */
  latencyMs?: number | Partial<Record<ProviderName, number>>;
  /** the waits inside faults (slow drip, cold load) are multiplied by this; default 1 */
  pace?: number;
  /** answer only models that the service lists, others get its 404; default false: any id is served */
  listedModelsOnly?: boolean;
  /** target of the redirect faults; default a route of the same server that answers 404 */
  redirectTo?: string;
}

/** What a rim may do with a running simulator: pull a plug and put it back. */
export interface SimulatorControl {
  readonly providers: readonly string[];
  readonly faults: readonly Pick<Fault, "name" | "doc" | "expects">[];
  /** null heals. Rejects with a Problem: `not-found` for an unknown provider, `validation-failed` for an unknown fault. */
  fault(provider: string, fault: string | null): Promise<void>;
  /** name of the fault in force, null when healthy */
  current(provider: string): string | null;
}
export interface Simulator extends SimulatorControl {
  /** base URLs as each provider's configuration wants them */
  readonly urls: Readonly<Partial<Record<ProviderName, string>>>;
  /** environment variables that point a service at these providers */
  environment(): Record<string, string>;
  /** the last 1,000 requests, oldest first; `abortedAt` tells who hung up */
  seen(provider: ProviderName): readonly Seen[];
  close(): Promise<void>;
}

interface Station {
  dialect: Dialect;
  upstream: Upstream;
  /** survives a closed port */
  seen: Seen[];
  fault: Fault | null;
  count: number;
}
const KEPT = 1000;

export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const names = options.providers ?? ["together", "groq", "ollama"];
  const stations = new Map<string, Station>();
  for (const name of names) stations.set(name, await openStation(DIALECTS[name], options));
  const stationOf = (provider: string): Station => {
    const station = stations.get(provider);
    if (!station)
      throw new Problem("not-found", `there is no simulated provider of this name; there are ${[...stations.keys()].join(", ")}`);
    return station;
  };
  return {
    providers: names,
    faults: FAULTS,
    fault: async (provider, name) => setFault(stationOf(provider), name === null ? null : findFault(name, provider), options),
    current: (provider) => stationOf(provider).fault?.name ?? null,
    urls: Object.fromEntries([...stations].map(([name, { upstream, dialect }]) => [name, upstream.url + dialect.basePath])),
    environment: () => Object.assign({}, ...[...stations.values()].map(environmentOf)) as Record<string, string>,
    seen: (provider) => stationOf(provider).seen,
    close: async () => {
      await Promise.all([...stations.values()].map(({ upstream }) => upstream.close()));
    },
  };
}

function environmentOf({ dialect, upstream }: Station): Record<string, string> {
  if (dialect.name === "ollama") return { OLLAMA_HOST: upstream.url };
  const prefix = dialect.name.toUpperCase();
  return { [`${prefix}_API_KEY`]: `simulated-${dialect.name}-key`, [`${prefix}_BASE_URL`]: upstream.url + dialect.basePath };
}

async function openStation(dialect: Dialect, options: SimulatorOptions): Promise<Station> {
  const station: Omit<Station, "upstream"> & { upstream?: Upstream } = { dialect, seen: [], fault: null, count: 0 };
  station.upstream = await listen(station as Station, options, 0);
  return station as Station;
}
function listen(station: Station, options: SimulatorOptions, port: number): Promise<Upstream> {
  return startUpstream(async (seen, response, socket) => {
    station.seen.push(seen);
    if (station.seen.length > KEPT) station.seen.shift();
    station.upstream.seen.length = 0;
    await serve(station, options, seen, response, socket);
  }, port);
}

async function setFault(station: Station, fault: Fault | null, options: SimulatorOptions): Promise<void> {
  const wasClosed = station.fault?.closed === true;
  station.fault = fault;
  station.count = 0;
  if (fault?.closed && !wasClosed) await station.upstream.close();
  // the same port again: callers keep their configuration
  if (!fault?.closed && wasClosed) station.upstream = await listen(station, options, station.upstream.port);
}

async function serve(station: Station, options: SimulatorOptions, seen: Seen, response: ServerResponse, socket: Socket): Promise<void> {
  const { dialect, fault } = station;
  response.setHeader("x-simulated", "true");
  const path = seen.path.split("?")[0] ?? "";
  const isChat = seen.method === "POST" && path === dialect.chatPath;
  const asked = isChat ? dialect.read(seen.json) : null;
  if (isChat) station.count += 1;
  const turn = turnOf(station, options, seen, response, socket, asked ?? NOTHING);
  if (fault && (asked || fault.everywhere)) return fault.play(turn);
  const refusal = refuse(dialect, options, seen, asked, isChat);
  if (refusal) return send(response, refusal.status, dialect.error({ ...refusal, code: refusal.code }, turn.facts.key));
  if (asked) {
    for (const [name, value] of Object.entries(dialect.headers(turn.facts))) response.setHeader(name, value);
    return sendAnswer(turn);
  }
  const info = dialect.info(seen.method, path, seen.json);
  send(
    response,
    info?.status ?? 404,
    info?.body ?? dialect.error({ message: "not found", type: "invalid_request_error", code: null }, "404"),
  );
}
const NOTHING: Asked = {
  model: "",
  stream: false,
  messages: [],
  question: "",
  tools: [],
  toolChoice: "none",
  shape: "text",
  maxTokens: null,
  stop: [],
  sampling: "",
  raw: {},
};

function send(response: ServerResponse, status: number, body: unknown): void {
  const isText = typeof body === "string";
  response.writeHead(status, { "content-type": isText ? "text/plain; charset=utf-8" : "application/json" });
  response.end(isText ? body : JSON.stringify(body));
}

interface Refusal {
  status: number;
  message: string;
  type: string;
  code: string | null;
}
/** What the real service refuses before any model is asked: no key, no readable body, an unknown model. */
function refuse(dialect: Dialect, options: SimulatorOptions, seen: Seen, asked: Asked | null, isChat: boolean): Refusal | null {
  const key = seen.headers["x-api-key"] ?? seen.headers["authorization"];
  if (dialect.needsKey && (key === undefined || key === "Bearer" || key === "Bearer "))
    return { status: 401, message: "Invalid API key provided", type: "authentication_error", code: "invalid_api_key" };
  if (!isChat) return null;
  if (!asked) return { status: 400, message: "model and messages are required", type: "invalid_request_error", code: null };
  if (!options.listedModelsOnly || findModel(dialect.name, asked.model)) return null;
  const message =
    dialect.name === "ollama"
      ? `model '${asked.model}' not found`
      : `The model \`${asked.model}\` does not exist or you do not have access to it.`;
  return { status: 404, message, type: "invalid_request_error", code: "model_not_found" };
}

function turnOf(station: Station, options: SimulatorOptions, seen: Seen, response: ServerResponse, socket: Socket, asked: Asked): Turn {
  const { dialect, count } = station;
  const seed = options.seed ?? 1;
  const mean = typeof options.latencyMs === "number" ? options.latencyMs : (options.latencyMs?.[dialect.name] ?? 20);
  const key = `${hash(seed, dialect.name, seen.body)}.${hash(seen.body, seed)}`;
  const latencyMs = mean * (0.5 + seeded(key)());
  const reasons = thinks(dialect.name, asked.model) && (dialect.name !== "ollama" || wantsThinking(asked));
  const answer = answerTo(asked, dialect.name, { seed, thinks: reasons });
  const facts: Facts = {
    key,
    created: Math.floor((performance.timeOrigin + performance.now()) / 1000),
    model: asked.model,
    promptTokens: promptTokens(asked),
    outputTokens: answerTokens(answer),
    tookMs: latencyMs * (asked.stream ? 2 : 1),
  };
  const redirectTo = options.redirectTo ?? `${station.upstream.url}/redirected`;
  return { dialect, seen, response, socket, asked, answer, facts, count, latencyMs, pace: options.pace ?? 1, redirectTo };
}
