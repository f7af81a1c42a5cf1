/** What the HTTP rim is lent. Holds types only. */
import type { Consensus, RunRequest } from "../consensus/consensus.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { Clock, Log, Meter, Random } from "../core/ports.ts";
import type { Secret } from "../core/secret.ts";
import type { Report } from "../core/report.ts";
import type { MemberStatus } from "../panel/panel.ts";
import type { Life } from "./life.ts";
import type { IdempotencyStore, Owner, ReportStore } from "../store/store.ts";

/** `npm run demo` only: pulls plugs. */
export interface Plugs {
  readonly providers: readonly string[];
  fault(provider: string, fault: string | null): Promise<void>;
  current(provider: string): string | null;
}

export interface AppDeps {
  consensus: Consensus;
  /** throws Problem `validation-failed` */
  parse(body: unknown): RunRequest;
  /** decides again from a stored report; throws Problem */
  readjudicate(owner: Owner, id: string, body: unknown, requestId: string, signal: AbortSignal): Promise<Report>;
  /** stores feedback on a run; throws Problem */
  teach(owner: Owner, id: string, body: unknown): Promise<void>;
  /** members of the operator's lists, with their state */
  members(): MemberStatus[];
  /** null = no provider of this name is known; `configured` = it has what it needs */
  provider(name: string): { configured: boolean } | null;
  /** at least one member could answer now; never rejects */
  canAnswer(): boolean | Promise<boolean>;
  reports: ReportStore | null;
  idempotency: IdempotencyStore | null;
  /** absent = no job is taken */
  jobs?: Jobs | null;
  plugs: Plugs | null;
  apiKeys: readonly Secret[];
  allowedHosts: readonly string[];
  rateLimitRpm: number | null;
  version: string;
  simulated: boolean;
  clock: Clock;
  random: Random;
  meter: Meter;
  log: Log;
  /** the service stops: new requests are refused */
  draining(): boolean;
  /** aborted with reason "deadline" when runs in flight must end with what there is */
  stopping: AbortSignal;
  /** further routes of other rims (metrics, OpenAI-compatible, MCP) */
  extraRoutes?: readonly Route[];
}

/** What a handler may use of one request, once every guard has let it pass. */
export interface Call {
  request: Request;
  url: URL;
  params: Record<string, string>;
  requestId: string;
  owner: Owner;
  /** monotonic ms at which the request arrived */
  acceptedAt: number;
  /** counts a run in and gives it its signal; `end()` counts it out. Throws Problem `overloaded` when there are too many */
  begin(): Life;
  /** work that must end though the reply has left, or its caller has: on Workers the isolate waits for it */
  background(work: Promise<unknown>): void;
}
export type Handler = (call: Call, deps: AppDeps) => Promise<Response> | Response;
/** `path` with `:name` segments; `open` routes need no key. */
export interface Route {
  path: string;
  open?: boolean;
  /** percent escapes are taken in its path: clients escape the slash of an id */
  escaped?: boolean;
  /** media types it can make, when the handler does not pick one itself: anything else asked for is 406 */
  makes?: readonly [string, ...string[]];
  methods: Partial<Record<"GET" | "POST" | "DELETE" | "HEAD", Handler>>;
}
