/** Trimming: what of a conversation reached a model that could not hold all of it (I37). */
import type { ChatMessage } from "../../../src/core/chat.ts";
import { countsDigits, promptTokens, TOKEN_MARGIN } from "../../../src/core/tokens.ts";
import type { NetCall } from "../net.ts";
import type { Played, PlayedRun } from "../play.ts";
import type { Tally } from "./tally.ts";
import { answered, chats, factsOf, seatCalls } from "./view.ts";

interface Sent {
  role: string;
  content: string;
  calls: number;
}
const CUT = /\n\[… (\d+) characters left out of the middle to fit the model's window …\]\n/;
const FOLDED = / such lines (?:in a row|from here on), differing in times, numbers or ids\]/;
/** characters by which a shortened message is known again */
const START = 20;
const roleOf = (role: string): string => (role === "developer" ? "system" : role);

/** Anthropic's turns are joined on their way out; they are looked at by their texts alone. */
const sentOf = (call: NetCall): Sent[] =>
  (call.body["messages"] as { role: string; content: unknown; tool_calls?: unknown[] }[]).map(({ role, content, tool_calls }) => ({
    role: roleOf(role),
    content: typeof content === "string" ? content : "",
    calls: tool_calls?.length ?? 0,
  }));

/** How a message came through: whole, shortened with a word about it, or not. */
function relation(sent: string, original: string): "whole" | "cut" | "folded" | null {
  if (sent === original) return "whole";
  const cut = CUT.exec(sent);
  const folded = FOLDED.test(sent);
  const sameStart = sent.slice(0, START) === original.slice(0, START);
  if (cut === null) return folded && sameStart ? "folded" : null;
  const head = sent.slice(0, cut.index);
  const tail = sent.slice(cut.index + cut[0].length);
  // a log was folded first, and the cut may have taken every note of it
  if (folded || original.split("\n").length >= 8) return sameStart ? "cut" : null;
  const missing = original.length - head.length - tail.length;
  return original.startsWith(head) && original.endsWith(tail) && missing === Number(cut[1]) ? "cut" : null;
}

export function windowOf(played: Played, member: string): number | null {
  const { numCtx, contextTokens } = factsOf(played, member);
  return numCtx ?? (member.startsWith("ollama/") ? Math.min(contextTokens ?? 131_072, 131_072) : contextTokens);
}

const LEAST_FACTOR = 0.8;

export function trimming(played: Played, tally: Tally): void {
  const firstOf = new Map<string, number>();
  for (const call of chats(played)) if (!firstOf.has(call.member)) firstOf.set(call.member, call.id);
  for (const run of played.runs) {
    const { request } = run;
    if (request === null) continue;
    for (const call of seatCalls(played, run)) {
      if (call.provider === "anthropic") continue;
      const window = windowOf(played, call.member);
      const sent = sentOf(call);
      for (const { content } of sent)
        if (!content.isWellFormed() && request.messages.every((message) => message.content?.isWellFormed() ?? true))
          tally.fail("I37", run.plan.index, "a character was split");
      if (window === null) continue;
      const isFirst = firstOf.get(call.member) === call.id;
      const fail = (text: string): void => tally.fail("I37", run.plan.index, `${call.member}: ${text}`);
      compareMessages(request.messages, call, fail);
      sizes({ run, call, window, sent, factor: isFirst ? 1 : null, played }, fail);
      const trimmed =
        sent.length !== request.messages.length || sent.some(({ content }, place) => content !== (request.messages[place]?.content ?? ""));
      tally.hold("I37", trimmed ? 1 : 0);
    }
    reported(played, run, tally);
  }
}

function compareMessages(original: readonly ChatMessage[], call: NetCall, fail: (text: string) => void): void {
  const kept = relationOf(original, call);
  if (kept === null) return fail("a message came from nowhere, or out of order");
  const last = original.findLastIndex(({ role }) => role === "user");
  for (const [place, message] of original.entries()) {
    if (kept.has(place)) continue;
    if (roleOf(message.role) === "system") fail("the system text is gone");
    if (place === last) fail("the last user message is gone");
    if (message.role === "tool" || (message.role === "assistant" && message.tool_calls !== undefined))
      fail("a tool call or its reply is gone");
  }
}

/** Places of the messages that were kept; null = they cannot be told. */
export function relationOf(original: readonly ChatMessage[], call: NetCall): Set<number> | null {
  let at = 0;
  const kept = new Set<number>();
  for (const { role, content } of sentOf(call)) {
    const found = original.findIndex(
      (message, place) => place >= at && roleOf(message.role) === role && relation(content, message.content ?? "") !== null,
    );
    if (found < 0) return null;
    at = found + 1;
    kept.add(found);
  }
  return kept;
}

interface Sizes {
  played: Played;
  run: PlayedRun;
  call: NetCall;
  window: number;
  sent: Sent[];
  /** 1 for the first call of a member, whose estimate nothing has corrected yet */
  factor: 1 | null;
}

function sizes({ run, call, window, sent, factor, played }: Sizes, fail: (text: string) => void): void {
  const { request } = run;
  if (request === null) return;
  const perDigit = countsDigits(factsOf(played, call.member).family ?? call.model);
  const askedOf = Number(
    call.body["max_tokens"] ??
      call.body["max_completion_tokens"] ??
      (call.body["options"] as { num_predict?: number } | undefined)?.num_predict ??
      Math.min(1024, Math.floor(window / 4)),
  );
  const reserve = askedOf + (request.tools ? Math.ceil(JSON.stringify(request.tools).length / 3) : 0);
  const asMessages = request.messages.length === sent.length ? null : sent;
  const texts = (sent as unknown as { role: "user"; content: string }[]).map(({ content }) => ({ role: "user" as const, content }));
  const tokens = promptTokens(texts, { perDigit }) * TOKEN_MARGIN;
  if (tokens * (factor ?? LEAST_FACTOR) > window - reserve + 2)
    fail(`${Math.ceil(tokens)} tokens in a window of ${window} with ${reserve} kept free`);
  if (factor === null || asMessages === null) return;
  const whole = promptTokens(request.messages, { perDigit }) * TOKEN_MARGIN;
  if (whole < window - reserve - 2) fail(`trimmed, though ${Math.ceil(whole)} tokens fit ${window} less ${reserve}`);
}

function reported(played: Played, run: PlayedRun, tally: Tally): void {
  if (run.report === null || run.request === null) return;
  for (const outcome of answered(run.report)) {
    const calls = seatCalls(played, run).filter(({ member }) => member === outcome.member);
    const call = calls.at(-1);
    if (call === undefined || call.provider === "anthropic" || outcome.hedged_by !== null || calls.length > 1) continue;
    const sent = sentOf(call);
    const original = run.request.messages;
    const same = sent.length === original.length && sent.every(({ content }, place) => content === (original[place]?.content ?? ""));
    const { context_fit: fit } = outcome;
    if ((fit === null) !== same) tally.fail("I37", run.plan.index, `${outcome.member}: trimmed ${!same}, reported ${fit !== null}`);
    if (fit === null) continue;
    if (fit.dropped_messages !== original.length - sent.length)
      tally.fail("I37", run.plan.index, `${outcome.member}: ${fit.dropped_messages} messages reported as dropped`);
    const cut = sent.filter(({ content }) => CUT.test(content)).length;
    if (fit.cut_messages !== cut)
      tally.fail("I37", run.plan.index, `${outcome.member}: ${fit.cut_messages} messages reported as cut, ${cut} seen`);
    if (fit.kept_tokens + fit.cut_tokens !== fit.prompt_tokens)
      tally.fail("I37", run.plan.index, `${outcome.member}: the counts do not add up`);
  }
}
