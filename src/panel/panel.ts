/** The contract of the panel: several seats asked at once, always exactly one Outcome per seat; and single calls for the adjudicator. Imports no implementation. */
import type { AnswerSpec, AskReply, Inspection, JsonSchema, ToolSpec } from "../../adjudicator/index.ts";
import type { ChatMessage, Sampling } from "../core/chat.ts";
import type { Outcome } from "../core/report.ts";
import type { Passage } from "../egress/egress.ts";

/** One seat as planned, before the first call. */
export interface SeatPlan {
  seat: number;
  sample: number;
  member: string;
  provider: string;
  model: string;
  local: boolean;
  /** this seat's own temperature, over the run's */
  temperature?: number;
  /** per-attempt limit of this seat; null = model's, else provider's */
  timeoutMs: number | null;
  /** set when the plan already knows that the seat is not to be asked */
  dropped: { reason: "misconfigured" | "privacy-excluded" | "budget-excluded" | "context-too-long"; detail: string } | null;
}

/** When the wait may end, asked after every outcome: `grace` starts the grace timer once, `stop` ends the wait now. */
export type Settling = "wait" | "grace" | "stop";

export interface PanelOrder {
  runId: string;
  seats: SeatPlan[];
  messages: ChatMessage[];
  sampling: Sampling;
  answer: AnswerSpec;
  tools: ToolSpec[] | null;
  passage: Passage;
  /** monotonic ms: when the panel must be done (the adjudication slice already taken off) */
  panelBy: number;
  /** monotonic ms at which the run was accepted: the zero of all times in outcomes */
  startedAt: number;
  graceMs: number;
  /** the caller left, the job was cancelled, the service stops; its `reason` is "late" | "cancelled" | "deadline" */
  signal: AbortSignal;
  settle(outcomes: Outcome[]): Settling;
  onOutcome(outcome: Outcome): void;
  /** how the answer of a seat was read, told right before its outcome, so that nobody has to read it again */
  onInspected?: (seat: number, inspection: Inspection) => void;
  /** answer text of a run with one seat streams through this */
  onDelta?: (seat: number, text: string) => void;
  /** money left for this run; a call whose worst case does not fit is not started */
  purse: Purse;
  /** one after another (`fallback`): stop at the first answered seat, the rest `not-asked` */
  inTurn: boolean;
  /** an earlier phase of the run has an answer: no seat of this one is its last chance */
  answered?: boolean;
}

/** What is left of `max_cost_usd`; without a limit everything fits. */
export interface Purse {
  /** true = nothing has to be reserved, so no worst case has to be worked out */
  readonly unlimited?: boolean;
  /** reserves the worst case of one call; false = it does not fit */
  reserve(usd: number | null): boolean;
  /** gives back a reservation and books what was really spent (null = unknown: the reservation stays booked) */
  settle(reserved: number | null, spent: number | null): void;
}

/** One generation call outside the seats (an adjudicator), under the same breakers, budgets, limits and guard. */
export interface SingleOrder {
  member: string;
  messages: ChatMessage[];
  sampling: Sampling;
  schema: { name: string; schema: JsonSchema } | null;
  passage: Passage;
  /** monotonic ms */
  by: number;
  signal: AbortSignal;
  purse: Purse;
  onDelta?: (text: string) => void;
}

/** Counts of one run, for the report's ledger. */
export interface CallLedger {
  calls: number;
  retries: number;
  /** tokens, as far as known, of attempts that came before an answer; those of a dropped seat stand in its outcome */
  before?: { input_tokens: number; output_tokens: number };
}

export interface MemberStatus {
  member: string;
  local: boolean;
  local_proved: boolean;
  breaker: { state: "closed" | "open" | "half-open"; retry_at: string | null };
  last_error: { reason: string; at: string } | null;
  latency_ms: { p50: number | null; p95: number | null };
  in_flight: number;
  queued: number;
}

export interface Panel {
  /** resolves once every seat has its outcome; outcomes are in seat order; never rejects */
  ask(order: PanelOrder): Promise<{ outcomes: Outcome[]; ledger: CallLedger }>;
  /** one adjudicator call; never rejects */
  askOne(order: SingleOrder): Promise<AskReply & { ledger: CallLedger }>;
  /** why this member could not be asked right now (breaker, queue, privacy); null = it could */
  unavailable(member: string, passage: Passage): string | null;
  /** true = the queues of all these members would turn away a call that must be done by then (monotonic ms) */
  overloaded?(members: readonly string[], by: number): boolean;
  /** recent p50/p95 of whole attempts of a member; null before the first */
  latency(member: string): { p50: number; p95: number } | null;
  status(members: string[]): MemberStatus[];
  /** the service stops: ends the detached warm-ups, the only calls that outlive a run */
  close?(): void;
}
