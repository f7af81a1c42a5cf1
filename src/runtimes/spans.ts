/** A report as OpenTelemetry spans, by the semantic conventions for generative AI (0.1.0): one for the run, one for each attempt. Holds no prompt and no answer. Pure. */
import type { AnsweredOutcome, Attempt, Outcome, Report } from "../core/report.ts";

type Value = string | number | boolean | readonly string[] | null | undefined;
interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  /** 1 = internal, 3 = client */
  kind: 1 | 3;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: object[];
  status: { code: 0 | 2 };
}
type Asked = Exclude<Outcome, { status: "not-asked" }>;

/** base URL of a provider; null = unknown */
export type ServerOf = (provider: string) => string | null;

function valueOf(value: Exclude<Value, null | undefined>): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number") return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { arrayValue: { values: value.map((one) => ({ stringValue: one })) } };
}
/** Unknown values are left out. */
export const attributes = (given: Record<string, Value>): object[] =>
  Object.entries(given).flatMap(([key, value]) => (value === null || value === undefined ? [] : [{ key, value: valueOf(value) }]));

const NANOS = "000000";
const nano = (ms: number): string => `${Math.max(0, Math.round(ms))}${NANOS}`;

function server(base: string | null): Record<string, Value> {
  if (base === null) return {};
  const { hostname, port, protocol } = new URL(base);
  return { "server.address": hostname, "server.port": port === "" ? (protocol === "https:" ? 443 : 80) : Number(port) };
}

/** Only the last attempt of an answered seat gave what the outcome tells. */
function answerOf({ served_model, usage, finish_reason }: AnsweredOutcome): Record<string, Value> {
  return {
    "gen_ai.response.model": served_model,
    "gen_ai.usage.input_tokens": usage.input_tokens,
    "gen_ai.usage.output_tokens": usage.output_tokens,
    "gen_ai.response.finish_reasons": [finish_reason.unified],
  };
}

function attemptAttributes(outcome: Asked, { result }: Attempt, base: string | null): object[] {
  const { provider, model, member, seat, hedged_by = null } = outcome as AnsweredOutcome;
  const answered = outcome.status === "answered" && result === "answered";
  return attributes({
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": provider,
    "gen_ai.request.model": model,
    "consensus.member": member,
    "consensus.seat": seat,
    "consensus.hedged_by": hedged_by,
    "error.type": result === "answered" ? null : result,
    ...server(base),
    ...(answered ? answerOf(outcome) : {}),
  });
}

export function spansOf(report: Report, serverOf: ServerOf, newId: () => string): Span[] {
  const traceId = report.id.slice("run_".length);
  const from = Date.parse(report.created_at);
  const root = newId();
  const { verdict, usage, adjudication, timing_ms: timing } = report;
  const span = (name: string, kind: 1 | 3, [start, end]: [number, number], given: object[], failed: boolean): Span => ({
    traceId,
    spanId: newId(),
    parentSpanId: root,
    name,
    kind,
    startTimeUnixNano: nano(from + start),
    endTimeUnixNano: nano(from + Math.max(start, end)),
    attributes: given,
    status: { code: failed ? 2 : 0 },
  });
  const run = attributes({
    "gen_ai.operation.name": "invoke_workflow",
    "gen_ai.agent.name": "consensus",
    "gen_ai.usage.input_tokens": usage.input_tokens,
    "gen_ai.usage.output_tokens": usage.output_tokens,
    "consensus.status": report.status,
    "consensus.mode": report.mode,
    "consensus.how": verdict?.how,
    "consensus.agreement": verdict?.agreement,
    "consensus.degradations": report.degradations.map(({ code }) => code),
    "consensus.privacy": report.privacy.class,
    "error.type": report.problem?.slug,
  });
  const { parentSpanId: _, ...whole } = span("invoke_workflow consensus", 1, [0, timing.total], run, report.status === "failed");
  const attempts = report.outcomes.flatMap((outcome) =>
    outcome.status === "not-asked"
      ? []
      : outcome.attempts.map((attempt) => {
          const times: [number, number] = [attempt.started_ms, attempt.ended_ms];
          const base = serverOf(outcome.provider);
          return span(`chat ${outcome.model}`, 3, times, attemptAttributes(outcome, attempt, base), attempt.result !== "answered");
        }),
  );
  const judged = attributes({ "consensus.adjudicator": adjudication?.adjudicator, "consensus.order_stable": adjudication?.order_stable });
  const judging = adjudication ? [span("adjudicate", 1, [timing.total - timing.adjudication, timing.total], judged, false)] : [];
  return [{ ...whole, spanId: root }, ...attempts, ...judging];
}
