/** OLLAMA_HOST=auto on Node: fills in the address that answers before the engine is built, and looks again when it stops answering. */
import { existsSync } from "node:fs";
import { lookup } from "node:dns/promises";
import type { Clock, Fetch, Log, PrivacyClass } from "../core/ports.ts";
import { within } from "../core/within.ts";
import { createAddressBook } from "../egress/addresses.ts";
import { NetworkError, type Endpoint, type Transport } from "../egress/egress.ts";
import { createEgress } from "../egress/guard.ts";
import type { Environment } from "./config.ts";
import { OLLAMA_DEFAULT } from "./ollama-host.ts";
import { type CandidateFacts, createOllamaProbe, ollamaCandidates, type OllamaProbe } from "./ollama-probe.ts";
import type { Settings } from "./settings.ts";
import { detectWsl, readWslFacts } from "./wsl.ts";

const LOOKUP_MS = 300;

export interface LocatePorts {
  transport: Transport;
  clock: Clock;
  log: Log;
}
export interface Located {
  settings: Settings;
  /** tells of connections that fail, so that the server is looked for again */
  transport: Transport;
  /** the engine's endpoint, whose address follows what is found; one that would change its privacy class is not taken */
  watch(endpoint: Endpoint): void;
}

/** Looks at this machine: WSL2's gateway, and in a container the name of its host, asked only where a remote call is allowed at all. */
export async function surveyMachine(env: Environment, privacy: PrivacyClass, clock: Clock): Promise<CandidateFacts> {
  const wsl = detectWsl(readWslFacts(env));
  if (privacy === "local-only" || !existsSync("/.dockerenv")) return { wsl, dockerHost: null };
  const found = await within(clock, lookup("host.docker.internal"), LOOKUP_MS).catch(() => "late" as const);
  return { wsl, dockerHost: found === "late" ? null : found.address };
}

function reportingTransport(transport: Transport, failed: (origin: string) => void): Transport {
  const fetch: Fetch = (input, init) =>
    transport.fetch(input, init).catch((error: unknown) => {
      if (error instanceof NetworkError && error.phase === "connect") failed(new URL(String(input)).origin);
      throw error;
    });
  return { ...transport, fetch };
}

const withAddress = (settings: Settings, { baseUrl, local }: Pick<Endpoint, "baseUrl" | "local">): Settings => ({
  ...settings,
  providers: settings.providers.map((one) => (one.dialect === "ollama" && one.baseUrl === null ? { ...one, baseUrl, local } : one)),
});

function follow(probe: OllamaProbe, log: Log): { failed(origin: string): void; watch(endpoint: Endpoint): void } {
  let watched: Endpoint | null = null;
  let looking = false;
  const look = async (endpoint: Endpoint): Promise<void> => {
    probe.forget();
    const found = await probe.find();
    if (found === null || found.baseUrl === endpoint.baseUrl || found.local !== endpoint.local) return;
    endpoint.baseUrl = found.baseUrl;
    log("info", "ollama_moved", { host: new URL(found.baseUrl).host });
  };
  return {
    watch: (endpoint) => {
      watched = endpoint;
    },
    failed: (origin) => {
      if (looking || watched === null || new URL(watched.baseUrl).origin !== origin) return;
      looking = true;
      void look(watched).finally(() => {
        looking = false;
      });
    },
  };
}

/** Changes nothing where the address is configured; falls back to 127.0.0.1 where nothing answers yet. */
export async function locateOllama(
  settings: Settings,
  ports: LocatePorts,
  machine: (privacy: PrivacyClass) => Promise<CandidateFacts>,
): Promise<Located> {
  const ollama = settings.providers.find((one) => one.dialect === "ollama" && one.baseUrl === null);
  if (ollama === undefined) return { settings, transport: ports.transport, watch: () => undefined };
  const { transport, clock, log } = ports;
  const privacy = settings.privacy === "local-only" ? "local-only" : "cloud-allowed";
  const auth: Endpoint["auth"] = ollama.key === null ? null : { header: "authorization", scheme: "Bearer", key: ollama.key };
  const candidates = ollamaCandidates(await machine(privacy), createAddressBook(settings.localAddresses), auth);
  const meter = { count: () => undefined, observe: () => undefined };
  const egress = createEgress({ endpoints: candidates, localAddresses: settings.localAddresses, transport, meter, log: () => undefined });
  const probe = createOllamaProbe(candidates, { egress, clock, privacy });
  const found = (await probe.find()) ?? { baseUrl: OLLAMA_DEFAULT, local: true };
  log("info", "ollama_found", { host: new URL(found.baseUrl).host, local: found.local });
  const { failed, watch } = follow(probe, log);
  return { settings: withAddress(settings, found), transport: reportingTransport(transport, failed), watch };
}
