/** Runs outside workerd: starts the simulated providers and a small control server, and tells the tests where they are. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { startSimulator } from "../../../src/simulator/simulator.ts";
import { hasCorpus, readLines } from "../../kit/corpus.ts";
import type { SeenCall, Target } from "../black-box.ts";
import { traces } from "./traces.ts";

declare module "vitest" {
  export interface ProvidedContext {
    simulated: { environment: Record<string, string>; control: string; hosts: Record<string, string>; suite: Target["suite"] };
    /** of simulated worlds, as Node tells them */
    traces: number[];
  }
}

export const callsOf = (seen: readonly { path: string; json: unknown; abortedAt: number | null }[]): SeenCall[] =>
  seen.map(({ path, json, abortedAt }) => ({ path, abortedAt, model: (json as { model?: string } | undefined)?.model ?? null }));
export const suiteRows = (): Target["suite"] => {
  const file = "attacks/third-party/jsontestsuite.jsonl";
  return hasCorpus(file) ? readLines<Target["suite"][number]>(file) : [];
};

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const simulator = await startSimulator({ latencyMs: 2, pace: 0.1 });
  const control = createServer(async (request, response) => {
    const [, what, provider = "", fault] = (request.url ?? "").split("/");
    if (what === "fault") await simulator.fault(provider, fault === undefined || fault === "" ? null : fault);
    response.end(JSON.stringify(what === "seen" ? callsOf(simulator.seen(provider as "groq")) : {}));
  });
  await new Promise<void>((resolve) => control.listen(0, "127.0.0.1", resolve));
  const { port } = control.address() as AddressInfo;
  const hosts = Object.fromEntries(Object.entries(simulator.urls).map(([name, url]) => [name, new URL(url).host]));
  project.provide("simulated", { environment: simulator.environment(), control: `http://127.0.0.1:${port}`, hosts, suite: suiteRows() });
  project.provide("traces", await traces());
  return async () => {
    control.close();
    control.closeAllConnections();
    await simulator.close();
  };
}
