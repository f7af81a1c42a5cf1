/** What one seat is sent: the run's conversation and sampling, cut to the member's window and shrunk where a provider asked for less. */
import type { ChatMessage, Sampling } from "../core/chat.ts";
import type { ContextFit } from "../core/report.ts";
import { correctFactor, countsDigits, promptTokens, TOKEN_MARGIN } from "../core/tokens.ts";
import type { ChatReply } from "../providers/provider.ts";
import type { Composed } from "./call.ts";
import type { PanelOrder, SeatPlan } from "./panel.ts";
import type { Room, Target } from "./room.ts";

/** No text has more tokens than three per UTF-16 unit; with the template, what surely fits need not be measured. */
const TOKENS_PER_UNIT = 3;
const TOKENS_PER_MESSAGE = 16;

function surelyFits({ messages }: PanelOrder, roomTokens: number): boolean {
  let tokens = 0;
  for (const { content } of messages) tokens += TOKENS_PER_MESSAGE + TOKENS_PER_UNIT * (content?.length ?? 0);
  return tokens <= roomTokens;
}

/** Half the output, for a provider that counts it against the rate. */
export function halfOutput({ knobs }: Room, { facts }: Target, asked: number | undefined): number {
  return Math.max(1, Math.floor((asked ?? facts.maxOutputTokens ?? 2 * knobs.reserveTokens) / 2));
}

const perDigit = ({ facts, model }: Target): boolean => countsDigits(facts.family ?? model);

function reserveOf({ knobs }: Room, sampling: Sampling, windowTokens: number): number {
  const answer = sampling.max_tokens ?? Math.min(knobs.reserveTokens, Math.floor(windowTokens / 4));
  // schemas are mostly short words and punctuation: three characters to a token at worst
  return answer + (sampling.tools ? Math.ceil(JSON.stringify(sampling.tools).length / 3) : 0);
}

/** The one place where a conversation is cut to a member's window. */
export function compose(
  room: Room,
  order: PanelOrder,
  { plan, target, maxTokens }: { plan: SeatPlan; target: Target; maxTokens: number | null },
  windowTokens: number | null,
): { composed: Composed; fit: ContextFit | null } {
  const { messages } = order;
  const sampling = { ...order.sampling, temperature: plan.temperature ?? order.sampling.temperature };
  if (maxTokens !== null) sampling.max_tokens = maxTokens;
  const whole = { composed: { messages, sampling }, fit: null };
  if (windowTokens === null) return whole;
  const reserveTokens = reserveOf(room, sampling, windowTokens);
  const factor = room.factors.get(plan.member) ?? 1;
  if (surelyFits(order, windowTokens - reserveTokens)) return whole;
  const fitted = room.fit({
    messages,
    windowTokens,
    reserveTokens,
    perDigit: perDigit(target),
    factor,
    minShare: room.knobs.minShare,
  });
  if (fitted.status === "too-long") return { composed: { tooLong: fitted.tokens }, fit: null };
  return { composed: { messages: fitted.messages, sampling, estimate: fitted.tokens / (TOKEN_MARGIN * factor) }, fit: fitted.fit };
}

/** What a provider reports as read corrects our estimate for the next time. */
export function learnFactor({ factors }: Room, member: string, estimate: number | undefined, { usage }: ChatReply): void {
  if (estimate === undefined) return;
  factors.set(member, correctFactor(factors.get(member) ?? 1, estimate, usage.input_tokens));
}

/** Below this an estimate is mostly template, and a server's count mostly its own. */
const TELLING_TOKENS = 256;
const CUT_SHARE = 0.5;
/** Our estimate is up to three times too high for scripts beyond ASCII. */
const CUT_SHARE_OTHER_SCRIPTS = 0.15;

const isMostlyAscii = (text: string): boolean => {
  let others = 0;
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 127) others += 1;
  return others * 10 <= text.length;
};

/** Local runtimes cut a prompt without a word; what they report as read gives it away. */
export function wasCutSilently(target: Target, messages: readonly ChatMessage[], { usage }: ChatReply): boolean {
  const read = usage.input_tokens;
  if (target.provider.prove === undefined || read === null || read === 0) return false;
  const estimate = promptTokens(messages, { perDigit: perDigit(target) });
  if (estimate < TELLING_TOKENS || read >= estimate * CUT_SHARE) return false;
  return messages.every(({ content }) => isMostlyAscii(content ?? "")) || read < estimate * CUT_SHARE_OTHER_SCRIPTS;
}
