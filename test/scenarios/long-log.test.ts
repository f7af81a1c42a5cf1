/** A log of 50,000 tokens for a panel whose local member holds 8,192: what each member was sent, counted by real tokenizers, and what the report says of it. */
import { encode as cl100k } from "gpt-tokenizer/encoding/cl100k_base";
import { encode as o200k } from "gpt-tokenizer/encoding/o200k_base";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Report } from "../../src/core/report.ts";
import { readSettings } from "../../src/runtimes/config.ts";
import { serve, type Service } from "../../src/runtimes/serve.ts";
import { type ProviderName, startSimulator, type Simulator } from "../../src/simulator/simulator.ts";

const WINDOW = 8192;
const LOCAL = "ollama/llama3.2";
const QUESTION = "Summarise this night's log in three sentences: what failed?";
/** each of another kind; none may be folded away */
const ERRORS = [
  "kernel: EXT4-fs error (device sda2): ext4_find_entry:1455: inode #262146: comm nginx: reading directory lblock 0",
  "smartd[612]: Device: /dev/sda [SAT], FAILED SMART self-check. BACK UP DATA NOW!",
  'postgres[2201]: FATAL:  could not open file "base/16384/2619": Input/output error',
  'nginx[1101]: [crit] open() "/var/log/nginx/access.log" failed (28: No space left on device)',
  "systemd[1]: backup.service: Failed with result 'exit-code'.",
  "borg[3321]: ERROR: Repository /mnt/nas/lab does not exist.",
  "kernel: Out of memory: Killed process 4410 (llama-server) total-vm:24117248kB",
  "sshd[901]: error: maximum authentication attempts exceeded for root from 198.51.100.23 port 50311 ssh2 [preauth]",
  'dockerd[733]: level=error msg="Handler for POST /v1.45/containers/create returned error: no such image"',
  "cron[455]: (root) ERROR (grandchild #8821 failed with exit status 127)",
];
function nightLog(): string {
  const lines: string[] = [];
  for (let at = 0; at < 1600; at += 1) {
    const stamp = `2026-11-22T02:${String(Math.floor(at / 60) % 60).padStart(2, "0")}:${String(at % 60).padStart(2, "0")}.${100 + (at % 900)}Z lab`;
    const noise = [
      `sshd[${1000 + at}]: Failed password for invalid user admin${at} from 10.0.${at % 256}.7 port ${40_000 + at} ssh2`,
      `nginx[1101]: 10.0.0.${at % 250} - - "GET /api/v1/items/${at} HTTP/1.1" 200 ${500 + at} ${at % 700} ms`,
      `systemd[1]: Started session-${at}.scope - Session ${at} of User lab.`,
    ];
    lines.push(`${stamp} ${noise[at % 3]}`);
    if (at % 160 === 80) lines.push(`${stamp} ${ERRORS[Math.floor(at / 160)]}`);
  }
  return lines.join("\n");
}
const LOG = nightLog();
const PROMPT = `${QUESTION}\n\n${LOG}`;

let simulator: Simulator;
let service: Service;
beforeAll(async () => {
  simulator = await startSimulator({ latencyMs: 1 });
  const env = {
    ...simulator.environment(),
    PORT: "0",
    LOG_LEVEL: "error",
    CONSENSUS_DB: ":memory:",
    CONSENSUS_MODELS: JSON.stringify({ [LOCAL]: { context_tokens: WINDOW, num_ctx: WINDOW } }),
  };
  service = await serve(await readSettings(env, { version: "test", simulated: true }));
});
afterAll(async () => {
  await service.stop();
  await simulator.close();
});

async function ask(change: object = {}): Promise<{ status: number; report: Report }> {
  const body = JSON.stringify({ prompt: PROMPT, stop: "all", deadline_ms: 20_000, ...change });
  const reply = await fetch(`${service.url}/consensus`, { method: "POST", headers: { "content-type": "application/json" }, body });
  return { status: reply.status, report: (await reply.json()) as Report };
}
/** The text of the last prompt that asked the question (adjudicators are sent other prompts). */
function lastSent(provider: ProviderName): { text: string; options: unknown } {
  const sent = simulator
    .seen(provider)
    .findLast(({ json, body }) => json !== undefined && body.includes(QUESTION) && !body.includes("candidate A begins"));
  const { messages, options } = (sent?.json ?? { messages: [] }) as { messages: { content: string }[]; options?: unknown };
  return { text: messages.map(({ content }) => content).join("\n"), options };
}
const outcomeOf = (report: Report, provider: string) => report.outcomes.find((outcome) => outcome.provider === provider);

test("the log is as long as it is meant to be", () => {
  expect(o200k(PROMPT).length).toBeGreaterThan(50_000);
});

test("the local prompt fits, keeps every kind of error, and the cloud members got the whole", async () => {
  const { status, report } = await ask();
  expect(status).toBe(200);
  const local = lastSent("ollama");
  expect(local.options).toMatchObject({ num_ctx: WINDOW });
  for (const encode of [o200k, cl100k]) expect(encode(local.text).length).toBeLessThan(WINDOW - 1024);
  expect(local.text).toContain(QUESTION);
  for (const error of ERRORS) expect(local.text).toContain(error);
  for (const provider of ["together", "groq"] as const) expect(lastSent(provider).text.includes(PROMPT)).toBe(true);
  const fit = outcomeOf(report, "ollama");
  expect(fit).toMatchObject({ status: "answered", flags: expect.arrayContaining(["context-trimmed"]) });
  const told = fit?.status === "answered" ? fit.context_fit : null;
  expect(told).toMatchObject({ window_tokens: WINDOW });
  expect(told?.folded_lines).toBeGreaterThan(1000);
  expect(told?.cut_tokens).toBeGreaterThan(30_000);
  expect((told?.kept_tokens ?? 0) + (told?.cut_tokens ?? 0)).toBe(told?.prompt_tokens);
  for (const provider of ["together", "groq"]) expect(outcomeOf(report, provider)).toMatchObject({ status: "answered", context_fit: null });
});

test("with the cloud gone the local member answers alone, and the report says what it did not read", async () => {
  for (const provider of ["together", "groq"]) await simulator.fault(provider, "refused");
  const { status, report } = await ask({ strategy: "auto" });
  for (const provider of ["together", "groq"]) await simulator.fault(provider, null);
  expect(status).toBe(200);
  expect(report).toMatchObject({ status: "degraded", mode: "single-provider", verdict: { how: "survivor", winner: LOCAL } });
  expect(report.degradations.map(({ code }) => code)).toEqual(expect.arrayContaining(["single-provider", "context-trimmed"]));
  expect(report.degradations.find(({ code }) => code === "context-trimmed")).toMatchObject({ member: LOCAL });
});
