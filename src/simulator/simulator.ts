/** Fake providers on loopback that speak the real wire formats; what they answer is seeded, what they spoil is chosen by name. */
import { Problem } from "../core/problem.ts";
import type { ProviderName } from "./asked.ts";
import { DIALECTS } from "./dialects/index.ts";
import { FAULTS, findFault } from "./faults.ts";
import type { Fault } from "./faults/fault.ts";
import { openStation, setFault, type Seats, type SimulatorOptions, type Station } from "./station.ts";
import type { Seen } from "./upstream.ts";

export type { ProviderName } from "./asked.ts";
export type { Seats, SimulatorOptions } from "./station.ts";

/** What a rim may do with a running simulator: pull a plug and put it back. */
export interface SimulatorControl {
  readonly providers: readonly string[];
  readonly faults: readonly Pick<Fault, "name" | "doc" | "expects">[];
  /** null heals; `seats` narrows the fault to members or to the adjudicator. Rejects with a Problem: `not-found` for an unknown provider, `validation-failed` for an unknown fault. */
  fault(provider: string, fault: string | null, seats?: Seats): Promise<void>;
  /** name of the fault in force, null when healthy */
  current(provider: string): string | null;
}
export interface Simulator extends SimulatorControl {
  /** base URLs as each provider's configuration wants them */
  readonly urls: Readonly<Partial<Record<ProviderName, string>>>;
  /** environment variables that point a service at these providers */
  environment(): Record<string, string>;
  /** the last 1,000 requests, oldest first, the last 100 with their bodies; `abortedAt` tells who hung up */
  seen(provider: ProviderName): readonly Seen[];
  close(): Promise<void>;
}

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
    fault: async (provider, name, seats = "all") =>
      setFault(stationOf(provider), name === null ? null : findFault(name, provider), seats, options),
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
