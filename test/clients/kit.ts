/** A real service on a free port of loopback in front of simulated providers, for the client libraries that talk to it. */
import { readSettings } from "../../src/runtimes/config.ts";
import { serve, type Service } from "../../src/runtimes/serve.ts";
import { startSimulator, type Simulator, type SimulatorOptions } from "../../src/simulator/simulator.ts";

export interface Stage {
  /** as a client's base URL: ends in `/v1` */
  baseURL: string;
  url: string;
  simulator: Simulator;
  service: Service;
  close(): Promise<void>;
}

export async function openStage(env: Record<string, string> = {}, options: SimulatorOptions = {}): Promise<Stage> {
  const simulator = await startSimulator({ latencyMs: 5, listedModelsOnly: true, ...options });
  const all = { ...simulator.environment(), PORT: "0", CONSENSUS_DB: ":memory:", LOG_LEVEL: "error", ...env };
  const settings = await readSettings(all, { version: "0.0.0", simulated: true });
  const service = await serve({ ...settings, port: 0 }, { plugs: simulator });
  return {
    baseURL: `${service.url}/v1`,
    url: service.url,
    simulator,
    service,
    close: async () => {
      await service.stop();
      await simulator.close();
    },
  };
}

/** What the clients are told to make: a tool and a schema that the simulated models know how to answer. */
export const WEATHER = {
  name: "get_weather",
  description: "The weather in a city",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false },
} as const;
export const PERSON = {
  type: "object",
  properties: { name: { type: "string" }, age: { type: "integer" } },
  required: ["name", "age"],
  additionalProperties: false,
} as const;

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
