/** The Report and its parts, exactly as they go over the wire (schema `consensus.report/1`). Holds types only. */
import type { Adjudication, AnswerFlag, Json, ToolCall, Verdict } from "../../adjudicator/index.ts";
import type { FinishReason, Usage } from "./chat.ts";
import type { PrivacyClass } from "./ports.ts";
import type { ProblemSlug } from "./problem.ts";
import type { Degradation, DropoutReason } from "./reasons.ts";

/** Times are integer ms since the run was accepted. */
export interface Attempt {
  started_ms: number;
  ended_ms: number;
  result: "answered" | DropoutReason;
}
interface SeatFacts {
  /** `provider/model` */
  member: string;
  provider: string;
  model: string;
  /** running number over the panel with its samples, from 1 */
  seat: number;
  sample: number;
  local: boolean;
}
export interface ContextFit {
  /** tokens by our estimate */
  prompt_tokens: number;
  window_tokens: number;
  kept_tokens: number;
  cut_tokens: number;
  /** whole messages left out, messages cut in the middle, log lines folded away */
  dropped_messages: number;
  cut_messages: number;
  folded_lines: number;
}
export interface AnsweredOutcome extends SeatFacts {
  status: "answered";
  text: string;
  value: Json;
  tool_calls: ToolCall[];
  reasoning: string | null;
  finish_reason: FinishReason;
  served_model: string | null;
  usage: Usage;
  cost_usd: number | null;
  latency_ms: number;
  attempts: Attempt[];
  context_fit: ContextFit | null;
  ignored_parameters: string[];
  flags: AnswerFlag[];
  /** `provider/model` of the substitute that answered in its place */
  hedged_by: string | null;
}
export interface DroppedOutcome extends SeatFacts {
  status: "dropped";
  reason: DropoutReason;
  detail: string;
  retry_after_ms: number | null;
  latency_ms: number;
  attempts: Attempt[];
  /** what the failed attempts cost; null = unknown, 0 when no call started */
  cost_usd: number | null;
  usage: Usage;
}
export interface NotAskedOutcome extends SeatFacts {
  status: "not-asked";
}
export type Outcome = AnsweredOutcome | DroppedOutcome | NotAskedOutcome;

/** Why the local members of a cascade did not suffice. */
export type EscalationReason = "disagreement" | "no-answer" | "context" | "low-confidence" | "no-local-member" | "stopped";
export interface CascadeReport {
  /** whether a cloud member was asked */
  escalated: boolean;
  /** null where the local members sufficed */
  reason: EscalationReason | null;
  /** what the cloud members cost; null = unknown, 0 when none was asked */
  cost_usd: number | null;
  /** what the calls not made could have cost at most; null where a price is unknown */
  saved_usd: number | null;
  saved_calls: number;
}

export type RunMode = "consensus" | "single-provider" | "fallback";
export interface Report {
  schema: "consensus.report/1";
  id: string;
  created_at: string;
  status: "complete" | "degraded" | "failed";
  mode: RunMode;
  simulated: boolean;
  problem: { slug: ProblemSlug; detail: string } | null;
  answer: string | null;
  value: Json;
  tool_calls: ToolCall[];
  verdict: Verdict | null;
  outcomes: Outcome[];
  quorum: { needed: number; usable: number; met: boolean };
  adjudication: Adjudication | null;
  degradations: Degradation[];
  /** `tightened_by`: kinds of personal data that made an `auto` request local, never their values; absent when the detector was not asked */
  privacy: { class: PrivacyClass; hosts: string[]; tightened_by?: string[] };
  usage: { calls: number; retries: number; input_tokens: number | null; output_tokens: number | null; wasted_output_tokens: number | null };
  cost_usd: { total: number | null; members: number | null; adjudication: number | null };
  /** strategy `cascade` alone: what the escalation cost and what its absence saved */
  cascade?: CascadeReport;
  timing_ms: { total: number; panel: number; adjudication: number; engine: number };
  storage: { stored: boolean };
  /** the request with every default filled in */
  request: Json;
}

/** What a run says while it goes, in order; the last is always `run-end` or `error`. */
export type ConsensusEvent =
  | { type: "run-start"; data: { id: string; members: string[] } }
  | { type: "candidate-arrived"; data: AnsweredOutcome }
  | { type: "member-dropped"; data: DroppedOutcome }
  | { type: "agreement-measured"; data: { agreement: number | null; classes: { members: string[]; value: Json; weight: number }[] } }
  | { type: "answer-delta"; data: { text: string } }
  | { type: "verdict-reached"; data: Verdict }
  | { type: "run-end"; data: Report }
  | { type: "error"; data: ProblemDocument; retryAfterS: number | null };

/** application/problem+json (RFC 9457). */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  request_id: string;
  retryable: boolean;
  errors?: { pointer: string; code: string; message: string }[];
  report?: Report;
}
