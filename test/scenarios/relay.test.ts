/** An Ollama that hands prompts on to somebody else, over real sockets and the whole engine: under `local-only` it gets no prompt once that is known, and the first one only where its proof said local. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ConsensusEvent, Report } from "../../src/core/report.ts";
import { readSettings } from "../../src/runtimes/config.ts";
import { type NodeEngine, openEngine } from "../../src/runtimes/engine.ts";
import { startSimulator } from "../../src/simulator/simulator.ts";
import { type Seen, startUpstream, type Upstream } from "../../src/simulator/upstream.ts";

const RELAY = { remote_host: "https://ollama.com:443", remote_model: "gpt-oss:120b" };
const SHOWN = {
  details: { family: "llama" },
  model_info: { "general.architecture": "llama", "llama.context_length": 8192 },
  capabilities: ["completion"],
};
/** what it admits, and where */
const relays = { proof: false, reply: false };
let ollama: Upstream;
let engine: NodeEngine;

function answer({ path, json }: Seen): { type: string; text: string } {
  const admitted = relays.reply ? RELAY : {};
  const plain = (body: object): { type: string; text: string } => ({ type: "application/json", text: JSON.stringify(body) });
  if (path === "/api/show") return plain(relays.proof ? { ...SHOWN, ...RELAY } : SHOWN);
  if (path === "/api/ps") return plain({ models: [{ name: "m", model: "m" }] });
  if (path !== "/api/chat") return plain({ version: "0.12.0" });
  const { model, stream } = json as { model: string; stream?: boolean };
  const last = { model, ...admitted, done: true, done_reason: "stop", prompt_eval_count: 20, eval_count: 3 };
  if (stream === false) return plain({ ...last, message: { role: "assistant", content: "The answer is 42." } });
  const piece = { model, ...admitted, message: { role: "assistant", content: "The answer is 42." }, done: false };
  return {
    type: "application/x-ndjson",
    text: `${JSON.stringify(piece)}\n${JSON.stringify({ ...last, message: { role: "assistant", content: "" } })}\n`,
  };
}

beforeEach(async () => {
  Object.assign(relays, { proof: false, reply: false });
  ollama = await startUpstream((seen, response) => {
    const { type, text } = answer(seen);
    response.writeHead(200, { "content-type": type }).end(text);
  });
  const env = { OLLAMA_HOST: ollama.url, CONSENSUS_PANEL: "ollama/m", CONSENSUS_DB: ":memory:", LOG_LEVEL: "error" };
  engine = await openEngine(await readSettings(env, { version: "test" }));
});
afterEach(async () => {
  await engine.close();
  await ollama.close();
});

async function run(body: object = {}, live = false): Promise<Report | undefined> {
  const { composed } = engine;
  const request = composed.parse({ prompt: "What is 40 + 2?", privacy: "local-only", deadline_ms: 5000, ...body });
  const context = { owner: "", requestId: "r", acceptedAt: performance.now(), signal: new AbortController().signal, live };
  let last: ConsensusEvent | undefined;
  for await (const event of composed.consensus.run(request, context)) last = event;
  return last?.type === "run-end" ? last.data : last?.type === "error" ? last.data.report : undefined;
}
const prompts = (): number => ollama.seen.filter(({ path }) => path === "/api/chat").length;
const STRATEGIES = ["auto", "vote", "pick", "merge", "rank", "cascade", "fallback"];

describe.each([
  ["whole", false],
  ["streamed", true],
])("a relay asked for a %s reply", (_how, live) => {
  test("that says so in its proof gets no prompt at all, by any strategy", async () => {
    Object.assign(relays, { proof: true, reply: true });
    for (const strategy of STRATEGIES) {
      const report = await run({ strategy, panel: [{ model: "ollama/m", samples: 2 }] }, live);
      expect(report).toMatchObject({ status: "failed", answer: null, problem: { slug: "local-unavailable" } });
      for (const outcome of report?.outcomes ?? []) expect(outcome).toMatchObject({ reason: "privacy-excluded", attempts: [] });
      expect(report?.privacy.hosts).toEqual([]);
    }
    expect(prompts()).toBe(0);
  });

  test("that says so only in its reply gets the one prompt that its proof allowed, and never a second", async () => {
    Object.assign(relays, { reply: true });
    const first = await run({}, live);
    expect(prompts()).toBe(1);
    expect(first).toMatchObject({ status: "failed", answer: null });
    for (const strategy of STRATEGIES) await run({ strategy, panel: [{ model: "ollama/m", samples: 2 }] }, live);
    expect(prompts()).toBe(1);
  });

  test("that became one while its proof held gets the one prompt that the proof allowed", async () => {
    expect(await run({}, live)).toMatchObject({ status: "complete", answer: "The answer is 42." });
    Object.assign(relays, { proof: true, reply: true });
    for (const strategy of STRATEGIES) await run({ strategy }, live);
    expect(prompts()).toBe(2);
  });

  test("that was seen to relay while the cloud was allowed gets no private prompt", async () => {
    Object.assign(relays, { reply: true });
    const open = await run({ privacy: "cloud-allowed" }, live);
    expect(open?.outcomes[0]).toMatchObject({ status: "answered", local: false });
    for (const strategy of STRATEGIES) await run({ strategy }, live);
    expect(prompts()).toBe(1);
  });

  test("several samples at once: the first relayed reply stops those that still wait", async () => {
    Object.assign(relays, { reply: true });
    await run({ panel: [{ model: "ollama/m", samples: 8 }], stop: "all" }, live);
    expect(prompts()).toBe(1);
  });
});

test("the simulated relay is never asked under local-only, and its models stay out of the adjudicator's seat", async () => {
  const simulator = await startSimulator({ providers: ["ollama"], latencyMs: 0 });
  const env = {
    ...simulator.environment(),
    CONSENSUS_PANEL: "ollama/llama3.2,ollama/qwen3:4b",
    CONSENSUS_DB: ":memory:",
    LOG_LEVEL: "error",
  };
  await engine.close();
  engine = await openEngine(await readSettings(env, { version: "test" }));
  await simulator.fault("ollama", "ollama-relay");
  for (const strategy of STRATEGIES) await run({ strategy, adjudicators: ["ollama/gemma3"] });
  const paths = new Set(simulator.seen("ollama").map(({ path }) => path));
  await simulator.close();
  expect([...paths]).toEqual(["/api/show"]);
});
