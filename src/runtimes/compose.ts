/** Builds the engine out of settings and ports: guard, providers, panel, store, run. The same on every runtime; opens no socket itself. */
import { splitMember } from "../core/member.ts";
import type { Clock, Log, Meter, Random } from "../core/ports.ts";
import type { Consensus } from "../consensus/consensus.ts";
import { createLearning, type Learning } from "../consensus/learning.ts";
import { findPersonalData } from "../consensus/pii.ts";
import { parseRunRequest, type RequestDefaults } from "../consensus/request.ts";
import { createConsensus, type Engine } from "../consensus/run.ts";
import type { RunRequest } from "../consensus/consensus.ts";
import { createAddressBook } from "../egress/addresses.ts";
import type { Egress, Endpoint, Transport } from "../egress/egress.ts";
import { createEgress } from "../egress/guard.ts";
import { fitContext } from "../panel/fit.ts";
import { createPanel } from "../panel/index.ts";
import type { Panel } from "../panel/panel.ts";
import { createProvider } from "../providers/index.ts";
import { factsOf } from "../providers/models.ts";
import type { ModelFacts, Provider } from "../providers/provider.ts";
import type { ReportStore } from "../store/store.ts";
import type { ProviderSettings, Settings } from "./settings.ts";
import { collectorAt, createTraces } from "./traces.ts";

export interface Ports {
  clock: Clock;
  random: Random;
  log: Log;
  meter: Meter;
  transport: Transport;
  reports: ReportStore | null;
}

export interface Composed {
  settings: Settings;
  engine: Engine;
  consensus: Consensus;
  panel: Panel;
  learning: Learning;
  egress: Egress;
  providers: ReadonlyMap<string, Provider>;
  facts(member: string): ModelFacts;
  parse(body: unknown): RunRequest;
  close(): Promise<void>;
}

function authOf({ dialect, key, basic }: ProviderSettings): Endpoint["auth"] {
  if (basic) return { header: "authorization", scheme: "Basic", key: basic };
  if (!key) return null;
  return dialect === "anthropic" ? { header: "x-api-key", scheme: null, key } : { header: "authorization", scheme: "Bearer", key };
}

export const endpointOf = (settings: ProviderSettings): Endpoint | null =>
  settings.baseUrl === null ? null : { provider: settings.name, baseUrl: settings.baseUrl, local: settings.local, auth: authOf(settings) };

function makeProviders(settings: Settings, clock: Clock): Map<string, Provider> {
  const providers = new Map<string, Provider>();
  for (const one of settings.providers) {
    const endpoint = endpointOf(one);
    if (!one.configured || endpoint === null) continue;
    providers.set(one.name, createProvider({ name: one.name, dialect: one.dialect, endpoint, clock }));
  }
  return providers;
}

/** What a request leaves out. A panel that names nobody is refused by the request's own rules. */
const defaultsOf = ({ panel, adjudicators, fallback, quorum, deadlineMs, graceMs, privacy }: Settings): RequestDefaults => ({
  panel,
  adjudicators,
  fallback,
  quorum,
  deadlineMs,
  graceMs,
  privacy,
});

function collectorOf({ otelEndpoint, localAddresses }: Settings): Endpoint | null {
  if (otelEndpoint === null) return null;
  return collectorAt(otelEndpoint, createAddressBook(localAddresses).isLocal(new URL(otelEndpoint).hostname));
}

export function compose(settings: Settings, ports: Ports): Composed {
  const { clock, random, log, meter, transport, reports } = ports;
  const providers = makeProviders(settings, clock);
  const collector = collectorOf(settings);
  const endpoints = [...[...providers.values()].map((provider) => provider.endpoint), ...(collector ? [collector] : [])];
  const egress = createEgress({ endpoints, localAddresses: settings.localAddresses, transport, meter, log });
  const known = new Map(settings.providers.map((one) => [one.name, one]));
  const remembered = new Map<string, ModelFacts>();
  const facts = (member: string): ModelFacts => {
    const cached = remembered.get(member);
    if (cached) return cached;
    const { provider, model } = splitMember(member);
    const made = factsOf(provider, model, settings.models[member], known.get(provider)?.local ?? false);
    if (remembered.size < 10_000) remembered.set(member, made);
    return made;
  };
  const memory = reports ?? undefined;
  const knobs = { substitutes: settings.hedge };
  const panel = createPanel({ providers, facts, egress, clock, random, meter, log, memory, fit: fitContext, knobs });
  const learning = createLearning({ reports, clock, log });
  const provider = (name: string): { local: boolean; configured: boolean } | null => {
    const one = known.get(name);
    return one ? { local: one.local, configured: one.configured } : null;
  };
  const { privacy, storeContent, simulated } = settings;
  const engine: Engine = {
    panel,
    provider,
    facts,
    reports,
    findPersonalData,
    clock,
    random,
    meter,
    log,
    learning,
    settings: { panel: settings.panel, privacy, storeContent, simulated },
  };
  const defaults = defaultsOf(settings);
  const serverOf = (name: string): string | null => known.get(name)?.baseUrl ?? null;
  const traces = collector ? createTraces({ endpoint: collector, egress, clock, random, log, version: settings.version, serverOf }) : null;
  const consensus = createConsensus(engine);
  return {
    settings,
    engine,
    consensus: traces?.watch(consensus) ?? consensus,
    panel,
    learning,
    egress,
    providers,
    facts,
    parse: (body) => parseRunRequest(body, defaults),
    close: async () => {
      panel.close?.();
      await traces?.close();
      await egress.close();
    },
  };
}
