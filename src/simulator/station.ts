/** One simulated provider on its port: decides whether a request meets the fault in force, a refusal of the real service, or its answer. */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { adjudicationIn } from "./answers/adjudicate.ts";
import { answerTo } from "./answers/answer.ts";
import { NOTHING, answerTokens, promptTokens, type Asked, type ProviderName } from "./asked.ts";
import type { Dialect, ErrorWords, Facts } from "./dialects/dialect.ts";
import { findModel, thinks } from "./dialects/models.ts";
import { wantsThinking, windowOf } from "./dialects/ollama.ts";
import type { Fault } from "./faults/fault.ts";
import { overflowOf } from "./overflow.ts";
import { hash, seeded } from "./seeded.ts";
import { goneSignal, sendAnswer, type Turn } from "./turn.ts";
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

/** Whose requests a fault spoils, told apart by the prompt. */
export type Seats = "all" | "members" | "adjudicator";

export interface Station {
  dialect: Dialect;
  upstream: Upstream;
  /** survives a closed port */
  seen: Seen[];
  fault: Fault | null;
  seats: Seats;
  count: number;
  since: number;
}
/** Requests remembered, and how many of them with their bodies (which may be a MiB each). */
const KEPT = 1000;
const KEPT_BODIES = 100;

function remember(seen: Seen[], request: Seen): void {
  seen.push(request);
  const old = seen.at(-1 - KEPT_BODIES);
  if (old) Object.assign(old, { body: "", json: undefined });
  if (seen.length > KEPT) seen.shift();
}

export async function openStation(dialect: Dialect, options: SimulatorOptions): Promise<Station> {
  const station: Omit<Station, "upstream"> & { upstream?: Upstream } = { dialect, seen: [], fault: null, seats: "all", count: 0, since: 0 };
  station.upstream = await listen(station as Station, options, 0);
  return station as Station;
}
function listen(station: Station, options: SimulatorOptions, port: number): Promise<Upstream> {
  return startUpstream(async (seen, response, socket) => {
    remember(station.seen, seen);
    station.upstream.seen.length = 0;
    await serve(station, options, seen, response, socket);
  }, port);
}

export async function setFault(station: Station, fault: Fault | null, seats: Seats, options: SimulatorOptions): Promise<void> {
  const wasClosed = station.fault?.closed === true;
  Object.assign(station, { fault, seats, count: 0, since: 0 });
  if (fault?.closed && !wasClosed) await station.upstream.close();
  // the same port again: callers keep their configuration
  if (!fault?.closed && wasClosed) station.upstream = await listen(station, options, station.upstream.port);
}

/** Whether the fault in force spoils this request. */
function isHit({ fault, seats }: Station, asked: Asked | null): boolean {
  if (fault === null) return false;
  if (asked === null) return fault.everywhere === true;
  return seats === "all" || (seats === "adjudicator") === (adjudicationIn(asked) !== null);
}

async function serve(station: Station, options: SimulatorOptions, seen: Seen, response: ServerResponse, socket: Socket): Promise<void> {
  const { dialect } = station;
  response.setHeader("x-simulated", "true");
  const path = seen.path.split("?")[0] ?? "";
  const isChat = seen.method === "POST" && path === dialect.chatPath;
  const asked = isChat ? dialect.read(seen.json) : null;
  const hit = isHit(station, asked);
  if (hit && isChat) {
    station.count += 1;
    station.since ||= performance.now();
  }
  const turn = turnOf(station, options, seen, response, socket, asked ?? NOTHING);
  turn.ordinary = async () => {
    const refusal = refuse(dialect, options, seen, asked, isChat);
    if (refusal) return send(response, refusal.status, dialect.error(refusal.words, turn.facts.key));
    if (!asked) return sendInfo(dialect, seen, path, response);
    for (const [name, value] of Object.entries(dialect.headers(turn.facts))) response.setHeader(name, value);
    return sendAnswer(turn);
  };
  return hit ? station.fault?.play(turn) : turn.ordinary();
}
function sendInfo(dialect: Dialect, seen: Seen, path: string, response: ServerResponse): void {
  const info = dialect.info(seen.method, path, seen.json);
  const unknown = dialect.error({ message: "not found", type: "invalid_request_error", code: null }, "404");
  send(response, info?.status ?? 404, info?.body ?? unknown);
}
function send(response: ServerResponse, status: number, body: unknown): void {
  const isText = typeof body === "string";
  response.writeHead(status, { "content-type": isText ? "text/plain; charset=utf-8" : "application/json" });
  response.end(isText ? body : JSON.stringify(body));
}

interface Refusal {
  status: number;
  words: ErrorWords;
}
/** What the real service refuses before any model is asked: no key, no readable body, an unknown model, a prompt over the window. */
function refuse(dialect: Dialect, options: SimulatorOptions, seen: Seen, asked: Asked | null, isChat: boolean): Refusal | null {
  const key = seen.headers["x-api-key"] ?? seen.headers["authorization"];
  if (
    dialect.needsKey &&
    String(key ?? "")
      .replace("Bearer", "")
      .trim() === ""
  )
    return { status: 401, words: { message: "Invalid API key provided", type: "authentication_error", code: "invalid_api_key" } };
  if (!isChat) return null;
  const type = "invalid_request_error";
  if (!asked) return { status: 400, words: { message: "model and messages are required", type, code: null } };
  const listed = findModel(dialect.name, asked.model);
  if (options.listedModelsOnly && !listed) {
    const message = dialect.name === "ollama" ? `model '${asked.model}' not found` : `The model \`${asked.model}\` does not exist.`;
    return { status: 404, words: { message, type, code: "model_not_found" } };
  }
  const window = dialect.name === "ollama" ? windowOf(asked) : (listed?.contextTokens ?? Infinity);
  const tokens = promptTokens(asked);
  // Ollama cuts in silence unless it was told not to
  return tokens <= window || (dialect.name === "ollama" && asked.raw["truncate"] !== false)
    ? null
    : overflowOf(dialect.name, tokens, window);
}

/** Ollama keeps about half of its window of a prompt that is longer. */
function tokensRead(dialect: Dialect, asked: Asked): number {
  const tokens = promptTokens(asked);
  const window = dialect.name === "ollama" ? windowOf(asked) : Infinity;
  return tokens <= window ? tokens : Math.floor(window / 2) + 2;
}

function turnOf(station: Station, options: SimulatorOptions, seen: Seen, response: ServerResponse, socket: Socket, asked: Asked): Turn {
  const { dialect, count, since } = station;
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
    promptTokens: tokensRead(dialect, asked),
    outputTokens: answerTokens(answer),
    tookMs: latencyMs * (asked.stream ? 2 : 1),
  };
  const redirectTo = options.redirectTo ?? `${station.upstream.url}/redirected`;
  const ordinary = (): Promise<void> => Promise.resolve();
  const gone = goneSignal(response);
  return {
    dialect,
    seen,
    response,
    socket,
    gone,
    asked,
    answer,
    facts,
    count,
    since,
    latencyMs,
    pace: options.pace ?? 1,
    redirectTo,
    ordinary,
  };
}
