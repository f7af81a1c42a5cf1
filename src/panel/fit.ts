/**
 * Makes a conversation fit a window, and says what that cost. In this order, only as far as needed: logs are folded, ever harder;
 * the oldest turns go; the largest messages are cut in the middle. System text, turns with tool calls and the last user turn stay.
 */
import type { ChatMessage } from "../core/chat.ts";
import type { ContextFit } from "../core/report.ts";
import { messageTokens, TOKEN_MARGIN, TOKENS_PER_REQUEST } from "../core/tokens.ts";
import { cutMiddle } from "./cut-middle.ts";
import { foldLines, type FoldReach, readLog } from "./fold.ts";
import type { LogLine } from "./log-lines.ts";

export interface FitOrder {
  messages: ChatMessage[];
  /** tokens of prompt and answer together */
  windowTokens: number;
  /** kept free for the answer, and for tool schemas */
  reserveTokens: number;
  /** one token per digit (Qwen, Gemma) */
  perDigit: boolean;
  /** the model's correction of our estimate, 0.8–2 */
  factor: number;
  /** smallest part of the folded conversation that must survive */
  minShare: number;
}
export type Fit =
  | { status: "fits"; messages: ChatMessage[]; tokens: number; fit: ContextFit | null }
  /** `tokens`: the estimate of the whole */
  | { status: "too-long"; tokens: number };

/** A message with its estimate before margin and factor. */
interface Sized {
  message: ChatMessage;
  raw: number;
  folded: number;
  cut: boolean;
}

/** Messages are never changed in place, so an estimate holds as long as its message does; several members ask for the same. */
const known = { plain: new WeakMap<ChatMessage, number>(), perDigit: new WeakMap<ChatMessage, number>() };
function rawTokens(message: ChatMessage, perDigit: boolean): number {
  const cache = perDigit ? known.perDigit : known.plain;
  const raw = cache.get(message) ?? messageTokens(message, { perDigit });
  cache.set(message, raw);
  return raw;
}

const total = (sized: readonly Sized[]): number => sized.reduce((sum, one) => sum + one.raw, TOKENS_PER_REQUEST);

/** Which turn each message belongs to: a turn starts at a user message. System messages belong to none (-1). */
function turnsOf(messages: readonly ChatMessage[]): number[] {
  let turn = 0;
  return messages.map(({ role }, index) => {
    if (role === "system" || role === "developer") return -1;
    if (role === "user" && index > 0) turn += 1;
    return turn;
  });
}

/** Turns that may go, oldest first: no tool call in them, and before the last user message. */
function droppableTurns(messages: readonly ChatMessage[], turns: readonly number[]): number[] {
  const last = turns[messages.findLastIndex(({ role }) => role === "user")] ?? 0;
  const pinned = new Set<number>();
  for (const [index, message] of messages.entries()) {
    const calls = message.role === "assistant" && (message.tool_calls?.length ?? 0) > 0;
    if (calls || message.role === "tool") pinned.add(turns[index] ?? -1);
  }
  return [...new Set(turns)].filter((turn) => turn >= 0 && turn < last && !pinned.has(turn));
}

const isSystem = ({ role }: ChatMessage): boolean => role === "system" || role === "developer";

/** The message with its log folded, or as it was where that saves nothing. */
function folded(whole: Sized, lines: LogLine[] | null, reach: FoldReach, perDigit: boolean): Sized {
  if (lines === null) return whole;
  const shorter = foldLines(lines, reach);
  if (shorter.text.length >= (whole.message.content ?? "").length) return whole;
  const message = { ...whole.message, content: shorter.text } as ChatMessage;
  return { message, raw: messageTokens(message, { perDigit }), folded: shorter.folded, cut: false };
}

/** The gentlest fold that is enough; the hardest when none is. */
function foldLogs(whole: readonly Sized[], fits: (sized: readonly Sized[]) => boolean, perDigit: boolean): Sized[] {
  const logs = whole.map(({ message }) => (isSystem(message) ? null : readLog(message.content ?? "")));
  let sized = [...whole];
  for (const reach of ["runs", "anywhere", "kinds"] as const) {
    sized = whole.map((one, index) => folded(one, logs[index] ?? null, reach, perDigit));
    if (fits(sized)) break;
  }
  return sized;
}

function dropOldest(sized: readonly Sized[], budget: number): Sized[] {
  const messages = sized.map(({ message }) => message);
  const turns = turnsOf(messages);
  let excess = total(sized) - budget;
  const gone = new Set<number>();
  for (const turn of droppableTurns(messages, turns)) {
    if (excess <= 0) break;
    gone.add(turn);
    excess -= sized.reduce((sum, one, index) => sum + (turns[index] === turn ? one.raw : 0), 0);
  }
  return sized.filter((_, index) => !gone.has(turns[index] ?? -1));
}

const isCuttable = ({ message }: Sized): boolean => !isSystem(message) && (message.content ?? "").length > 0;

/** The size above which messages are cut, so that what is left fits: small ones stay whole, large ones get equal shares. */
function shareOf(sizes: readonly number[], room: number): number {
  const ascending = [...sizes].sort((a, b) => a - b);
  let left = room;
  for (const [index, size] of ascending.entries()) {
    const share = left / (ascending.length - index);
    if (size > share) return share;
    left -= size;
  }
  return Infinity;
}

function cutLargest(sized: readonly Sized[], budget: number, perDigit: boolean): Sized[] {
  const fixed = sized.filter((one) => !isCuttable(one));
  const share = shareOf(
    sized.filter(isCuttable).map(({ raw }) => raw),
    budget - total(fixed),
  );
  return sized.map((one) => {
    if (!isCuttable(one) || one.raw <= share) return one;
    const text = one.message.content ?? "";
    // what is no content (template, tool calls) stays and is taken off the share
    const rest = messageTokens({ ...one.message, content: "" } as ChatMessage, { perDigit });
    const content = cutMiddle(text, share - rest, perDigit);
    if (content === null || content === text) return one;
    const message = { ...one.message, content } as ChatMessage;
    return { message, raw: messageTokens(message, { perDigit }), folded: one.folded, cut: true };
  });
}

/** Pure but for a memory of estimates; `fit` is null when nothing had to change, and the messages are then the very same. */
export function fitContext(order: FitOrder): Fit {
  const { messages, windowTokens, reserveTokens, perDigit, minShare } = order;
  const scale = TOKEN_MARGIN * order.factor;
  const tokensOf = (sized: readonly Sized[]): number => Math.ceil(total(sized) * scale);
  const room = windowTokens - reserveTokens;
  const fits = (sized: readonly Sized[]): boolean => tokensOf(sized) <= room;
  // a hair below, so that scaling back and rounding up cannot end above the room
  const budget = (Math.floor(room) - 1e-6) / scale;
  const whole = messages.map((message) => ({ message, raw: rawTokens(message, perDigit), folded: 0, cut: false }));
  const prompt = tokensOf(whole);
  if (fits(whole)) return { status: "fits", messages, tokens: prompt, fit: null };
  const shorter = foldLogs(whole, fits, perDigit);
  const kept = fits(shorter) ? shorter : cutLargest(dropOldest(shorter, budget), budget, perDigit);
  const tokens = tokensOf(kept);
  if (!fits(kept) || total(kept) < total(shorter) * minShare) return { status: "too-long", tokens: prompt };
  const fit: ContextFit = {
    prompt_tokens: prompt,
    window_tokens: windowTokens,
    kept_tokens: tokens,
    cut_tokens: prompt - tokens,
    dropped_messages: messages.length - kept.length,
    cut_messages: kept.filter(({ cut }) => cut).length,
    folded_lines: kept.reduce((sum, one) => sum + one.folded, 0),
  };
  return { status: "fits", messages: kept.map(({ message }) => message), tokens, fit };
}
