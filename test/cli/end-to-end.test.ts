/** The real command in its own process, against simulated providers on loopback and a real service. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Report } from "../../src/core/report.ts";
import { readSettings } from "../../src/runtimes/config.ts";
import { serve, type Service } from "../../src/runtimes/serve.ts";
import { startSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { gekro, type SpawnOptions } from "./spawned.ts";

const KEY = "simulated-groq-key";
const folder = mkdtempSync(join(tmpdir(), "gekro-cli-"));
let simulator: Simulator;
let service: Service;
let env: Record<string, string>;

beforeAll(async () => {
  simulator = await startSimulator({ latencyMs: 5 });
  env = { ...simulator.environment(), CONSENSUS_DB: join(folder, "reports.db") };
  const settings = { ...simulator.environment(), PORT: "0", CONSENSUS_API_KEYS: "sesame", CONSENSUS_DB: ":memory:", LOG_LEVEL: "error" };
  service = await serve(await readSettings(settings, { version: "0", simulated: true }));
});
afterAll(async () => {
  await service.stop();
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
});
const run = (args: string[], options: SpawnOptions = {}) => gekro(args, { ...options, env: { ...env, ...options.env } });

describe("with the engine in the process", () => {
  test("a piped log and a question become one answer, kept as a report", async () => {
    const asked = await run(["ask", "How much is 17 + 25?", "--answer", "number", "--json"], { input: "some log\n" });
    expect(asked.code).toBe(0);
    const report = JSON.parse(asked.out) as Report;
    expect(report).toMatchObject({ schema: "consensus.report/1", storage: { stored: true }, request: { answer: { type: "number" } } });
    const [listed, shown] = await Promise.all([run(["report"]), run(["report", report.id])]);
    expect(listed.out).toContain(report.id);
    expect(shown.out).toContain("groq/openai/gpt-oss-120b  answered");
  });
  test("one provider down is a loss on standard error and an answer on standard output", async () => {
    await simulator.fault("groq", "401");
    const { code, out, err } = await run(["ask", "Why?", "--strict"]);
    await simulator.fault("groq", null);
    expect(code).toBe(3);
    expect(out.length).toBeGreaterThan(1);
    expect(err).toContain("degraded: member-dropped groq/openai/gpt-oss-120b: unauthorized");
    expect(out + err).not.toContain(KEY);
  });
  test("--local-only asks nobody in the cloud", async () => {
    const before = simulator.seen("groq").length + simulator.seen("together").length;
    const { code, out } = await run(["ask", "Why?", "--local-only", "--json"]);
    expect(code).toBe(0);
    expect((JSON.parse(out) as Report).privacy).toEqual({ class: "local-only", hosts: [new URL(env["OLLAMA_HOST"] ?? "").host] });
    expect(simulator.seen("groq").length + simulator.seen("together").length).toBe(before);
  });
  test("Ctrl-C ends the run, its calls and the process with 130", async () => {
    await simulator.fault("together", "stall-headers");
    const words = ["ask", "Why?", "--panel", "ollama/llama3.2,together/meta-llama/Llama-3.3-70B-Instruct-Turbo", "--deadline", "60s"];
    const { code, out } = await run(words, { interruptAt: "ollama/llama3.2  answered", within: 10_000 });
    expect(simulator.seen("together").at(-1)?.abortedAt).not.toBeNull();
    await simulator.fault("together", null);
    expect([code, out]).toEqual([130, ""]);
  });
  test("a bad variable ends in 78 and one line", async () => {
    const { code, err } = await run(["ask", "x"], { env: { CONSENSUS_QUORUM: "none" } });
    expect([code, err]).toEqual([78, "gekro: CONSENSUS_QUORUM: accepts a whole number from 1 to 16\n"]);
  });
});

describe("probe and models", () => {
  test("a probe prints the wire without the key, and the reply as it was read", async () => {
    const { code, out, err } = await run(["probe", "groq/openai/gpt-oss-120b", "hi"]);
    expect(code).toBe(0);
    expect(err).toContain("/openai/v1/chat/completions");
    expect(err).toContain("authorization: Bearer [key]");
    expect(err).toContain('"prompt_tokens"');
    expect(out + err).not.toContain(KEY);
    expect(JSON.parse(out)).toMatchObject({ finish: { unified: "stop" } });
  });
  test("a stream is printed as it came, with the time of its first text", async () => {
    const { err } = await run(["probe", "ollama/llama3.2", "hi", "--stream"]);
    expect(err).toContain('"stream": true');
    expect(err).toMatch(/first text \d/);
  });
  test("a failure is read by the closed list", async () => {
    await simulator.fault("together", "503");
    const { code, out } = await run(["probe", "together/meta-llama/Llama-3.3-70B-Instruct-Turbo", "hi"]);
    await simulator.fault("together", null);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ reason: "unavailable", status: 503 });
  });
  test("a local-only probe of a remote provider sends nothing", async () => {
    const before = simulator.seen("groq").length;
    const { code, err } = await run(["probe", "groq/openai/gpt-oss-120b", "hi", "--local-only"]);
    expect(code).toBe(1);
    expect(err).toContain("privacy-conflict");
    expect(simulator.seen("groq").length).toBe(before);
  });
  test("models come with window and price, and who sits in the panel", async () => {
    const { code, out, err } = await run(["models"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^\* {2}groq\/openai\/gpt-oss-120b +131k +0\.15 +0\.75$/m);
    expect(out).toMatch(/^\* {2}ollama\/llama3\.2:latest +local +\S+ +free +free$/m);
    expect(err).toBe("not configured: openai, anthropic\n");
  });
});

describe("with a running service", () => {
  test("asks it, and reads its reports, with the key of the environment", async () => {
    const options = { env: { GEKRO_API_KEY: "sesame" } };
    const asked = await run(["ask", "Why?", "--json", "--server", service.url], options);
    expect(asked.code).toBe(0);
    const { id } = JSON.parse(asked.out) as Report;
    expect((await run(["report", id, "--server", service.url, "--json"], options)).out).toContain(id);
  });
  test("without the key it says what is missing", async () => {
    const { code, err } = await run(["ask", "Why?", "--server", service.url]);
    expect(code).toBe(1);
    expect(err).toContain("gekro: unauthenticated:");
  });
});

describe("completion", () => {
  test("offers commands, flags and their values", async () => {
    const offered = async (...words: string[]): Promise<string[]> =>
      (await run(["complete", "--", ...words])).out.split("\n").map((line) => line.split("\t")[0] ?? "");
    expect(await offered("")).toContain("ask");
    expect(await offered("ask", "--loc")).toContain("--local-only");
    expect(await offered("ask", "--strategy", "")).toContain("cascade");
  });
  test.each(["bash", "zsh", "fish", "powershell"])("prints a script for %s", async (shell) => {
    const { code, out } = await run(["completion", shell]);
    expect(code).toBe(0);
    expect(out).toContain("gekro");
  });
});
