/** Runs one service on Node: settings in, a listening server out, and a stop that lets runs in flight end. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Meter } from "../core/ports.ts";
import type { AppDeps, Plugs } from "../http/deps.ts";
import { createIdempotencyStore } from "../store/idempotency.ts";
import { createReportStore } from "../store/reports.ts";
import { compose, type Composed } from "./compose.ts";
import { createLog } from "./log.ts";
import { createNodeTransport } from "./node-transport.ts";
import { silentMeter, systemClock, systemRandom } from "./ports.ts";
import { appDeps } from "./rim.ts";
import type { Settings } from "./settings.ts";
import { openSqlite } from "./sqlite.ts";
import { createApp } from "../http/app.ts";

const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
const KEEP_ALIVE_MS = 5_000;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_CONNECTIONS = 10_000;
/** After SIGTERM runs in flight get this long, then end as if their deadline had struck. */
export const DRAIN_MS = 20_000;
const DRAIN_TAIL_MS = 3_000;

export interface Service {
  url: string;
  composed: Composed;
  /** resolves when every request in flight was answered */
  stop(): Promise<void>;
}
export interface ServeOptions {
  plugs?: Plugs | null;
  meter?: Meter;
  /** what other rims add to the deps (routes) */
  extend?: (deps: AppDeps, composed: Composed) => AppDeps;
}

/** The listener would answer a Host it cannot parse by itself; the guard is to refuse it like any other foreign one. */
const HOST_SHAPE = /^[A-Za-z0-9._:[\]-]+$/;
function tameHost(request: IncomingMessage): void {
  if (HOST_SHAPE.test(request.headers.host ?? "")) return;
  request.headers.host = "unreadable.invalid";
  const at = request.rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === "host");
  if (at === -1) request.rawHeaders.push("Host", request.headers.host);
  else request.rawHeaders[at + 1] = request.headers.host;
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

function makeServer(fetch: (request: Request) => Response | Promise<Response>): Server {
  const listener = getRequestListener(fetch, { overrideGlobalObjects: false });
  const limits = {
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  };
  const server = createServer(limits, (request: IncomingMessage, response: ServerResponse) => {
    tameHost(request);
    void listener(request, response);
  });
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

export async function serve(settings: Settings, { plugs = null, meter = silentMeter, extend }: ServeOptions = {}): Promise<Service> {
  const log = createLog(settings.logLevel);
  const sql = await openSqlite(settings.db);
  const reports = createReportStore(sql);
  const transport = createNodeTransport({ localAddresses: settings.localAddresses });
  const composed = compose(settings, { clock: systemClock, random: systemRandom, log, meter, transport, reports });
  const stopping = new AbortController();
  let draining = false;
  const idempotency = createIdempotencyStore(sql);
  const deps = appDeps(composed, { idempotency, plugs, draining: () => draining, stopping: stopping.signal });
  const app = createApp(extend ? extend(deps, composed) : deps);
  const server = makeServer(app.fetch);
  const port = await listen(server, settings.host, settings.port);
  const host = settings.host.includes(":") ? `[${settings.host}]` : settings.host;
  return {
    url: `http://${host}:${port}`,
    composed,
    async stop() {
      draining = true;
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const strike = setTimeout(() => stopping.abort(), DRAIN_MS);
      const force = setTimeout(() => server.closeAllConnections(), DRAIN_MS + DRAIN_TAIL_MS);
      await ended;
      clearTimeout(strike);
      clearTimeout(force);
      await composed.close();
      await sql.close();
    },
  };
}
