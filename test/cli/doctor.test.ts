/** `gekro doctor` on the real engine against simulated providers: what it finds, what it advises, what it never does. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Check } from "../../src/cli/doctor/check.ts";
import { type Loss, losses } from "../../src/cli/doctor/losses.ts";
import { memberChecks } from "../../src/cli/doctor/models.ts";
import { providerChecks } from "../../src/cli/doctor/providers.ts";
import type { Visit } from "../../src/cli/doctor/visit.ts";
import { factsOf } from "../../src/providers/models.ts";
import { openSqlite } from "../../src/runtimes/sqlite.ts";
import { storeFacts } from "../../src/runtimes/store-facts.ts";
import { startSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { type Env, gekroOn } from "./simulated.ts";

const GROQ = "groq/openai/gpt-oss-120b";
const OLLAMA = "ollama/llama3.2";
const FIXED = { CONSENSUS_MODELS: `{"${OLLAMA}":{"num_ctx":8192}}` };

let simulator: Simulator;
let folder: string;
beforeAll(async () => {
  simulator = await startSimulator({ latencyMs: 2, listedModelsOnly: true });
  folder = mkdtempSync(join(tmpdir(), "gekro-doctor-"));
});
afterAll(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  for (const provider of simulator.providers) await simulator.fault(provider, null);
});

const envOf = (more: Env = {}): Env => ({ ...simulator.environment(), CONSENSUS_DB: join(folder, "none.db"), ...more });
interface Told {
  code: number;
  checks: Check[];
  losses: Loss[] | null;
  text: string;
}
async function doctor(env: Env, flags: string[] = [], survey?: Parameters<typeof gekroOn>[2]): Promise<Told> {
  const { code, out, err } = await gekroOn(env, ["doctor", "--json", ...flags], survey);
  expect(err).toBe("");
  return { ...(JSON.parse(out) as Omit<Told, "code" | "text">), code, text: out };
}
const found = ({ checks }: Told, subject: string): string[] =>
  checks.filter((check) => check.subject === subject).map(({ mark, detail }) => `${mark}: ${detail}`);
const hints = ({ checks }: Told, subject: string): string =>
  checks
    .filter((check) => check.subject === subject)
    .map(({ hint }) => hint)
    .join("; ");
const seenBy = (provider: "groq" | "together" | "ollama"): number => simulator.seen(provider).length;

const visitOf = (version: string | null, more: Partial<Visit> = {}): Visit => ({
  provider: "ollama",
  local: true,
  origin: "http://127.0.0.1:11434",
  skipped: null,
  models: { ok: true, ms: 1, value: [] },
  about: { ok: true, ms: 1, value: { version, running: [] } },
  proofs: new Map(),
  answers: new Map(),
  ...more,
});

describe("providers", () => {
  test("a healthy set-up: everything is fine, exit code 0, and nobody was sent a prompt", async () => {
    const told = await doctor(envOf(FIXED));
    expect(told.checks.filter(({ mark }) => mark !== "ok")).toEqual([]);
    expect(told.code).toBe(0);
    expect(found(told, "groq")[0]).toMatch(/^ok: http:\/\/127\.0\.0\.1:\d+: reachable, key accepted, lists 4 models$/);
    expect(found(told, OLLAMA)).toEqual(["ok: installed, proved local, window 8192, free"]);
    expect(simulator.seen("groq").filter(({ method }) => method === "POST")).toEqual([]);
  });
  test("people get one line each, a hint below, and a tally", async () => {
    const { out, err, code } = await gekroOn(envOf(), ["doctor"]);
    expect(out).toContain("  ✓ ollama  version 0.33.0\n");
    expect(out).toContain(`  ! ${OLLAMA}  is loaded with 8192 tokens, while 131k are counted on\n      → set CONSENSUS_MODELS=`);
    expect(out).toMatch(/ {2}all cloud +1 +missed, 1 of 2 +ollama\/llama3\.2/);
    expect([err, code]).toEqual(["10 fine, 1 to look at, 0 broken, 0 not asked\n", 0]);
  });
  test("a refused key and a dead Ollama are broken, and who is left is told", async () => {
    await simulator.fault("groq", "401");
    await simulator.fault("ollama", "refused");
    const told = await doctor(envOf());
    expect(told.code).toBe(1);
    expect(found(told, "groq")[0]).toMatch(/^fail: .*unauthorized, the provider refused the key$/);
    expect(hints(told, "groq")).toContain("GROQ_API_KEY");
    expect(found(told, "ollama")[0]).toMatch(/^fail: .*unavailable, the connection was refused$/);
    const together = told.losses?.find(({ lost }) => lost === "together");
    expect(together).toMatchObject({ left: [], outcome: "no-answer", fallback: null });
  });
  test("a key that the provider echoes is never printed", async () => {
    await simulator.fault("groq", "echo-key");
    const secret = "gsk_4f81c0a2d99b";
    const env = envOf({ GROQ_API_KEY: secret });
    const { text, code } = await doctor(env, ["--ask"]);
    const human = await gekroOn(env, ["doctor", "--ask"]);
    expect(code).toBe(1);
    expect(text + human.out + human.err).not.toContain(secret.slice(4));
  });
  test("another program on Ollama's port is told from a dead one", async () => {
    await simulator.fault("ollama", "not-ollama");
    const told = await doctor(envOf());
    expect(hints(told, "ollama")).toBe("another program has this port: check OLLAMA_HOST");
    expect(told.code).toBe(1);
  });
  test.each([
    ["404", GROQ, "misconfigured"],
    ["503", GROQ, "unavailable"],
    ["stall-headers", GROQ, "timeout"],
  ])("--ask finds %s, which no list shows", async (fault, member, reason) => {
    await simulator.fault("groq", fault);
    expect((await doctor(envOf())).code).toBe(0);
    const told = await doctor(envOf(), ["--ask", "--timeout", "400ms"]);
    expect(found(told, member).at(-1)).toContain(`fail: does not answer: ${reason}`);
    expect(told.code).toBe(1);
  });
  test("a seated provider without a key is broken, an unseated one is not mentioned", async () => {
    const told = await doctor(envOf({ CONSENSUS_PANEL: `${GROQ},openai/gpt-4.1-mini` }));
    expect(found(told, "openai")).toEqual(["fail: has no key, though members of it are seated"]);
    expect(found(told, "anthropic")).toEqual([]);
  });
  test("an Ollama below 0.17.1 is warned about, whatever its version looks like", () => {
    const known = { name: "ollama", local: true, configured: true, baseUrl: "http://127.0.0.1:11434" };
    const survey = { set: [], unknown: [], ollamaHost: "set", wsl: { wsl: false, distribution: null, gateway: null, mode: null } } as const;
    const store = { path: ":memory:", state: "memory", detail: "" } as const;
    const marks = (version: string | null): string | undefined =>
      providerChecks(known, visitOf(version), { ...survey, set: [], unknown: [], store }, true)[1]?.mark;
    expect(["0.17.0", "0.16.9", "0.3.14-rc1", "", null].map(marks)).toEqual(["warn", "warn", "warn", "warn", "warn"]);
    expect(["0.17.1", "0.33.0", "1.0.0", "0.17.1-rc2"].map(marks)).toEqual(["ok", "ok", "ok", "ok"]);
  });
});

describe("what is local", () => {
  test("an Ollama that relays is a warning, and broken under local-only", async () => {
    await simulator.fault("ollama", "ollama-relay");
    const open = await doctor(envOf());
    expect(found(open, OLLAMA)).toContain("warn: is not local: Ollama relays this model to a cloud");
    expect(open.losses?.find(({ lost }) => lost === "all cloud")?.left).toEqual([]);
    expect(open.code).toBe(0);
    const closed = await doctor(envOf({ CONSENSUS_PRIVACY: "local-only" }));
    expect(found(closed, OLLAMA)).toContain("fail: is not local: Ollama relays this model to a cloud");
    expect(closed.code).toBe(1);
  });
  test("under local-only nobody remote is called, and that is said", async () => {
    const before = [seenBy("groq"), seenBy("together")];
    const told = await doctor(envOf({ CONSENSUS_PRIVACY: "local-only", ...FIXED }), ["--ask"]);
    expect([seenBy("groq"), seenBy("together")]).toEqual(before);
    expect(found(told, "groq")[0]).toMatch(/^skip: .*not asked, this configuration is local-only$/);
    expect(found(told, OLLAMA)).toContain("ok: answers");
    expect(told.losses?.[0]?.left).toEqual([OLLAMA]);
  });
  test("--offline calls nobody, not even to look for Ollama", async () => {
    const before = [seenBy("groq"), seenBy("together"), seenBy("ollama")];
    const told = await doctor(envOf(), ["--offline"]);
    expect([seenBy("groq"), seenBy("together"), seenBy("ollama")]).toEqual(before);
    expect(found(told, "ollama")[0]).toMatch(/^skip: .*\(from OLLAMA_HOST\): not asked \(--offline\)$/);
    expect(told.code).toBe(0);
  });
});

describe("models", () => {
  test("a model that its provider switched off is broken, with one to take instead", async () => {
    const told = await doctor(
      envOf({ CONSENSUS_PANEL: `groq/llama-3.3-70b-versatile,${OLLAMA}`, CONSENSUS_FALLBACK: "anthropic/claude-sonnet-4-5" }),
    );
    expect(found(told, "groq/llama-3.3-70b-versatile")).toContain("fail: its provider switched it off on 2026-08-16");
    expect(hints(told, "groq/llama-3.3-70b-versatile")).toContain("seat groq/openai/gpt-oss-120b instead");
    expect(found(told, "anthropic/claude-sonnet-4-5")).toContain("warn: its provider switches it off on 2026-11-30");
  });
  test("a strange remote model is a warning, an unknown provider broken", async () => {
    const told = await doctor(envOf({ CONSENSUS_PANEL: `groq/some/model,nobody/x,${OLLAMA}` }));
    expect(found(told, "groq/some/model")).toEqual([
      "warn: is not in its provider's list",
      "warn: its price is unknown: runs with max_cost_usd leave it out",
    ]);
    expect(found(told, "nobody/x")).toEqual(["fail: no provider has this name"]);
  });
  test("a local model that is not installed is broken, with the command that gets it", () => {
    const proof = { proved: false, reason: "misconfigured", detail: "the model is not installed" } as const;
    const visit = visitOf("0.33.0", { proofs: new Map([["phi4", proof]]) });
    const facts = factsOf("ollama", "phi4", {}, true);
    const checks = memberChecks({
      member: "ollama/phi4",
      model: "phi4",
      visit,
      unknown: false,
      facts,
      privacy: "cloud-allowed",
      today: "2026-11-22",
    });
    expect(checks.map(({ mark, detail, hint }) => [mark, detail, hint])).toEqual([["fail", "is not installed", "ollama pull phi4"]]);
  });
  test("windows that do not agree are named", async () => {
    const small = await doctor(envOf({ CONSENSUS_MODELS: `{"${OLLAMA}":{"num_ctx":4096}}` }));
    expect(found(small, OLLAMA)).toContain("warn: num_ctx is 4096, but it is loaded with 8192: the next call reloads it");
    const big = await doctor(envOf({ CONSENSUS_MODELS: `{"${OLLAMA}":{"num_ctx":999999}}` }));
    expect(found(big, OLLAMA)).toContain("warn: num_ctx is 999999, its weights allow 131072");
    const cold = await doctor(envOf({ CONSENSUS_PANEL: "ollama/qwen3:14b,groq/openai/gpt-oss-20b" }));
    expect(found(cold, "ollama/qwen3:14b")).toContain("warn: its num_ctx is not fixed: the server chooses, 4096 on most machines");
  });
});

describe("configuration, machine and store", () => {
  test("a refused variable is a failed check that shows no value; typos and the store are checked all the same", async () => {
    const told = await doctor(envOf({ CONSENSUS_QUORUM: "many", CONSENSUS_PANNEL: "x" }));
    expect(found(told, "CONSENSUS_QUORUM")).toEqual(["fail: accepts a whole number from 1 to 16"]);
    expect(found(told, "CONSENSUS_PANNEL")).toEqual(["warn: is set, but nothing reads it"]);
    expect(found(told, "store")).toHaveLength(1);
    expect([told.code, told.losses]).toEqual([1, null]);
    expect(told.text).not.toContain("many");
  });
  test("WSL2 under NAT with an unreachable Ollama: the exact settings on Windows", async () => {
    await simulator.fault("ollama", "refused");
    const route = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t00000000\t0150A8C0\t0003\t0\t0\t0\t00000000\n";
    const facts = { procVersion: "Linux version 5.15 (microsoft-standard-WSL2)", osRelease: "", route, env: { WSL_DISTRO_NAME: "Debian" } };
    const told = await doctor(envOf(), [], { wsl: facts, askMode: async () => "nat" });
    expect(found(told, "wsl2")).toEqual([
      "warn: Debian, networking nat: Windows is at 192.168.80.1, its localhost is not reachable, and Ollama does not answer",
    ]);
    for (const part of [
      "setx OLLAMA_HOST 0.0.0.0",
      "New-NetFirewallRule",
      "-LocalPort 11434",
      "CONSENSUS_LOCAL_ADDRESSES=192.168.80.1",
      "networkingMode=mirrored",
    ])
      expect(hints(told, "wsl2")).toContain(part);
    const mirrored = await doctor(envOf(), [], { wsl: facts, askMode: async () => "mirrored" });
    expect(hints(mirrored, "wsl2")).toContain("hostAddressLoopback=true");
    await simulator.fault("ollama", null);
    expect(found(await doctor(envOf(), [], { wsl: facts, askMode: async () => "nat" }), "wsl2")[0]).toMatch(/^ok: /);
  });
  test("the store is looked at and left as it is", async () => {
    const path = join(folder, "store.db");
    expect(await storeFacts(path)).toMatchObject({ state: "new" });
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
    const sql = await openSqlite(path);
    expect(await storeFacts(path)).toMatchObject({ state: "ready" });
    await sql.run({ sql: "INSERT INTO schema_versions (version) VALUES (?)", params: [999] });
    await sql.close();
    expect((await storeFacts(path)).detail).toMatch(/^it has schema 999 of a newer version/);
    const odd = join(folder, "odd.db");
    writeFileSync(odd, "not a database at all, but long enough to be read as one".repeat(20));
    const before = readFileSync(odd);
    expect(await storeFacts(odd)).toMatchObject({ state: "unusable" });
    expect(readFileSync(odd).equals(before)).toBe(true);
  });
});

test("losses count distinct members, and call a quorum missed that is", () => {
  const ladders = { panel: ["a/1", "a/2", "b/1", "a/1"], fallback: ["c/1", "b/1"], adjudicators: ["a/1"], quorum: 2 };
  const table = losses(
    ladders,
    (member) => member !== "a/2",
    (member) => !member.startsWith("b/"),
  );
  expect(table.map(({ lost }) => lost)).toEqual(["", "a", "b", "c", "all cloud"]);
  expect(table[0]).toMatchObject({
    left: ["a/1", "b/1"],
    quorum: { needed: 2, usable: 2, met: true },
    outcome: "consensus",
    fallback: "c/1",
  });
  expect(table[1]).toMatchObject({ left: ["b/1"], quorum: { met: false }, outcome: "single-member", adjudicator: null });
  expect(table[4]).toMatchObject({ left: ["b/1"], fallback: "b/1" });
});
