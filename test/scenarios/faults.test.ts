/** Every fault of the catalogue on each provider in turn, over real sockets and the whole engine: the run ends 200 and degraded with the right reason, and leaves nothing behind. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ConsensusEvent, Report } from "../../src/core/report.ts";
import { readSettings } from "../../src/runtimes/config.ts";
import { type NodeEngine, openEngine } from "../../src/runtimes/engine.ts";
import type { Fault } from "../../src/simulator/faults/fault.ts";
import { faultsOf } from "../../src/simulator/faults.ts";
import { startSimulator, type Simulator } from "../../src/simulator/simulator.ts";

/** These alternate by request, strike the judge, or answer with a warning only. */
const TAKES_TURNS = new Set(["flap"]);
/** For what never comes; what is slow but comes gets as much as a busy machine takes. */
const LIMIT_MS = 600;
const PATIENT_MS = 6000;
const PROMPT = "Tell me about garbage collectors in busy servers, in one sentence of your own.";

/** Each provider's faults have their own simulator, so that the three wait at the same time. */
const PROVIDERS = ["together", "groq", "ollama"] as const;
type Name = (typeof PROVIDERS)[number];
let simulators: Record<Name, Simulator>;
beforeAll(async () => {
  const [together, groq, ollama] = await Promise.all([start(), start(), start()]);
  simulators = { together, groq, ollama };
});
const start = (): Promise<Simulator> => startSimulator({ latencyMs: 0, pace: 0.02 });
afterAll(() => Promise.all(PROVIDERS.map((name) => simulators[name].close())));

async function engineOf(simulator: Simulator): Promise<NodeEngine> {
  const env = { ...simulator.environment(), CONSENSUS_DB: ":memory:", LOG_LEVEL: "error" };
  return openEngine(await readSettings(env, { version: "test", simulated: true }));
}
/** One fresh engine per run, so that no circuit is open from the run before. */
async function run(simulator: Simulator, change: Record<string, unknown> = {}, limitMs = LIMIT_MS): Promise<Report> {
  const engine = await engineOf(simulator);
  try {
    const { composed } = engine;
    const panel = composed.settings.panel.map((model) => ({ model, timeout_ms: limitMs }));
    const request = composed.parse({ prompt: PROMPT, panel, strategy: "vote", stop: "all", quorum: 2, deadline_ms: 8000, ...change });
    const context = { owner: "", requestId: "req", acceptedAt: performance.now(), signal: new AbortController().signal, live: false };
    let last: ConsensusEvent | undefined;
    for await (const event of composed.consensus.run(request, context)) last = event;
    if (last?.type === "error" && last.data.report) return last.data.report;
    if (last?.type !== "run-end") throw new Error(`ended with ${last?.type}`);
    return last.data;
  } finally {
    await engine.close();
  }
}

const outcomeOf = (report: Report, provider: string) => report.outcomes.find((outcome) => outcome.provider === provider);

function expectRow(report: Report, provider: string, fault: Fault): void {
  const outcome = outcomeOf(report, provider);
  if (fault.expects === null) {
    expect(outcome?.status, provider).toBe("answered");
    return;
  }
  expect(outcome, provider).toMatchObject({ status: "dropped", reason: fault.expects });
  expect(report.status).toBe("degraded");
  expect(report.degradations).toContainEqual({ code: "member-dropped", member: outcome?.member, detail: fault.expects });
  expect(report.verdict?.supporters).not.toContain(outcome?.member);
}

/** By name, on whom it can be played. */
const ROWS = new Map<string, [Name, Fault][]>();
for (const provider of PROVIDERS)
  for (const fault of faultsOf(provider))
    if (!TAKES_TURNS.has(fault.name) && !fault.name.startsWith("judge-"))
      ROWS.set(fault.name, [...(ROWS.get(fault.name) ?? []), [provider, fault]]);

async function playOn(provider: Name, fault: Fault): Promise<void> {
  const simulator = simulators[provider];
  await simulator.fault(provider, fault.name);
  try {
    // a silent cut shows only on a prompt long enough to be estimated well
    const change = fault.name === "ollama-cut-prompt" ? { prompt: `${PROMPT} `.repeat(40) } : {};
    const report = await run(simulator, change, fault.expects === null ? PATIENT_MS : LIMIT_MS);
    expect(report.answer, provider).not.toBeNull();
    expectRow(report, provider, fault);
  } finally {
    await simulator.fault(provider, null);
  }
}
test.each([...ROWS])("%s, wherever it can strike: the others answer", async (_, places) => {
  await Promise.all(places.map(([provider, fault]) => playOn(provider, fault)));
});

describe("several at once", () => {
  const all = ["together", "groq", "ollama"];
  const seenAfar = (): number => simulators.groq.seen("groq").length + simulators.groq.seen("together").length;
  const pull = (names: string[], fault: string | null) => Promise.all(names.map((name) => simulators.groq.fault(name, fault)));

  test("two of three down: the survivor answers alone, and no judge is asked", async () => {
    await pull(["together", "groq"], "503");
    const report = await run(simulators.groq, { strategy: "auto" });
    await pull(all, null);
    expect(report).toMatchObject({ status: "degraded", mode: "single-provider", adjudication: null, verdict: { how: "survivor" } });
    expect(report.degradations.map(({ code }) => code)).toEqual(["member-dropped", "member-dropped", "quorum-missed", "single-provider"]);
  });
  test("two of three down and a quorum demanded: quorum-lost", async () => {
    await pull(["together", "groq"], "refused");
    const report = await run(simulators.groq, { require_quorum: true });
    await pull(all, null);
    expect(report).toMatchObject({ status: "failed", answer: null, verdict: null, problem: { slug: "quorum-lost" } });
  });
  test("all refused: no-candidates; all hanging: deadline-exceeded", async () => {
    await pull(all, "refused");
    const refused = await run(simulators.groq);
    await pull(all, "stall-headers");
    const panel = ["together/a", "groq/b", "ollama/llama3.2"];
    const hanging = await run(simulators.groq, { panel, deadline_ms: 400, grace_ms: 0 });
    await pull(all, null);
    expect(refused.problem?.slug).toBe("no-candidates");
    expect(refused.problem?.detail).toMatch(/\(.*ollama\/\S+: unavailable/);
    expect(hanging.problem?.slug).toBe("deadline-exceeded");
    expect(hanging.timing_ms.total).toBeGreaterThanOrEqual(380);
  });
  test("local-only with Ollama down: local-unavailable, and nobody else is asked", async () => {
    await pull(["ollama"], "refused");
    const before = seenAfar();
    const report = await run(simulators.groq, { privacy: "local-only", panel: undefined });
    await pull(all, null);
    expect(report.problem?.slug).toBe("local-unavailable");
    expect(seenAfar()).toBe(before);
  });
});
