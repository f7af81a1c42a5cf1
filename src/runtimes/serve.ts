/** Runs one service on Node: settings in, a listening server out, and a stop that lets runs in flight end. */
import type { Server } from "node:http";
import { createMeter } from "../core/meter.ts";
import type { Meter } from "../core/ports.ts";
import type { AppDeps, Plugs } from "../http/deps.ts";
import { createJobs } from "../jobs/jobs.ts";
import { createIdempotencyStore } from "../store/idempotency.ts";
import { createJobStore } from "../store/jobs.ts";
import type { Composed } from "./compose.ts";
import { createDoor } from "./door.ts";
import { endInGrace } from "./ending.ts";
import { openEngine } from "./engine.ts";
import { holdHeap } from "./heap.ts";
import { watchLoop } from "./loop-probe.ts";
import { appDeps, namesOf } from "./rim.ts";
import type { Settings } from "./settings.ts";
import { openSqlite } from "./sqlite.ts";
import { createApp } from "../http/app.ts";

export interface Service {
  url: string;
  composed: Composed;
  /** resolves when every request in flight was answered */
  stop(): Promise<void>;
}
export interface ServeOptions {
  plugs?: Plugs | null;
  meter?: Meter;
  /** false: no report is kept and nothing is remembered */
  keeps?: boolean;
  /** what other rims add to the deps (routes) */
  extend?: (deps: AppDeps, composed: Composed) => AppDeps;
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

export async function serve(
  settings: Settings,
  { plugs = null, meter = createMeter(namesOf(settings)), keeps, extend }: ServeOptions = {},
): Promise<Service> {
  holdHeap();
  const engine = await openEngine(settings, { meter, keeps });
  const { composed, sql } = engine;
  const stopping = new AbortController();
  let draining = false;
  // a kept reply holds the answer's text, which CONSENSUS_STORE_CONTENT=false forbids to write to disk
  const replies = settings.storeContent ? sql : await openSqlite(":memory:");
  const idempotency = createIdempotencyStore(replies);
  const { consensus, engine: ports } = composed;
  const jobs = createJobs({ ...ports, store: createJobStore(sql), consensus });
  jobs.watch();
  const deps = appDeps(composed, { idempotency, jobs, plugs, draining: () => draining, stopping: stopping.signal });
  const app = createApp(extend ? extend(deps, composed) : deps);
  const door = createDoor(app.fetch, { draining: () => draining, meter });
  const unwatch = watchLoop(meter);
  const port = await listen(door.server, settings.host, settings.port);
  const host = settings.host.includes(":") ? `[${settings.host}]` : settings.host;
  return {
    url: `http://${host}:${port}`,
    composed,
    stop: () =>
      endInGrace({
        clock: ports.clock,
        drain: () => (draining = true),
        strike: () => stopping.abort(),
        stopJobs: jobs.stop,
        drained: door.drained,
        async close() {
          await door.close();
          unwatch();
          await engine.close();
        },
      }),
  };
}
