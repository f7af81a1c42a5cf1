/** `probe`: one model of one provider alone, without panel, retries or breaker: prints the wire as it was, the timing, and how the reply is read. */
import type { ChatMessage } from "../core/chat.ts";
import { splitMember } from "../core/member.ts";
import { Problem } from "../core/problem.ts";
import type { Passage } from "../egress/egress.ts";
import { costUsd } from "../providers/models.ts";
import type { ChatResult, Provider } from "../providers/provider.ts";
import { EXIT, UsageError } from "./exits.ts";
import { dollars, seconds } from "./format.ts";
import type { AddCommand, CliPorts, EmbeddedEngine } from "./ports.ts";
import { safeJson } from "./safe.ts";
import { readCount, readMs } from "./values.ts";
import { createWire, type Wire } from "./wire.ts";
import { wireText } from "./wire-text.ts";

interface Options {
  stream?: boolean;
  timeout?: number;
  maxTokens?: number;
  localOnly?: boolean;
  json?: boolean;
}
interface Probe {
  ports: CliPorts;
  engine: EmbeddedEngine;
  provider: Provider;
  model: string;
  passage: Passage;
}
interface Timing {
  headersMs: number | null;
  firstTextMs: number | null;
  totalMs: number;
}

function find(engine: EmbeddedEngine, member: string): { provider: Provider; model: string } {
  const { provider: name, model } = splitMember(member);
  if (name === "" || model === "") throw new UsageError("write provider/model, e.g. groq/openai/gpt-oss-120b");
  const provider = engine.providers.get(name);
  const known = engine.settings.providers.find((one) => one.name === name);
  const names = engine.settings.providers.map((one) => one.name).join(", ");
  if (known === undefined) throw new UsageError(`no provider is named ${name}; there are ${names}`);
  if (provider === undefined) throw new UsageError(`provider ${name} is not configured: it has no key`);
  return { provider, model };
}

/** Under local-only nothing is said to a runtime that might pass it on. */
async function prove({ engine, provider, model, passage }: Probe, signal: AbortSignal): Promise<void> {
  if (passage.privacy !== "local-only") return;
  if (!provider.local) throw new Problem("privacy-conflict", `${provider.name} is not local, and this probe is local-only`);
  const fetch = engine.egress.open(provider.endpoint, passage, { carriesPrompt: false });
  const proof = await provider.prove?.(model, { fetch, signal });
  if (proof && !proof.proved) throw new Problem("local-unavailable", `${proof.reason}: ${proof.detail}`);
}

async function call(probe: Probe, messages: ChatMessage[], options: Options): Promise<{ outcome: ChatResult; timing: Timing }> {
  const { ports, engine, provider, model, passage } = probe;
  const { clock } = ports;
  const late = new AbortController();
  const cancel = clock.timer(options.timeout ?? provider.timeoutMs, () => late.abort());
  const signal = AbortSignal.any([ports.signal, late.signal]);
  const timing: Timing = { headersMs: null, firstTextMs: null, totalMs: 0 };
  try {
    await prove(probe, signal);
    const facts = engine.facts(`${provider.name}/${model}`);
    const fetch = engine.egress.open(provider.endpoint, passage, { carriesPrompt: true });
    const startedAt = clock.now();
    const since = (): number => clock.now() - startedAt;
    const onHeaders = (): void => void (timing.headersMs ??= since());
    const onDelta = options.stream ? (): void => void (timing.firstTextMs ??= since()) : undefined;
    const order = { model, messages, facts, ...(facts.numCtx === null ? {} : { numCtx: facts.numCtx }), max_tokens: options.maxTokens };
    const outcome = await provider.chat(order, { fetch, signal, onHeaders, ...(onDelta ? { onDelta } : {}) });
    return { outcome, timing: { ...timing, totalMs: since() } };
  } finally {
    cancel();
  }
}

function timingLine({ headersMs, firstTextMs, totalMs }: Timing): string {
  const part = (name: string, ms: number | null): string => (ms === null ? "" : `${name} ${seconds(ms)} · `);
  return `${part("headers", headersMs)}${part("first text", firstTextMs)}total ${seconds(totalMs)}`;
}

function tell(probe: Probe, wire: Wire, { outcome, timing }: { outcome: ChatResult; timing: Timing }, json?: boolean): number {
  const { terminal } = probe.ports;
  const read = outcome.ok ? outcome.reply : outcome.failure;
  const cost = costUsd(probe.engine.facts(`${probe.provider.name}/${probe.model}`), read.usage);
  const code = outcome.ok ? EXIT.ok : EXIT.failed;
  const hosts = [...probe.passage.hosts];
  if (json) {
    terminal.out(`${wire.redact(safeJson({ ok: outcome.ok, read, cost_usd: cost, timing_ms: timing, hosts }))}\n`);
    return code;
  }
  const title = outcome.ok ? terminal.style("green", "read as a reply:") : terminal.style("red", "read as a failure:");
  terminal.err(`${wireText(wire, terminal.style)}\n${terminal.style("dim", `${timingLine(timing)} · ${dollars(cost)}`)}\n`);
  terminal.err(`${title}\n`);
  terminal.out(`${wire.redact(safeJson(read))}\n`);
  return code;
}

async function probe(ports: CliPorts, member: string, words: string[], options: Options): Promise<number> {
  const text = words.join(" ").trim() || ((await ports.piped?.read(() => {})) ?? "").trim();
  if (text === "") throw new UsageError('nothing to say: write gekro probe provider/model "hi"');
  const wire = createWire(ports.clock.now);
  const engine = await ports.openEngine({ store: false, wrap: wire.wrap });
  try {
    const privacy = options.localOnly || engine.settings.privacy === "local-only" ? "local-only" : "cloud-allowed";
    const one: Probe = { ports, engine, ...find(engine, member), passage: { privacy, hosts: new Set() } };
    return tell(one, wire, await call(one, [{ role: "user", content: text }], options), options.json);
  } finally {
    await engine.close();
  }
}

const EXAMPLES = `
The wire goes to standard error, the reply as it was read to standard output. Keys are left out.

Examples:
  $ gekro probe groq/openai/gpt-oss-120b "hi"
  $ gekro probe ollama/llama3.2 "count to ten" --stream
  $ npm run probe -- together/meta-llama/Llama-3.3-70B-Instruct-Turbo "hi" --max-tokens 20`;

export const addProbe: AddCommand = (program, { ports, done }) => {
  program
    .command("probe")
    .description("one model of one provider alone, and what went over the wire")
    .argument("<provider/model>")
    .argument("[text...]", "what to say")
    .option("--stream", "ask for a stream")
    .option("--max-tokens <n>", "longest answer", readCount)
    .option("--timeout <time>", "give up after: 1500ms, 30s, 2m", readMs)
    .option("--local-only", "refuse anything that is not proved local")
    .option("--json", "no wire; what was read, timing and cost as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (member: string, words: string[], options: Options) => done(await probe(ports, member, words, options)));
};
