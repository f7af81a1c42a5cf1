/** `gekro drill` on the real engine against simulated providers: the chain holds, nobody else notices, and a chain that breaks is told. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type DrillRow, judge, type Trial } from "../../src/cli/drill/judge.ts";
import { createPoison, FAULTS } from "../../src/cli/drill/poison.ts";
import type { Report } from "../../src/core/report.ts";
import { systemClock } from "../../src/runtimes/ports.ts";
import { startSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { answered, dropped, reportOf } from "./kit.ts";
import { type Env, gekroOn, openOn } from "./simulated.ts";

let simulator: Simulator;
let folder: string;
beforeAll(async () => {
  simulator = await startSimulator({ latencyMs: 2, listedModelsOnly: true });
  folder = mkdtempSync(join(tmpdir(), "gekro-drill-"));
});
afterAll(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  for (const provider of simulator.providers) await simulator.fault(provider, null);
});

const MEMBERS = ["together/meta-llama/Llama-3.3-70B-Instruct-Turbo", "groq/openai/gpt-oss-120b", "ollama/llama3.2"];
/** short attempts, so that a silent member is given up within the deadline */
const QUICK = { CONSENSUS_MODELS: JSON.stringify(Object.fromEntries(MEMBERS.map((member) => [member, { timeout_ms: 600 }]))) };
const envOf = (more: Env = {}): Env => ({ ...simulator.environment(), ...more });

interface Told {
  code: number;
  ok: boolean;
  healthy: string[];
  silent: { member: string; reason: string }[];
  rows: DrillRow[];
}
async function drill(env: Env, flags: string[] = []): Promise<Told> {
  const { code, out } = await gekroOn(env, ["drill", "--json", ...flags]);
  return { ...(JSON.parse(out) as Omit<Told, "code">), code };
}
const row = ({ rows }: Told, poisoned: string, strategy: string): DrillRow | undefined =>
  rows.find((one) => one.poisoned === poisoned && one.strategy === strategy);

describe("the chain holds", () => {
  test.each(FAULTS)("by %s: every row answers, and the loss is named", async (fault) => {
    const told = await drill(envOf(QUICK), ["--fault", fault, "--deadline", "5s"]);
    expect(told.rows.flatMap(({ faults }) => faults)).toEqual([]);
    expect([told.code, told.ok, told.healthy.length, told.rows.length]).toEqual([0, true, 3, 8]);
    expect(row(told, "together", "fallback")).toMatchObject({ answered_by: MEMBERS[1], failed_over_from: MEMBERS[0], how: "fallback" });
    const reason = fault === "timeout" ? "timeout" : "unavailable";
    expect(row(told, "all cloud", "auto")).toMatchObject({
      mode: "single-provider",
      status: "degraded",
      answered_by: MEMBERS[2],
      dropped: MEMBERS.slice(0, 2).map((member) => ({ member, reason })),
    });
  });
  test("a canary in words drills the adjudicators too, and people get a table", async () => {
    const { code, out, err } = await gekroOn(envOf(), ["drill", "--prompt", "Name one cause of rust."]);
    expect([code, out.split("\n").length]).toEqual([0, 10]);
    expect(out).toMatch(
      /✓ {2}all cloud {2}fallback {2}degraded +fallback +fallback +→ ollama\/llama3\.2 +together unavailable, groq unavailable/,
    );
    expect(err).toMatch(/8 of 8 rows hold\n$/);
  });
  test("a provider that is really dead is told, and its row still holds", async () => {
    await simulator.fault("groq", "503");
    const told = await drill(envOf());
    expect(told.silent).toEqual([{ member: MEMBERS[1], reason: "unavailable" }]);
    expect([told.code, row(told, "together", "fallback")?.answered_by]).toEqual([0, MEMBERS[2]]);
  });
  test("with nobody left a run fails honestly, and that row holds", async () => {
    const told = await drill(envOf({ CONSENSUS_PANEL: MEMBERS[2] ?? "" }));
    expect(told.rows.map(({ poisoned, passed, problem }) => [poisoned, passed, problem])).toEqual([
      ["ollama", true, "no-candidates"],
      ["ollama", true, "no-candidates"],
    ]);
  });
  test("under local-only only local providers are poisoned, and nobody remote is called", async () => {
    const before = simulator.seen("groq").length;
    const told = await drill(envOf({ CONSENSUS_PRIVACY: "local-only", CONSENSUS_FALLBACK: MEMBERS[2] ?? "" }));
    expect(told.rows.map(({ poisoned }) => poisoned)).toEqual(["ollama", "ollama"]);
    expect(simulator.seen("groq").length).toBe(before);
  });
});

describe("nobody else notices", () => {
  test("runs beside it in the same process lose nothing, and no breaker moves", async () => {
    const engine = await openOn(envOf(), { store: false });
    const ask = async (): Promise<Report | null> => {
      const context = { owner: "", requestId: "req_0", acceptedAt: systemClock.now(), signal: new AbortController().signal, live: false };
      const body = { prompt: "What is 17 + 25?", answer: { type: "number" }, stop: "all" };
      for await (const event of engine.consensus.run(engine.parse(body), context)) if (event.type === "run-end") return event.data;
      return null;
    };
    const drilled = new AbortController();
    const finished = drill(envOf()).finally(() => drilled.abort());
    const reports: (Report | null)[] = [];
    while (!drilled.signal.aborted) reports.push(...(await Promise.all([ask(), ask()])));
    expect((await finished).ok).toBe(true);
    expect(reports.length).toBeGreaterThan(8);
    expect(new Set(reports.map((report) => `${report?.status} ${report?.quorum.usable}`))).toEqual(new Set(["complete 3"]));
    expect(new Set(engine.panel.status(MEMBERS).map(({ breaker, last_error: last }) => `${breaker.state} ${last}`))).toEqual(
      new Set(["closed null"]),
    );
    await engine.close();
  });
  test("the configured store is not opened, let alone written", async () => {
    const path = join(folder, "consensus.db");
    const stores: boolean[] = [];
    const env = envOf({ CONSENSUS_DB: path });
    await gekroOn(env, ["drill"], undefined, {
      openEngine: (options) => {
        stores.push(options.store);
        return openOn(env, options);
      },
    });
    expect(stores).toEqual(Array.from({ length: 9 }, () => false));
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });
  test("poison reaches what lies below a dead address, and nothing beside it", async () => {
    const poison = createPoison("503");
    const { fetch } = poison.wrap({ fetch: async () => new Response("alive"), close: async () => {} });
    poison.kill(["http://127.0.0.1:9/v1"]);
    const statuses = ["http://127.0.0.1:9/v1/models", "http://127.0.0.1:9/v10", "http://127.0.0.1:99/v1"].map(
      async (url) => (await fetch(url)).status,
    );
    expect(await Promise.all(statuses)).toEqual([503, 200, 200]);
  });
});

describe("a chain that breaks is told", () => {
  test("nobody answers even before the drill", async () => {
    for (const provider of simulator.providers) await simulator.fault(provider, "refused");
    const { code, out, err } = await gekroOn(envOf(), ["drill"]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain("gekro: nobody answers even before the drill");
  });
  const outcomes = [dropped("groq/a", "unavailable", "the connection was refused"), answered("ollama/b", "42")];
  const degradations: Report["degradations"] = [{ code: "member-dropped", member: "groq/a", detail: "unavailable" }];
  const trial = (report: Partial<Report>, more: Partial<Trial> = {}): string[] =>
    judge({
      poisoned: "groq",
      strategy: "auto",
      fault: "refused",
      deadlineMs: 1000,
      isPoisoned: (member) => member.startsWith("groq/"),
      healthy: ["groq/a", "ollama/b"],
      report: reportOf({ outcomes, degradations, ...report }),
      ...more,
    }).faults;
  test.each<[string, string[], string[]]>([
    ["a good run", trial({}), []],
    [
      "nobody answered",
      trial({ verdict: null, problem: { slug: "no-candidates", detail: "" } }),
      ["nobody answered, though ollama/b is healthy"],
    ],
    ["a wrong reason", trial({}, { fault: "timeout" }), ["groq/a dropped out as unavailable"]],
    ["a silent report", trial({ degradations: [] }), ["the report is silent about groq/a"]],
    ["too late", trial({ timing_ms: { total: 1300, panel: 0, adjudication: 0, engine: 0 } }), ["it took 1300 ms, the deadline is 1000"]],
    [
      "an answer of the dead",
      trial({ outcomes: [answered("groq/a", "42"), answered("ollama/b", "42")] }),
      ["groq/a was poisoned and answered"],
    ],
    ["a chain that voted", trial({}, { strategy: "fallback" }), ["it was decided by agreed"]],
    ["a wrong end", trial({ verdict: null, problem: { slug: "internal", detail: "" } }, { healthy: [] }), ["it ended in internal"]],
  ])("%s", (_what, faults, expected) => expect(faults).toEqual(expected));
});
