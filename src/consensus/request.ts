/** Makes a RunRequest out of a parsed JSON body: validates against the schema, fills every default, says what is wrong by pointer. */
import type { ChatMessage, Sampling } from "../core/chat.ts";
import { problemFields } from "../core/pointers.ts";
import { Problem, type ProblemField } from "../core/problem.ts";
import type { PanelMember, RunRequest } from "./consensus.ts";
import { requestSchema, type WireRequest } from "./schema.ts";

/** What the operator configured, for the fields that a request leaves out. */
export interface RequestDefaults {
  panel: string[];
  adjudicators: string[];
  fallback: string[];
  quorum: number;
  deadlineMs: number;
  graceMs: number;
  privacy: RunRequest["privacy"];
}

export const MAX_SEATS = 16;
const refuse = (pointer: string, code: string, message: string): never => {
  throw new Problem("validation-failed", pointer === "" ? message : `${pointer}: ${message}`, { errors: [{ pointer, code, message }] });
};

type WireContent = string | { type: "text"; text: string }[];
const textOf = (content: WireContent): string => (typeof content === "string" ? content : content.map((part) => part.text).join("\n"));

function toMessage(wire: NonNullable<WireRequest["messages"]>[number]): ChatMessage {
  if (wire.role !== "assistant") return { ...wire, content: textOf(wire.content) } as ChatMessage;
  const { content, ...rest } = wire;
  return { ...rest, content: content === null || content === undefined ? null : textOf(content) };
}

function readMessages(wire: WireRequest): ChatMessage[] {
  if ((wire.messages === undefined) === (wire.prompt === undefined))
    refuse("", "one-of", 'exactly one of "messages" and "prompt" is needed');
  const messages: ChatMessage[] = wire.messages ? wire.messages.map(toMessage) : [{ role: "user", content: wire.prompt ?? "" }];
  if (!messages.some((message) => (message.content ?? "").trim() !== "")) {
    refuse(wire.messages ? "/messages" : "/prompt", "empty", "there must be some text in it");
  }
  return messages;
}

function readPanel(wire: WireRequest, fallback: readonly string[]): PanelMember[] {
  const entries = wire.panel ?? [...fallback];
  const panel = entries.map((entry): PanelMember => {
    const member = typeof entry === "string" ? { model: entry } : entry;
    const { model, samples = 1, weight = null, timeout_ms = null, temperature = null } = member as Partial<PanelMember> & { model: string };
    return { model, samples, weight, timeout_ms, temperature };
  });
  const seats = panel.reduce((sum, member) => sum + member.samples, 0);
  if (seats > MAX_SEATS) refuse("/panel", "too-many-seats", `1 to ${MAX_SEATS} seats in all (samples counted); this panel has ${seats}`);
  return panel;
}

function readGrace(wire: WireRequest, deadlineMs: number, defaultMs: number): number {
  if (wire.grace_ms === undefined) return Math.min(defaultMs, deadlineMs);
  if (wire.grace_ms > deadlineMs) refuse("/grace_ms", "too-big", `must not be above deadline_ms (${deadlineMs})`);
  return wire.grace_ms;
}

function checkTools(wire: WireRequest): void {
  const names = new Set((wire.tools ?? []).map((tool) => tool.function.name));
  if (names.size !== (wire.tools ?? []).length) refuse("/tools", "duplicate", "tool names must differ from each other");
  if (wire.tool_choice === undefined || wire.tool_choice === "none") return;
  if (!wire.tools) refuse("/tool_choice", "needs-tools", 'only with "tools"');
  if (typeof wire.tool_choice === "object" && !names.has(wire.tool_choice.function.name)) {
    refuse("/tool_choice/function/name", "unknown-tool", "must name one of the tools");
  }
}

function readSampling(wire: WireRequest): Sampling {
  const { temperature, top_p, max_tokens, seed, stop_sequences, tools, tool_choice, response_format } = wire;
  const all: Sampling = { temperature, top_p, max_tokens, seed, stop_sequences, tools, tool_choice, response_format } as Sampling;
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Strictest first. */
const STRICTNESS = ["local-only", "auto", "cloud-allowed"] as const;
export const stricter = <T extends RunRequest["privacy"]>(a: T, b: T): T => (STRICTNESS.indexOf(a) <= STRICTNESS.indexOf(b) ? a : b);

/** Throws Problem `validation-failed` (422) with a pointer for each refused field; nothing else. */
export function parseRunRequest(body: unknown, defaults: RequestDefaults): RunRequest {
  const parsed = requestSchema.safeParse(body);
  if (!parsed.success) {
    const errors: ProblemField[] = problemFields(parsed.error.issues);
    const first = errors[0] ?? { pointer: "", code: "invalid", message: "not a valid request" };
    throw new Problem("validation-failed", `${first.pointer || "the body"}: ${first.message}`, { errors });
  }
  const wire = parsed.data;
  const messages = readMessages(wire);
  checkTools(wire);
  const strategy = wire.strategy ?? "auto";
  const panel = readPanel(wire, strategy === "fallback" ? defaults.fallback : defaults.panel);
  const members = new Set(panel.map((member) => member.model)).size;
  const deadline_ms = wire.deadline_ms ?? defaults.deadlineMs;
  return {
    ...readSampling(wire),
    messages,
    panel,
    panel_named: wire.panel !== undefined,
    strategy,
    answer: wire.answer ?? { type: "text" },
    adjudicators: wire.adjudicators ?? defaults.adjudicators,
    orders: wire.orders ?? 2,
    quorum: strategy === "fallback" ? 1 : Math.max(1, Math.min(wire.quorum ?? defaults.quorum, members)),
    require_quorum: wire.require_quorum ?? false,
    stop: wire.stop ?? "decided",
    deadline_ms,
    grace_ms: readGrace(wire, deadline_ms, defaults.graceMs),
    privacy: stricter(wire.privacy ?? defaults.privacy, defaults.privacy),
    max_cost_usd: wire.max_cost_usd ?? null,
    metadata: wire.metadata ?? {},
  };
}
