/** Finds the Ollama server for OLLAMA_HOST=auto: asks all candidates at once for their version, through the guard, and sends no prompt. */
import type { Clock, PrivacyClass } from "../core/ports.ts";
import type { AddressBook } from "../egress/addresses.ts";
import type { Egress, Endpoint } from "../egress/egress.ts";
import { OLLAMA_DEFAULT, OLLAMA_PORT } from "./ollama-host.ts";
import type { Wsl } from "./wsl.ts";

/** a server on this machine or its host answers in a few ms */
const PROBE_MS = 400;
const VERSION_BYTES = 64 * 1024;

export interface CandidateFacts {
  wsl: Wsl;
  /** what `host.docker.internal` resolves to, when it may be asked (never under a `local-only` configuration) */
  dockerHost: string | null;
}

/** In order of preference. All are literals, so that each is judged by its address; a key goes to local ones only, since all are plain http. */
export function ollamaCandidates({ wsl, dockerHost }: CandidateFacts, book: AddressBook, auth: Endpoint["auth"]): Endpoint[] {
  const hosts = [wsl.gateway, dockerHost].filter((host) => host !== null).map((host) => (host.includes(":") ? `[${host}]` : host));
  const urls = new Set([OLLAMA_DEFAULT, ...hosts.map((host) => `http://${host}:${OLLAMA_PORT}`)]);
  return [...urls].map((baseUrl) => {
    const local = book.isLocal(new URL(baseUrl).hostname);
    return { provider: "ollama", baseUrl, local, auth: local ? auth : null };
  });
}

export interface OllamaProbe {
  /** the first candidate that answers as Ollama does, null when none does; remembered until `forget` */
  find(): Promise<Endpoint | null>;
  /** the found server failed: look again next time (the WSL2 gateway changes when Windows restarts) */
  forget(): void;
}
export interface ProbePorts {
  egress: Egress;
  clock: Clock;
  privacy: PrivacyClass;
}

async function answers(endpoint: Endpoint, { egress, clock, privacy }: ProbePorts): Promise<boolean> {
  const controller = new AbortController();
  const cancel = clock.timer(PROBE_MS, () => controller.abort());
  try {
    const fetch = egress.open(endpoint, { privacy, hosts: new Set() }, { carriesPrompt: false, maxBodyBytes: VERSION_BYTES });
    const response = await fetch(`${endpoint.baseUrl}/api/version`, { signal: controller.signal });
    const body: unknown = await response.json();
    return response.ok && typeof (body as { version?: unknown } | null)?.version === "string";
  } catch {
    return false;
  } finally {
    cancel();
    controller.abort();
  }
}

/** `candidates` must be among the guard's endpoints; those the class forbids are passed over. */
export function createOllamaProbe(candidates: readonly Endpoint[], ports: ProbePorts): OllamaProbe {
  let found: Promise<Endpoint | null> | null = null;
  const look = async (): Promise<Endpoint | null> => {
    const asked = candidates.map((endpoint) => answers(endpoint, ports));
    for (const [index, answer] of asked.entries()) if (await answer) return candidates[index] ?? null;
    return null;
  };
  return {
    find: () => {
      found ??= look().then((endpoint) => {
        if (endpoint === null) found = null;
        return endpoint;
      });
      return found;
    },
    forget: () => {
      found = null;
    },
  };
}
