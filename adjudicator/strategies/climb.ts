/** The adjudicator ladder: asks one rung after the other until one decides, and keeps the books; knows nothing of what is asked. */
import { type Prompt, sourceOf } from "../../prompts/index.ts";
import type { Adjudication, AdjudicatorSeat, AskReply, AskRequest, Candidate, DecisionInput, TokenUsage } from "../types.ts";

/** What one rung came to; with a value the climb ends. */
export interface Rung<T> {
  value: T | null;
  /** `ruled`, `no-ruling`, `unusable`, `skipped` or a dropout reason */
  result: string;
  detail: string | null;
  /** whether both orders agreed; null where there is one order, or no two readings */
  stable: boolean | null;
  labels: Record<string, string>;
}

export type AskOnce = (request: Omit<AskRequest, "adjudicator">) => Promise<AskReply>;

export interface Climbed<T> {
  value: T | null;
  adjudication: Adjudication;
}

/** Whether the adjudicator would judge an answer of its own backend or family. */
export function judgesItself(seat: AdjudicatorSeat, candidates: Candidate[]): boolean {
  return candidates.some(
    ({ member, backend, family }) => member === seat.name || backend === seat.name || (family !== null && family === seat.family),
  );
}

/** Other families first; within both halves the operator's order stays. */
export function preferStrangers(seats: AdjudicatorSeat[], candidates: Candidate[]): AdjudicatorSeat[] {
  const own = seats.filter((seat) => judgesItself(seat, candidates));
  return [...seats.filter((seat) => !own.includes(seat)), ...own];
}

/** Sums what calls took. Unknown tokens of one call do not hide the known ones of another; an unknown cost makes the sum unknown. */
class Books {
  usage: TokenUsage = { input_tokens: 0, output_tokens: 0 };
  costUsd: number | null = 0;
  private calls = 0;

  add(reply: AskReply): void {
    if (!reply.ok && reply.reason === "skipped") return;
    const first = this.calls === 0;
    this.calls += 1;
    const sum = (a: number | null, b: number | null): number | null => (a === null || b === null ? (first ? b : (a ?? b)) : a + b);
    this.usage = {
      input_tokens: sum(this.usage.input_tokens, reply.usage.input_tokens),
      output_tokens: sum(this.usage.output_tokens, reply.usage.output_tokens),
    };
    this.costUsd = this.costUsd === null || reply.costUsd === null ? null : this.costUsd + reply.costUsd;
  }
}

/** Which of several replies stopped a rung: the first that is no text. */
export function failureOf(replies: AskReply[]): { reason: string; detail: string } | null {
  for (const reply of replies) if (!reply.ok) return { reason: reply.reason, detail: reply.detail };
  return null;
}

export async function climb<T>(
  input: DecisionInput,
  prompt: Prompt,
  orders: number,
  attempt: (seat: AdjudicatorSeat, ask: AskOnce) => Promise<Rung<T>>,
): Promise<Climbed<T>> {
  const started = input.now();
  const books = new Books();
  const ladder: Adjudication["ladder"] = [];
  let decided: { seat: AdjudicatorSeat; value: T } | null = null;
  let stable: boolean | null = null;
  let labels: Record<string, string> = {};
  for (const seat of preferStrangers(input.adjudicators, input.candidates)) {
    if (seat.skip !== null) {
      ladder.push({ adjudicator: seat.name, result: "skipped", detail: seat.skip });
      continue;
    }
    const rung = await attempt(seat, async (request) => {
      const reply = await input.ask({ ...request, adjudicator: seat.name });
      books.add(reply);
      return reply;
    });
    ladder.push({ adjudicator: seat.name, result: rung.result, detail: rung.detail });
    labels = rung.labels;
    stable = rung.value === null ? (rung.stable ?? stable) : rung.stable;
    if (rung.value !== null) {
      decided = { seat, value: rung.value };
      break;
    }
  }
  return {
    value: decided?.value ?? null,
    adjudication: {
      adjudicator: decided?.seat.name ?? null,
      self_judged: decided !== null && judgesItself(decided.seat, input.candidates),
      ladder,
      orders,
      order_stable: stable,
      labels,
      prompt: { name: prompt.name, sha256: await input.sha256(sourceOf(prompt)) },
      usage: books.usage,
      cost_usd: books.costUsd,
      latency_ms: Math.max(0, Math.round(input.now() - started)),
    },
  };
}
