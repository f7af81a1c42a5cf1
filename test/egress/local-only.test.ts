/** Local-only runs of the whole engine, every strategy and panel, with sinks on every other configured address: no connect, no lookup, no foreign host. */
import { createServer, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ConsensusEvent } from "../../src/core/report.ts";
import { compose, type Composed } from "../../src/runtimes/compose.ts";
import { readSettings } from "../../src/runtimes/config.ts";
import { createNodeTransport } from "../../src/runtimes/node-transport.ts";
import { silentMeter, systemClock, systemRandom } from "../../src/runtimes/ports.ts";
import { startSimulator, type Simulator } from "../../src/simulator/simulator.ts";

let simulator: Simulator;
let composed: Composed;
let sink: { port: number; connects: number; close(): Promise<void> };
const refused: string[] = [];
let lookups = 0;

async function startSink(): Promise<typeof sink> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    made.connects += 1;
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  const made = { port: (server.address() as AddressInfo).port, connects: 0, close };
  return made;
}

beforeAll(async () => {
  simulator = await startSimulator({ providers: ["ollama"], latencyMs: 1 });
  sink = await startSink();
  const at = `http://127.0.0.1:${sink.port}`;
  const settings = await readSettings(
    {
      ...simulator.environment(),
      TOGETHER_API_KEY: "made-up-1",
      TOGETHER_BASE_URL: `${at}/v1`,
      GROQ_API_KEY: "made-up-2",
      GROQ_BASE_URL: at,
      OPENAI_API_KEY: "made-up-3",
      OPENAI_BASE_URL: "https://openai.upstream.test/v1",
      ANTHROPIC_API_KEY: "made-up-4",
      ANTHROPIC_BASE_URL: at,
      CONSENSUS_PROVIDERS: JSON.stringify({ relay: { base_url: `${at}/v1`, model: "m" } }),
      CONSENSUS_PANEL: "together/a,groq/b,ollama/llama3.2,openai/c,anthropic/claude-haiku-4-5,relay/m,ollama/qwen3:4b",
      CONSENSUS_HEDGE: JSON.stringify({ "ollama/llama3.2": "groq/b", "ollama/qwen3:4b": "relay/m" }),
    },
    { version: "0" },
  );
  const meter = {
    ...silentMeter,
    count: (name: string, labels: Record<string, string>) => void (name === "egress_refused" && refused.push(labels["why"] ?? "")),
  };
  const resolve = (): Promise<never> => {
    lookups += 1;
    return Promise.reject(new Error("no lookup is allowed"));
  };
  const transport = createNodeTransport({ localAddresses: [], resolve });
  composed = compose(settings, { clock: systemClock, random: systemRandom, log: () => undefined, meter, transport, reports: null });
});
afterAll(async () => {
  await composed.close();
  await sink.close();
  await simulator.close();
});

async function run(body: object): Promise<ConsensusEvent | undefined> {
  const request = composed.parse({ prompt: "How many failed logins were there? jane@mail.example asks.", deadline_ms: 20_000, ...body });
  const context = { owner: "", requestId: "r", acceptedAt: systemClock.now(), signal: new AbortController().signal, live: true };
  let last: ConsensusEvent | undefined;
  for await (const event of composed.consensus.run(request, context)) last = event;
  return last;
}
const strategies = ["auto", "vote", "pick", "merge", "rank", "cascade", "fallback"] as const;
const panels = [
  undefined,
  ["ollama/llama3.2"],
  ["ollama/llama3.2", "groq/b"],
  ["together/a", "ollama/qwen3:4b", { model: "ollama/llama3.2", samples: 2 }],
];
const answers = [{ type: "text" }, { type: "number" }, { type: "json" }];

test("every strategy, panel and answer type stays on the local server, ladders and hedges included", { timeout: 120_000 }, async () => {
  const local = new URL(simulator.urls["ollama"] ?? "").host;
  let answered = 0;
  for (const strategy of strategies)
    for (const panel of panels)
      for (const answer of answers) {
        const last = await run({
          strategy,
          answer,
          privacy: "local-only",
          adjudicators: ["groq/b", "relay/m", "ollama/llama3.2"],
          ...(panel ? { panel } : {}),
        });
        const report = last?.type === "run-end" ? last.data : last?.type === "error" ? last.data.report : undefined;
        if (last?.type === "run-end") answered += 1;
        expect(report?.privacy.class ?? "local-only").toBe("local-only");
        for (const host of report?.privacy.hosts ?? []) expect(host).toBe(local);
        for (const outcome of report?.outcomes ?? [])
          if (!outcome.local && outcome.status === "dropped") expect(outcome.reason).toBe("privacy-excluded");
      }
  expect(answered).toBeGreaterThan(60);
  expect({ connects: sink.connects, lookups }).toEqual({ connects: 0, lookups: 0 });
});
test("the brake under auto keeps a prompt with an e-mail address local", async () => {
  const last = await run({ privacy: "auto", panel: ["groq/b", "ollama/llama3.2"] });
  expect(last?.type === "run-end" && last.data.privacy.class).toBe("local-only");
  expect({ connects: sink.connects, lookups }).toEqual({ connects: 0, lookups: 0 });
});
test("nobody local is a conflict before anything is opened", async () => {
  await expect(run({ privacy: "local-only", panel: ["groq/b", "relay/m"] })).rejects.toMatchObject({ slug: "privacy-conflict" });
  expect(sink.connects).toBe(0);
});
test("the same engine does go out when it is allowed to, so the sinks would have seen it", async () => {
  await run({ privacy: "cloud-allowed", panel: ["groq/b", "ollama/llama3.2"], prompt: "How many?", deadline_ms: 700 });
  expect(sink.connects).toBeGreaterThan(0);
});
