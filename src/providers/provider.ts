/** The contract of a provider: one call to one model, always ending in a reply or a failure of the closed list. Imports no implementation. */
import type { ToolCall } from "../../adjudicator/index.ts";
import type { ChatMessage, FinishReason, Sampling, Usage } from "../core/chat.ts";
import type { Fetch } from "../core/ports.ts";
import type { DropoutReason } from "../core/reasons.ts";
import type { Endpoint } from "../egress/egress.ts";

/** Facts of one model: the built-in table, overridden by CONSENSUS_MODELS, corrected by what a server says. */
export interface ModelFacts {
  /** tokens of prompt and answer together; null = unknown */
  contextTokens: number | null;
  maxOutputTokens: number | null;
  /** US dollars per million tokens; null = unknown, 0 for local */
  inputUsdPerMtok: number | null;
  outputUsdPerMtok: number | null;
  family: string | null;
  /** request fields the model does not take, by request name (`temperature`, `seed`, …) */
  unsupported: readonly string[];
  /** has JSON-schema-constrained output */
  structured: boolean;
  /** operator's overrides; null = default */
  timeoutMs: number | null;
  maxConcurrency: number | null;
  numCtx: number | null;
  weight: number | null;
  /** day the facts were checked (ISO date) and where; null for an unknown model */
  checked: string | null;
  source: string | null;
}

export interface ChatCall extends Sampling {
  /** the provider's own id */
  model: string;
  messages: ChatMessage[];
  facts: ModelFacts;
  /** Ollama: fixed window per model */
  numCtx?: number;
  /** adjudicator calls ask for the least thinking the model has */
  effort?: "low";
}

export interface CallIo {
  /** guarded, bound to the provider's endpoint and the run */
  fetch: Fetch;
  /** owned by the caller, one per attempt; ends every phase of the call */
  signal: AbortSignal;
  /** response headers are there */
  onHeaders?(): void;
  /** some content arrived (answer, reasoning or tool call): feeds the idle timer */
  onContent?(): void;
  /** present = stream from upstream and hand on each piece of the visible answer (reasoning and think tags never) */
  onDelta?(text: string): void;
}

export interface ChatReply {
  /** the answer without reasoning and outer white space */
  text: string;
  reasoning: string | null;
  toolCalls: ToolCall[];
  finish: FinishReason;
  usage: Usage;
  /** the model that the provider says answered */
  servedModel: string | null;
  /** request fields left out because the model or provider does not take them, by request name */
  ignored: string[];
  /** Ollama: where the reply says it was relayed to */
  relayedTo: string | null;
}

export type FailureReason = Extract<
  DropoutReason,
  | "timeout"
  | "rate-limited"
  | "unauthorized"
  | "unavailable"
  | "bad-response"
  | "empty"
  | "truncated"
  | "refused"
  | "context-too-long"
  | "misconfigured"
  | "privacy-excluded"
  | "cancelled"
>;

/** How often this failure may be tried again in the run: at once on a fresh connection, after a backoff, or never. */
export type Again = "never" | "at-once" | "once" | "twice" | "shrink";

export interface Failure {
  reason: FailureReason;
  /** our words, ≤ 200 characters; never upstream text */
  detail: string;
  again: Again;
  /** provider's Retry-After in ms (≥ 0), null = none usable */
  retryAfterMs: number | null;
  /** the circuit opens at once: 401/403, money codes, refused connection to a dead origin (521–526) */
  trips: boolean;
  /** the model itself is gone (404, decommissioned): shown in GET /status */
  modelGone: boolean;
  /** visible answer text had been read: no retry of any kind */
  textRead: boolean;
  /** what the failed call used, as far as the provider told */
  usage: Usage;
  /** HTTP status, null when there was none */
  status: number | null;
}

export type ChatResult = { ok: true; reply: ChatReply } | { ok: false; failure: Failure };

/** What a local runtime showed of a model before the first prompt byte. */
export type LocalProof =
  | { proved: true; contextTokens: number | null; capabilities: string[] }
  | { proved: false; reason: "privacy-excluded" | "unavailable" | "timeout" | "misconfigured"; detail: string };

/** What a local runtime says of itself. */
export interface LocalRuntime {
  version: string | null;
  /** models in memory; `contextTokens` = the window allocated to each */
  running: { id: string; contextTokens: number | null }[];
}

export interface Provider {
  readonly name: string;
  readonly endpoint: Endpoint;
  /** runs on this machine or a listed local address, by configuration (for Ollama still to be proved per model) */
  readonly local: boolean;
  /** default per-attempt limit and concurrency of this provider's seats */
  readonly timeoutMs: number;
  readonly maxConcurrency: number;
  /** never rejects; always ends once the signal aborts */
  chat(call: ChatCall, io: CallIo): Promise<ChatResult>;
  /** the provider's own list of models; for `models`, `doctor` */
  models?(io: CallIo): Promise<{ id: string; contextTokens: number | null }[]>;
  /** local runtimes that can relay: asked before the first prompt byte, sends none */
  prove?(model: string, io: CallIo): Promise<LocalProof>;
  /** local runtimes: version and models in memory; for `doctor`; rejects like `models` */
  about?(io: CallIo): Promise<LocalRuntime>;
  /** whether the model is in memory; null = cannot tell */
  loaded?(model: string, io: CallIo): Promise<boolean | null>;
  /** loads the model without a prompt */
  warm?(model: string, numCtx: number | undefined, io: CallIo): Promise<void>;
}
