/** What the catalogue expects of each fault, held against the real adapters over the real transport: one call, no retry, no panel. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Clock } from "../../src/core/ports.ts";
import { createSecret } from "../../src/core/secret.ts";
import type { Egress, Endpoint } from "../../src/egress/egress.ts";
import { createEgress } from "../../src/egress/guard.ts";
import { createProvider } from "../../src/providers/index.ts";
import { factsOf } from "../../src/providers/models.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { createNodeTransport } from "../../src/runtimes/node-transport.ts";
import { PROVIDERS, type ProviderName } from "../../src/simulator/asked.ts";
import { MODELS } from "../../src/simulator/dialects/models.ts";
import { faultsOf } from "../../src/simulator/faults.ts";
import { startSimulator, type Simulator } from "../../src/simulator/simulator.ts";

/** Seen only by those above one call: a retry, the kind of answer, our own estimate of the prompt. */
const ABOVE_ONE_CALL = new Set(["429-once", "503-once", "reset-once", "dots", "ollama-cut-prompt"]);
const clock: Clock = {
  wall: () => Date.now(),
  now: () => performance.now(),
  timer(ms, fire) {
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
};

describe.each(PROVIDERS)("%s", (name) => {
  let simulator: Simulator;
  let egress: Egress;
  let provider: Provider;
  let endpoint: Endpoint;
  beforeAll(async () => {
    simulator = await startSimulator({ providers: PROVIDERS, latencyMs: 0, pace: 0.01 });
    endpoint = await endpointOf(name, simulator.urls[name] ?? "");
    const meter = { count: () => undefined, observe: () => undefined };
    const transport = createNodeTransport({ localAddresses: [] });
    egress = createEgress({ endpoints: [endpoint], localAddresses: [], transport, meter, log: () => undefined });
    provider = createProvider({ dialect: name, name, endpoint, clock });
  });
  afterAll(async () => {
    await egress.close();
    await simulator.close();
  });

  async function reasonOf(streaming: boolean): Promise<string | null> {
    const model = MODELS[name][0]?.id ?? "";
    const fetch = egress.open(endpoint, { privacy: "cloud-allowed", hosts: new Set() }, { carriesPrompt: true });
    const messages = [{ role: "user" as const, content: "Tell me about garbage collectors in busy servers." }];
    const call = { model, messages, facts: factsOf(name, model), numCtx: 8192 };
    const io = { fetch, signal: AbortSignal.timeout(10_000), ...(streaming ? { onDelta: () => undefined } : {}) };
    const result = await provider.chat(call, io);
    return result.ok ? null : result.failure.reason;
  }

  test("is answered when nothing is wrong", async () => {
    expect([await reasonOf(false), await reasonOf(true)]).toEqual([null, null]);
  });
  const held = faultsOf(name).filter(
    (fault) => !ABOVE_ONE_CALL.has(fault.name) && !(fault.cost === "limit" && fault.expects === "timeout"),
  );
  test.each(held)("$name ends as $expects, whole and streamed", async (fault) => {
    await simulator.fault(name, fault.name);
    expect([await reasonOf(false), await reasonOf(true)]).toEqual([fault.expects, fault.expects]);
  });
});

async function endpointOf(name: ProviderName, baseUrl: string): Promise<Endpoint> {
  const key = await createSecret("sk-test-1f6b");
  if (name === "ollama") return { provider: name, baseUrl, local: true, auth: null };
  const auth =
    name === "anthropic"
      ? { header: "x-api-key" as const, scheme: null, key }
      : { header: "authorization" as const, scheme: "Bearer" as const, key };
  return { provider: name, baseUrl, local: true, auth };
}
