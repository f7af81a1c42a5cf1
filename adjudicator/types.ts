/** The words of the decision: what goes in (candidates, a spec, an Ask port) and what comes out (a decision). Holds types only. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonSchema = { [key: string]: Json };

/** How answers are compared. */
export type AnswerSpec =
  | { type: "text" }
  | { type: "number" }
  | { type: "choice"; choices: string[] }
  | { type: "exact" }
  | { type: "json"; schema?: JsonSchema };
export type AnswerType = AnswerSpec["type"];
/** What reliability is learned for: an answer type, or tool calls whenever tools were given. */
export type AnswerKind = AnswerType | "tool-calls";

export type StrategyName = "auto" | "vote" | "pick" | "merge" | "rank" | "cascade" | "fallback";

/** One tool offered to the members. `readOnly` = `annotations.readOnlyHint`: only then may arguments be combined across members. */
export interface ToolSpec {
  name: string;
  parameters: JsonSchema | null;
  readOnly: boolean;
}

/** A call in OpenAI's form; `arguments` is JSON text. */
export interface ToolCall {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
}

export type UnifiedFinish = "stop" | "length" | "tool-calls" | "content-filter" | "other";
export type AnswerFlag = "degenerate" | "suspicious" | "context-trimmed" | "length";
export type WeightSource = "request" | "learned" | "config";

/** One answer read out of a text, or why none was. `key` is equal for equal answers and is what gets counted. */
export type Reading =
  | { status: "read"; key: string; value: Json }
  /** the text declares that it has no answer, or none could be read: an abstention, never a vote */
  | { status: "abstained" }
  /** an answer that was cut: unreadable json, tool call or value after finish `length` */
  | { status: "cut" };

/** What a look at one answer says before anything is decided. `empty`: the seat drops as `empty`. */
export interface Inspection {
  empty: boolean;
  flags: AnswerFlag[];
  reading: Reading;
}

/** A usable answer of one seat, as the decision sees it. */
export interface Candidate {
  seat: number;
  /** `provider/model` */
  member: string;
  /** seats of one backend share one voice */
  backend: string;
  /** model family (`meta`, `openai`, …), null when unknown */
  family: string | null;
  text: string;
  toolCalls: ToolCall[];
  finish: UnifiedFinish;
  flags: AnswerFlag[];
  reading: Reading;
  /** weight of the backend's voice, 0–100 */
  weight: number;
  weightSource: WeightSource;
  /** learned probability of being right for this answer kind; null without evidence */
  reliability: number | null;
  /** place of the member in the operator's (or request's) list: the last tie rule */
  order: number;
}

/** One backend's preference: the class it stands behind, null when it abstained. */
export interface Ballot {
  backend: string;
  member: string;
  weight: number;
  key: string | null;
  seats: number[];
}

/** A class of equal answers, heaviest first. */
export interface AnswerClass {
  key: string;
  value: Json;
  members: string[];
  seats: number[];
  weight: number;
}

export interface Agreement {
  /** weight behind the leading class ÷ weight of all usable candidates; null with a single voice */
  share: number | null;
  classes: AnswerClass[];
  abstained: string[];
  totalWeight: number;
}

/** An adjudicator model of the ladder, with what the decision must know of it. */
export interface AdjudicatorSeat {
  /** `provider/model` */
  name: string;
  family: string | null;
  /** room for the prompt in tokens (window less the reply) */
  promptTokens: number;
  /** set when it cannot be asked (privacy, breaker, time, money): the ladder says `skipped` */
  skip: string | null;
}

export interface AskRequest {
  adjudicator: string;
  system: string;
  prompt: string;
  /** JSON Schema of the reply, where the model has structured outputs; null = free text */
  schema: JsonSchema | null;
  schemaName: string;
  maxOutputTokens: number;
  /** called with each piece of a streamed reply (merge only) */
  onDelta?: (text: string) => void;
}
export type AskReply =
  | { ok: true; text: string; finish: UnifiedFinish; usage: TokenUsage; costUsd: number | null }
  /** `reason`: a dropout reason, or `skipped` when it was not started */
  | { ok: false; reason: string; detail: string; usage: TokenUsage; costUsd: number | null };
export interface TokenUsage {
  input_tokens: number | null;
  output_tokens: number | null;
}
/** Lent by the caller; never throws, always ends (the deadline is the lender's). */
export type Ask = (request: AskRequest) => Promise<AskReply>;

/** Untrusted judge text, read: who it names. */
export type Ruling =
  | { status: "winner"; label: string; reason: string | null }
  /** the adjudicator says that no single candidate suffices */
  | { status: "none"; reason: string | null }
  | { status: "unusable"; why: string };

export type How = "agreed" | "voted" | "picked" | "merged" | "ranked" | "survivor" | "fallback";

export interface Dissent {
  members: string[];
  value: Json;
  excerpt: string;
  weight: number;
}
/** Wire shape. */
export interface Verdict {
  how: How;
  winner: string | null;
  supporters: string[];
  agreement: number | null;
  confidence: number | null;
  rationale: string | null;
  dissents: Dissent[];
  weights: { member: string; weight: number; source: WeightSource }[];
  /**
   * Share of all usable weight behind each field, by JSON pointer into the value, for calls into `{tool: arguments}`; only where
   * the answer was decided field by field.
   */
  support?: Record<string, number>;
}
export interface LadderStep {
  adjudicator: string;
  /** `ruled`, `no-ruling`, `unusable`, `skipped`, or a dropout reason */
  result: string;
  detail: string | null;
}
/** Wire shape of `report.adjudication`. */
export interface Adjudication {
  adjudicator: string | null;
  self_judged: boolean;
  ladder: LadderStep[];
  orders: number;
  order_stable: boolean | null;
  labels: Record<string, string>;
  prompt: { name: string; sha256: string };
  usage: TokenUsage;
  cost_usd: number | null;
  latency_ms: number;
}
export type DecisionDegradation =
  | "adjudicator-fallback"
  | "adjudication-skipped"
  | "order-disagreement"
  | "merge-refused"
  | "context-trimmed"
  | "answer-truncated";

/** Estimated chance that the verdict is right, given the pattern of agreement; null without 20 comparable runs. */
export type ConfidenceOf = (agreement: Agreement, winnerKey: string | null) => number | null;

/** All that one decision needs. Pure: everything that acts comes in as an argument. */
export interface DecisionInput {
  strategy: Exclude<StrategyName, "cascade" | "fallback">;
  answer: AnswerSpec;
  tools: ToolSpec[] | null;
  /** the conversation as text, for the adjudicator's prompt */
  question: string;
  candidates: Candidate[];
  orders: 1 | 2;
  adjudicators: AdjudicatorSeat[];
  ask: Ask;
  /** uniform in [0, 1), seeded */
  random: () => number;
  /** a fresh 128-bit token in hex, drawn anew at each call */
  token: () => string;
  /** SHA-256 in hex of a text (the runtime's) */
  sha256: (text: string) => Promise<string>;
  /** milliseconds, monotonic: only to fill `latency_ms` */
  now: () => number;
  /** tokens that a text takes, by the caller's estimator */
  countTokens: (text: string) => number;
  confidence: ConfidenceOf | null;
  /** a merge streams live through this; absent = nobody listens */
  onDelta?: (text: string) => void;
}

export interface Decision {
  answer: string;
  value: Json;
  toolCalls: ToolCall[];
  verdict: Verdict;
  adjudication: Adjudication | null;
  degradations: { code: DecisionDegradation; member: string | null; detail: string }[];
  agreement: Agreement;
  /** seat whose bytes the answer is; null for a merge or a composed value */
  winnerSeat: number | null;
}
