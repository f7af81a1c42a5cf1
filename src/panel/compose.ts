/** What one seat is sent: the run's conversation and sampling, cut to the member's window and shrunk where a provider asked for less. */
import type { Sampling } from "../core/chat.ts";
import type { ContextFit } from "../core/report.ts";
import type { FailureReason } from "../providers/provider.ts";
import type { Composed } from "./call.ts";
import type { PanelOrder, SeatPlan } from "./panel.ts";
import type { Room, Target } from "./room.ts";

/** What failures of the kind "shrink" have left of the output and of the window. */
export interface Shrunk {
  maxTokens: number | null;
  /** our estimate is multiplied by this */
  factor: number;
}

/** Families whose tokenizers spend one token per digit. */
const PER_DIGIT = new Set(["qwen", "alibaba", "gemma", "google"]);
/** No text has more tokens than three per UTF-16 unit; with the template, what surely fits need not be measured. */
const TOKENS_PER_UNIT = 3;
const TOKENS_PER_MESSAGE = 16;

function surelyFits({ messages }: PanelOrder, roomTokens: number): boolean {
  let tokens = 0;
  for (const { content } of messages) tokens += TOKENS_PER_MESSAGE + TOKENS_PER_UNIT * (content?.length ?? 0);
  return tokens <= roomTokens;
}

/** Half the output for a provider that counts it against the rate; a tighter fit for a prompt that it found too long. */
export function shrink({ fit, knobs }: Room, { facts }: Target, shrunk: Shrunk, reason: FailureReason): boolean {
  if (reason === "context-too-long") {
    shrunk.factor *= 1.3;
    return fit !== undefined;
  }
  shrunk.maxTokens = Math.max(1, Math.floor((shrunk.maxTokens ?? facts.maxOutputTokens ?? 2 * knobs.reserveTokens) / 2));
  return true;
}

function reserveOf({ knobs }: Room, sampling: Sampling, windowTokens: number): number {
  const answer = sampling.max_tokens ?? Math.min(knobs.reserveTokens, Math.floor(windowTokens / 4));
  // schemas are mostly short words and punctuation: three characters to a token at worst
  return answer + (sampling.tools ? Math.ceil(JSON.stringify(sampling.tools).length / 3) : 0);
}

/** The one place where a conversation is cut to a member's window. */
export function compose(
  room: Room,
  order: PanelOrder,
  { plan, target, shrunk }: { plan: SeatPlan; target: Target; shrunk: Shrunk },
  windowTokens: number | null,
): { composed: Composed; fit: ContextFit | null } {
  const { messages } = order;
  const sampling = { ...order.sampling, temperature: plan.temperature ?? order.sampling.temperature };
  if (shrunk.maxTokens !== null) sampling.max_tokens = Math.min(shrunk.maxTokens, sampling.max_tokens ?? shrunk.maxTokens);
  const whole = { composed: { messages, sampling }, fit: null };
  if (room.fit === undefined || windowTokens === null) return whole;
  const reserveTokens = reserveOf(room, sampling, windowTokens);
  if (shrunk.factor === 1 && surelyFits(order, windowTokens - reserveTokens)) return whole;
  const fitted = room.fit({
    messages,
    windowTokens,
    reserveTokens,
    perDigit: PER_DIGIT.has(target.facts.family ?? ""),
    factor: shrunk.factor,
    minShare: room.knobs.minShare,
  });
  if (fitted.status === "too-long") return { composed: { tooLong: fitted.tokens }, fit: null };
  return { composed: { messages: fitted.messages, sampling }, fit: fitted.fit };
}
