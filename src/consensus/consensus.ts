/** The contract of the run: one request in, one stream of events out. Imports no implementation. */
import type { AnswerSpec, StrategyName } from "../../adjudicator/index.ts";
import type { ChatMessage, Sampling } from "../core/chat.ts";
import type { ConsensusEvent } from "../core/report.ts";
import type { Owner } from "../store/store.ts";

export interface PanelMember {
  model: string;
  samples: number;
  weight: number | null;
  timeout_ms: number | null;
  temperature: number | null;
}

/** A request with every default filled in; `request` of the report is this object (snake_case, as on the wire). */
export interface RunRequest extends Sampling {
  messages: ChatMessage[];
  panel: PanelMember[];
  /** whether the caller named the panel (false: the operator's) */
  panel_named: boolean;
  strategy: StrategyName;
  answer: AnswerSpec;
  adjudicators: string[];
  orders: 1 | 2;
  quorum: number;
  require_quorum: boolean;
  stop: "decided" | "all";
  deadline_ms: number;
  grace_ms: number;
  privacy: "local-only" | "cloud-allowed" | "auto";
  max_cost_usd: number | null;
  metadata: Record<string, string>;
}

export interface RunContext {
  owner: Owner;
  requestId: string;
  /** monotonic ms at which the request was accepted: the zero of the run and of its deadline */
  acceptedAt: number;
  /** client left, job cancelled, service stops */
  signal: AbortSignal;
  /** set by jobs, so that one job stores one report; else drawn at random */
  runId?: string;
  /** somebody reads `answer-delta`: a single seat and a merge stream from upstream */
  live: boolean;
  /** hears every event as it happens, in order; the stream then yields none of them, it only ends */
  onEvent?: (event: ConsensusEvent) => void;
}

/**
 * Always ends: with `run-end` (a Report) or, when nothing could be answered, with `error` (a problem document, with the
 * report where one exists). Throws `Problem` before the first event for what is refused before any call. Leaving the loop
 * early (`return()`) cancels the run.
 */
export interface Consensus {
  run(request: RunRequest, context: RunContext): AsyncGenerator<ConsensusEvent, void, void>;
}
