/** The configuration: every default, every reading, and every bad value stopped with its variable's name. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/core/problem.ts";
import { CONFIG_TABLE, type Environment, readSettings, renderConfigTable } from "../../src/runtimes/config.ts";
import { loadDotEnv } from "../../src/runtimes/dotenv.ts";
import type { ProviderSettings, Settings } from "../../src/runtimes/settings.ts";

const read = (env: Environment): Promise<Settings> => readSettings(env, { version: "1.2.3" });
const provider = async (env: Environment, name: string): Promise<ProviderSettings | undefined> =>
  (await read(env)).providers.find((one) => one.name === name);
const LM = (fields: object): Environment => ({ CONSENSUS_PROVIDERS: JSON.stringify({ lmstudio: fields }) });

test("an empty environment gives the defaults of the table", async () => {
  const { providers, ...rest } = await read({});
  expect(rest).toEqual({
    host: "127.0.0.1",
    port: 8787,
    apiKeys: [],
    allowedHosts: ["localhost", "127.0.0.1", "[::1]"],
    rateLimitRpm: null,
    localAddresses: [],
    panel: ["ollama/llama3.2"],
    adjudicators: ["ollama/llama3.2"],
    fallback: ["ollama/llama3.2"],
    models: {},
    quorum: 2,
    deadlineMs: 60_000,
    graceMs: 5_000,
    privacy: "cloud-allowed",
    db: "./data/consensus.db",
    storeContent: true,
    hedge: {},
    logLevel: "info",
    otelEndpoint: null,
    simulated: false,
    version: "1.2.3",
  });
  expect(providers.map(({ name, baseUrl, local, configured }) => [name, baseUrl, local, configured])).toEqual([
    ["together", "https://api.together.ai/v1", false, false],
    ["groq", "https://api.groq.com", false, false],
    ["ollama", "http://127.0.0.1:11434", true, true],
    ["openai", "https://api.openai.com/v1", false, false],
    ["anthropic", "https://api.anthropic.com", false, false],
  ]);
});
test("empty and blank variables are unset ones", async () => {
  const env = Object.fromEntries(CONFIG_TABLE.map(({ name }, index) => [name, index % 2 === 0 ? "" : "  "]));
  expect(await read(env)).toEqual(await read({}));
});
test("a provider with its key is configured and joins the default panel, which ladder and chain follow", async () => {
  const settings = await read({ TOGETHER_API_KEY: "t-key", GROQ_API_KEY: "g-key" });
  expect(settings.panel).toEqual(["together/meta-llama/Llama-3.3-70B-Instruct-Turbo", "groq/openai/gpt-oss-120b", "ollama/llama3.2"]);
  expect(settings.adjudicators).toEqual(settings.panel);
  expect(settings.fallback).toEqual(settings.panel);
  expect(settings.providers[0]?.key?.reveal()).toBe("t-key");
  expect(JSON.stringify(settings)).not.toContain("t-key");
});
test("lists and numbers are read as written", async () => {
  const settings = await read({
    HOST: "0.0.0.0",
    PORT: "0",
    CONSENSUS_API_KEYS: " one, two ,one,",
    CONSENSUS_RATE_LIMIT_RPM: "60",
    CONSENSUS_LOCAL_ADDRESSES: "192.168.1.20, 10.0.0.0/8,fd00::/8,localhost",
    CONSENSUS_PANEL: "groq/openai/gpt-oss-120b, ollama/llama3.2",
    CONSENSUS_ADJUDICATORS: "groq/openai/gpt-oss-20b",
    CONSENSUS_FALLBACK: "ollama/llama3.2",
    CONSENSUS_QUORUM: "3",
    CONSENSUS_DEADLINE_MS: "3000",
    CONSENSUS_PRIVACY: "auto",
    CONSENSUS_DB: ":memory:",
    CONSENSUS_STORE_CONTENT: "false",
    CONSENSUS_HEDGE: '{"together/a/b":"groq/c"}',
    CONSENSUS_MODELS: '{"ollama/llama3.2":{"num_ctx":8192,"max_concurrency":2,"weight":0.5,"timeout_ms":9000}}',
    CONSENSUS_OTEL_ENDPOINT: "http://127.0.0.1:4318/",
    LOG_LEVEL: "debug",
  });
  expect(settings.apiKeys.map((key) => key.reveal())).toEqual(["one", "two"]);
  expect(settings).toMatchObject({
    host: "0.0.0.0",
    port: 0,
    allowedHosts: ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"],
    rateLimitRpm: 60,
    localAddresses: ["192.168.1.20", "10.0.0.0/8", "fd00::/8", "127.0.0.1"],
    panel: ["groq/openai/gpt-oss-120b", "ollama/llama3.2"],
    adjudicators: ["groq/openai/gpt-oss-20b"],
    fallback: ["ollama/llama3.2"],
    quorum: 3,
    deadlineMs: 3000,
    graceMs: 3000,
    privacy: "auto",
    db: ":memory:",
    storeContent: false,
    hedge: { "together/a/b": "groq/c" },
    models: { "ollama/llama3.2": { numCtx: 8192, maxConcurrency: 2, weight: 0.5, timeoutMs: 9000 } },
    otelEndpoint: "http://127.0.0.1:4318",
    logLevel: "debug",
  });
});
test.each([
  [{ HOST: "::1" }, ["localhost", "127.0.0.1", "[::1]"]],
  [{ HOST: "[::1]" }, ["localhost", "127.0.0.1", "[::1]"]],
  [{ HOST: "lab.lan", CONSENSUS_API_KEYS: "k" }, ["localhost", "127.0.0.1", "[::1]", "lab.lan"]],
  [{ CONSENSUS_ALLOWED_HOSTS: "Lab.LAN, ::1" }, ["lab.lan", "[::1]"]],
])("%j answers to %j", async (env: Environment, allowedHosts) => {
  expect((await read(env)).allowedHosts).toEqual(allowedHosts);
});

describe("base URLs", () => {
  test.each([
    ["together", "TOGETHER_BASE_URL", "https://api.together.xyz/v1", "https://api.together.xyz/v1"],
    ["together", "TOGETHER_BASE_URL", "https://api.together.xyz/v1/", "https://api.together.xyz/v1"],
    ["together", "TOGETHER_BASE_URL", "https://api.together.xyz/v1/v1", "https://api.together.xyz/v1"],
    ["together", "TOGETHER_BASE_URL", "https://api.together.xyz", "https://api.together.xyz/v1"],
    ["together", "TOGETHER_BASE_URL", "http://127.0.0.1:9001/v1", "http://127.0.0.1:9001/v1"],
    ["together", "TOGETHER_BASE_URL", "http://localhost:9001", "http://127.0.0.1:9001/v1"],
    ["openai", "OPENAI_BASE_URL", "https://proxy.example/openai", "https://proxy.example/openai"],
    ["groq", "GROQ_BASE_URL", "https://api.groq.com/openai/v1/", "https://api.groq.com"],
    ["groq", "GROQ_BASE_URL", "http://127.0.0.1:9002", "http://127.0.0.1:9002"],
    ["groq", "GROQ_BASE_URL", "http://[::1]:9002/groq", "http://[::1]:9002/groq"],
    ["anthropic", "ANTHROPIC_BASE_URL", "https://api.anthropic.com/v1", "https://api.anthropic.com"],
  ])("%s: %s=%s is %s", async (name, variable, text, baseUrl) => {
    expect((await provider({ [variable]: text }, name))?.baseUrl).toBe(baseUrl);
  });
  test("a cloud service on a loopback address is still not local", async () => {
    expect((await provider({ TOGETHER_BASE_URL: "http://127.0.0.1:9001/v1" }, "together"))?.local).toBe(false);
  });
  test.each([
    "api.together.xyz/v1",
    "http://api.together.xyz/v1",
    "http://192.168.1.9/v1",
    "HTTPS://api.together.xyz/v1",
    "https://api.together.xyz:443/v1",
    "https://user:pw@api.together.xyz/v1",
    "https://api.together.xyz/v1?x=1",
    "https://api.together.xyz/v1#x",
    "https://api.together.xyz/a/../v1",
    "http://0177.0.0.1:1/v1",
    "http://2130706433/v1",
    "ftp://127.0.0.1/v1",
    "https://аpi.groq.com",
  ])("%s stops the start", async (text) => {
    await expect(read({ TOGETHER_BASE_URL: text })).rejects.toMatchObject({ variable: "TOGETHER_BASE_URL" });
  });
});

describe("Ollama", () => {
  test.each([
    [{ OLLAMA_HOST: "0.0.0.0" }, "http://127.0.0.1:11434", true],
    [{ OLLAMA_HOST: "192.168.1.20" }, "http://192.168.1.20:11434", false],
    [{ OLLAMA_HOST: "192.168.1.20", CONSENSUS_LOCAL_ADDRESSES: "192.168.1.0/24" }, "http://192.168.1.20:11434", true],
    [{ OLLAMA_HOST: "pi.lan", CONSENSUS_LOCAL_ADDRESSES: "192.168.1.0/24" }, "http://pi.lan:11434", false],
    [{ OLLAMA_HOST: "https://tunnel.example/ollama/" }, "https://tunnel.example/ollama", false],
    [{ OLLAMA_HOST: "auto" }, null, true],
  ])("%j is at %s, local: %s", async (env: Environment, baseUrl, local) => {
    expect(await provider(env, "ollama")).toMatchObject({ baseUrl, local, configured: true });
  });
  test("ollama.com needs its key to be configured", async () => {
    expect(await provider({ OLLAMA_HOST: "ollama.com" }, "ollama")).toMatchObject({ configured: false, local: false });
    expect(await provider({ OLLAMA_HOST: "ollama.com", OLLAMA_API_KEY: "k" }, "ollama")).toMatchObject({ configured: true });
  });
  test("user info becomes a secret of its own, a key goes before it", async () => {
    const withInfo = await provider({ OLLAMA_HOST: "https://u:p@tunnel.example" }, "ollama");
    expect([withInfo?.baseUrl, withInfo?.basic?.reveal(), withInfo?.key]).toEqual(["https://tunnel.example", "u:p", null]);
    expect((await provider({ OLLAMA_HOST: "https://u:p@tunnel.example", OLLAMA_API_KEY: "k" }, "ollama"))?.basic).toBe(null);
  });
});

describe("CONSENSUS_PROVIDERS", () => {
  test("a service is local only if declared so, and configured when the variable of its key is set", async () => {
    const fields = { base_url: "http://localhost:1234/v1/", api_key_env: "LM_KEY", local: true, model: "qwen3-8b" };
    const settings = await read({ ...LM(fields), LM_KEY: "k" });
    expect(settings.providers.at(-1)).toMatchObject({
      name: "lmstudio",
      dialect: "openai-compatible",
      baseUrl: "http://127.0.0.1:1234/v1",
      local: true,
      configured: true,
    });
    expect(settings.panel).toEqual(["ollama/llama3.2", "lmstudio/qwen3-8b"]);
    expect(await provider(LM(fields), "lmstudio")).toMatchObject({ configured: false, key: null });
    expect(await provider(LM({ base_url: "http://127.0.0.1:1234/v1" }), "lmstudio")).toMatchObject({ local: false, configured: true });
  });
  test.each([
    ["not JSON", "{"],
    ["a list", "[]"],
    ["a name that stands twice", '{"a":{"base_url":"https://a.example"},"a":{"base_url":"https://b.example"}}'],
    ["a field that stands twice", '{"a":{"base_url":"http://127.0.0.1:1","local":false,"local":true}}'],
    ["an unknown field", '{"a":{"base_url":"https://a.example","key":"sk-1"}}'],
    ["no base_url", '{"a":{}}'],
    ["a taken name", '{"groq":{"base_url":"https://a.example"}}'],
    ["a name with a slash", '{"a/b":{"base_url":"https://a.example"}}'],
    ["plain http to a public name", '{"a":{"base_url":"http://a.example"}}'],
    ["local, but elsewhere", '{"a":{"base_url":"https://a.example","local":true}}'],
    ["local, under a name", '{"a":{"base_url":"http://pi.lan/v1","local":true}}'],
    ["local, in an odd spelling", '{"a":{"base_url":"http://127.1:1234/v1","local":true}}'],
    ["local, in another odd spelling", '{"a":{"base_url":"http://0x7f.0.0.1:1234/v1","local":true}}'],
    ["local, as localhost with a dot", '{"a":{"base_url":"http://localhost.:1234/v1","local":true}}'],
  ])("%s stops the start", async (_what, text) => {
    await expect(read({ CONSENSUS_PROVIDERS: text })).rejects.toMatchObject({ variable: "CONSENSUS_PROVIDERS" });
  });
});

describe("a bad value", () => {
  const long = "x".repeat(5_000);
  test.each([
    ["HOST", "0.0.0.0"],
    ["HOST", "::"],
    ["HOST", "192.168.1.5"],
    ["HOST", "lab.lan"],
    ["HOST", "127.0.0.1:80"],
    ["PORT", "http"],
    ["PORT", "-1"],
    ["PORT", "65536"],
    ["PORT", "80.5"],
    ["CONSENSUS_API_KEYS", ","],
    ["CONSENSUS_API_KEYS", "two words"],
    ["CONSENSUS_API_KEYS", long],
    ["CONSENSUS_ALLOWED_HOSTS", "lab.lan:8787"],
    ["CONSENSUS_ALLOWED_HOSTS", "*"],
    ["CONSENSUS_RATE_LIMIT_RPM", "0"],
    ["CONSENSUS_LOCAL_ADDRESSES", "pi.lan"],
    ["CONSENSUS_LOCAL_ADDRESSES", "192.168.1.0/33"],
    ["CONSENSUS_LOCAL_ADDRESSES", "0.0.0.0/0"],
    ["CONSENSUS_LOCAL_ADDRESSES", "127.1"],
    ["TOGETHER_API_KEY", "with\nnewline"],
    ["OLLAMA_HOST", "x:port"],
    ["OLLAMA_HOST", "http://u:p@tunnel.example"],
    ["CONSENSUS_PANEL", "llama3.2"],
    ["CONSENSUS_PANEL", "/llama3.2"],
    ["CONSENSUS_PANEL", "ollama/"],
    ["CONSENSUS_PANEL", Array.from({ length: 17 }, () => "ollama/a").join()],
    ["CONSENSUS_ADJUDICATORS", "groq"],
    ["CONSENSUS_FALLBACK", "groq"],
    ["CONSENSUS_MODELS", "[]"],
    ["CONSENSUS_MODELS", '{"llama3.2":{}}'],
    ["CONSENSUS_MODELS", '{"ollama/llama3.2":{"context":1}}'],
    ["CONSENSUS_MODELS", '{"ollama/llama3.2":{"num_ctx":"8k"}}'],
    ["CONSENSUS_MODELS", '{"ollama/llama3.2":{"weight":101}}'],
    ["CONSENSUS_QUORUM", "0"],
    ["CONSENSUS_QUORUM", "17"],
    ["CONSENSUS_DEADLINE_MS", "0"],
    ["CONSENSUS_DEADLINE_MS", "600001"],
    ["CONSENSUS_DEADLINE_MS", "1e4"],
    ["CONSENSUS_GRACE_MS", "60001"],
    ["CONSENSUS_PRIVACY", "local"],
    ["CONSENSUS_HEDGE", '{"a":"b"}'],
    ["CONSENSUS_STORE_CONTENT", "maybe"],
    ["CONSENSUS_OTEL_ENDPOINT", "collector:4318"],
    ["LOG_LEVEL", "trace"],
  ])("%s=%j stops the start with one line that names it and not its value", async (variable, text) => {
    const error = await read({ [variable]: text }).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ConfigError);
    const { message } = error as ConfigError;
    expect(message).toMatch(new RegExp(`^${variable}: accepts [^\\n]{4,400}$`));
    if (text.length > 12) expect(message).not.toContain(text);
  });
  test("a key is not sent in the clear beyond a local address", async () => {
    await expect(read({ OLLAMA_HOST: "http://pi.lan", OLLAMA_API_KEY: "k" })).rejects.toMatchObject({ variable: "OLLAMA_API_KEY" });
  });
  test("a non-loopback HOST with keys is fine", async () => {
    expect((await read({ HOST: "0.0.0.0", CONSENSUS_API_KEYS: "k" })).host).toBe("0.0.0.0");
  });
});

test("the table names every variable once and renders as Markdown", () => {
  const names = CONFIG_TABLE.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const lines = renderConfigTable().split("\n");
  expect(lines.length).toBe(names.length + 2);
  expect(lines.every((line) => /^\|.*\|$/.test(line))).toBe(true);
});
test("reading touches no variable that the table leaves out", async () => {
  const asked = new Set<string>();
  const env = new Proxy<Record<string, string>>({}, { getOwnPropertyDescriptor: (_target, name) => void asked.add(String(name)) });
  await read(env);
  expect([...asked].sort()).toEqual(CONFIG_TABLE.map(({ name }) => name).sort());
});

test("a .env file fills what the environment leaves open", () => {
  const folder = mkdtempSync(join(tmpdir(), "dotenv-"));
  try {
    expect(loadDotEnv(folder, { PORT: "1" })).toEqual({ PORT: "1" });
    writeFileSync(join(folder, ".env"), '# note\nPORT=2\nGROQ_API_KEY="a b"\n');
    expect(loadDotEnv(folder, { PORT: "1" })).toEqual({ PORT: "1", GROQ_API_KEY: "a b" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
