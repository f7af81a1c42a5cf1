/** The service on Cloudflare Workers: bindings in, the same app out. Builds once per isolate; nothing here is local, so `local-only` has nobody to ask. */
import type { D1Database, ExecutionContext } from "@cloudflare/workers-types";
import packageJson from "../../package.json" with { type: "json" };
import { createMeter } from "../core/meter.ts";
import { ConfigError } from "../core/problem.ts";
import { createGlobalTransport } from "../egress/global-transport.ts";
import { createApp } from "../http/app.ts";
import { createJobs, type Jobs } from "../jobs/jobs.ts";
import { createIdempotencyStore } from "../store/idempotency.ts";
import { createJobStore } from "../store/jobs.ts";
import { createReportStore } from "../store/reports.ts";
import { compose } from "./compose.ts";
import { readSettings } from "./config.ts";
import { d1Port } from "./d1.ts";
import { consoleLog, systemClock, systemRandom } from "./ports.ts";
import { appDeps, namesOf } from "./rim.ts";
import type { Settings } from "./settings.ts";

/** `vars` and secrets have the names of the configuration table; `DB` is the store. */
export type Env = Record<string, unknown> & { DB?: D1Database };
interface Built {
  app: ReturnType<typeof createApp>;
  jobs: Jobs | null;
}

/** The edge is nobody's own machine: what listens on its loopback proves nothing. */
const withoutLocals = (settings: Settings): Settings => ({
  ...settings,
  // an isolate may end with its reply, and what it would still send with it
  otelEndpoint: null,
  providers: settings.providers.map((one) => ({ ...one, local: false })),
});

function settingsFrom(env: Env): Promise<Settings> {
  const texts = Object.entries(env).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return readSettings(Object.fromEntries(texts), { version: packageJson.version });
}

async function build(env: Env): Promise<Built> {
  const settings = withoutLocals(await settingsFrom(env));
  const log = consoleLog(settings.logLevel);
  const meter = createMeter(namesOf(settings));
  const sql = env.DB ? d1Port(env.DB, systemClock) : null;
  const reports = sql ? createReportStore(sql) : null;
  // called as a plain function: workerd refuses a fetch that is called as a method
  const transport = createGlobalTransport((input, init) => fetch(input, init));
  const composed = compose(settings, { clock: systemClock, random: systemRandom, log, meter, transport, reports });
  // a reply holds the answer's text, which CONSENSUS_STORE_CONTENT=false forbids to keep
  const idempotency = sql && settings.storeContent ? createIdempotencyStore(sql) : null;
  const { consensus, engine } = composed;
  const jobs = sql ? createJobs({ ...engine, store: createJobStore(sql), consensus }) : null;
  const ports = { idempotency, jobs, plugs: null, draining: () => false, stopping: new AbortController().signal };
  return { app: createApp(appDeps(composed, ports)), jobs };
}

let built: { env: Env; parts: Promise<Built> } | null = null;
function partsOf(env: Env): Promise<Built> {
  if (built?.env !== env) built = { env, parts: build(env) };
  return built.parts;
}

/** A configuration that cannot be taken refuses every request, with the variable's name in the log only. */
function refused(error: unknown): Response {
  const line = error instanceof ConfigError ? error.message : "the start failed";
  consoleLog("error")("error", "start-refused", { error: line });
  return new Response(null, { status: 500, headers: { "cache-control": "no-store" } });
}

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    try {
      const { app, jobs } = await partsOf(env);
      const response = await app.fetch(request, env, context as never);
      // an isolate lives as long as its requests: jobs are worked off behind the reply that accepted them, or that asked after them
      if (jobs && (response.status === 202 || new URL(request.url).pathname.startsWith("/jobs/"))) context.waitUntil(jobs.drain());
      return response;
    } catch (error) {
      built = null;
      return refused(error);
    }
  },
};
