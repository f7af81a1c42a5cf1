/** Puts the HTTP app on a composed engine: the same on Node and Workers. */
import { createFeedback } from "../consensus/feedback.ts";
import { createReadjudication } from "../consensus/readjudicate.ts";
import { providerOf } from "../core/member.ts";
import { createApp } from "../http/app.ts";
import type { AppDeps, Plugs } from "../http/deps.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { IdempotencyStore } from "../store/store.ts";
import type { Composed } from "./compose.ts";
import { withMcp } from "./mcp.ts";
import { createReadiness } from "./readiness.ts";
import type { Settings } from "./settings.ts";

export interface RimPorts {
  idempotency: IdempotencyStore | null;
  jobs: Jobs | null;
  plugs: Plugs | null;
  draining(): boolean;
  stopping: AbortSignal;
}

/** Every member that a request may meet without naming one, and every provider that can be asked. */
export const namesOf = ({ panel, fallback, adjudicators, providers }: Settings): { members: string[]; providers: string[] } => ({
  members: [...new Set([...panel, ...fallback, ...adjudicators])],
  providers: providers.filter((one) => one.configured).map((one) => one.name),
});

export function appDeps(composed: Composed, ports: RimPorts): AppDeps {
  const { settings, engine, panel, providers, egress } = composed;
  const { apiKeys, allowedHosts, rateLimitRpm, version, simulated } = settings;
  const { members } = namesOf(settings);
  const cls = settings.privacy === "local-only" ? "local-only" : "cloud-allowed";
  const usable = members.filter((member) => providers.has(providerOf(member)));
  return withMcp({
    apiKeys,
    allowedHosts,
    rateLimitRpm,
    version,
    simulated,
    ...ports,
    consensus: composed.consensus,
    parse: composed.parse,
    readjudicate: createReadjudication(engine),
    teach: createFeedback(engine),
    provider: engine.provider,
    members: () => panel.status(members),
    canAnswer: createReadiness({ panel, providers, egress, clock: engine.clock }, usable, cls),
    reports: engine.reports,
    clock: engine.clock,
    random: engine.random,
    meter: engine.meter,
    log: engine.log,
  });
}

export const mount = (composed: Composed, ports: RimPorts): ReturnType<typeof createApp> => createApp(appDeps(composed, ports));
