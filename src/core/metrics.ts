/** THE ONE LIST of metrics: name → help, labels and what is there from the start. Public names are `consensus_<name>`, counters end in `_total`. */
import { PROBLEMS } from "./problem.ts";
import { DEGRADATION_CODES, DROPOUT_REASONS } from "./reasons.ts";

/** `zeros`: values of each label whose combinations are published as 0 before the first event. */
export interface CounterSpec {
  kind: "counter";
  help: string;
  zeros: Readonly<Record<string, readonly string[]>>;
}
export interface HistogramSpec {
  kind: "histogram";
  help: string;
  labels: readonly string[];
  /** upper bounds, ascending */
  buckets: readonly number[];
}

/** Labels whose values callers or configurations choose: the only ones that could grow without end. */
export const OPEN_LABELS: ReadonlySet<string> = new Set(["member", "provider"]);
/** Stand for the members and providers that the runtime knows at its start. */
const OPEN: readonly string[] = [];

const MINUTES_MS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000, 600_000];
const OWN_MS = [1, 2, 5, 10, 25, 50, 100, 250, 1000];

const counter = (help: string, zeros: CounterSpec["zeros"] = {}): CounterSpec => ({ kind: "counter", help, zeros });
const histogram = (help: string, labels: readonly string[], buckets: readonly number[]): HistogramSpec => ({
  kind: "histogram",
  help,
  labels,
  buckets,
});

export const METRICS: Readonly<Record<string, CounterSpec | HistogramSpec>> = {
  runs: counter("Runs that ended in a report.", {
    status: ["complete", "degraded"],
    mode: ["consensus"],
    how: ["agreed", "voted", "picked"],
    strategy: ["auto"],
  }),
  outcomes: counter("Outcomes of seats in reports; reason is empty unless the seat dropped out.", {
    member: OPEN,
    status: ["answered"],
    reason: [""],
  }),
  attempts: counter("Generation calls that ended, retries and adjudication included.", { provider: OPEN, result: ["answered"] }),
  degradations: counter("Losses named in reports.", { code: DEGRADATION_CODES }),
  problems: counter("Problem replies, run errors included.", { slug: Object.keys(PROBLEMS) }),
  breaker: counter("Moves of circuit breakers.", { member: OPEN, to: ["open", "half-open", "closed"] }),
  retries_denied: counter("Retries that the retry budget denied.", { provider: OPEN }),
  bytes_capped: counter("Upstream replies cut off at their byte limit.", { provider: OPEN }),
  egress_refused: counter("Outgoing calls that the guard refused.", { why: ["origin", "privacy", "redirect", "address", "form"] }),
  aborted: counter("Generation calls that were aborted.", { by: ["late", "cancelled", "deadline"] }),
  shed: counter("Work refused because too much was waiting.", { where: ["http", "panel", "jobs", "door"] }),
  adjudications: counter("Rungs of adjudication ladders, by what came of them.", {
    result: ["ruled", "no-ruling", "unusable", "skipped", ...DROPOUT_REASONS],
  }),
  store_errors: counter("Operations of the store that failed or came too late.", {
    op: ["save", "get", "list", "remove", "teach", "accept", "cancel", "idempotency", "job", "mcp"],
  }),
  jobs: counter("Moves of jobs into a state.", { state: ["queued", "running", "done", "failed", "cancelled", "dead"] }),
  stale_writes: counter("Writes of workers that had lost their lease; they changed nothing."),
  loop_blocked: counter("Times the event loop stood still."),
  input_tokens: counter("Input tokens of reports, as far as known."),
  output_tokens: counter("Output tokens of reports, as far as known."),
  wasted_output_tokens: counter("Output tokens of answers that were not used, as far as known."),
  cost_usd: counter("US dollars of reports, as far as known."),
  run_duration_ms: histogram("Time from a run's acceptance to its report.", ["status"], MINUTES_MS),
  member_latency_ms: histogram("Time to a member's usable answer.", ["member"], MINUTES_MS),
  engine_time_ms: histogram("The engine's own time in a run.", [], OWN_MS),
};
