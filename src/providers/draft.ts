/** One reply while it is read: pieces go in, whole or streamed alike, and one judgement comes out. Knows no dialect. */
import type { ToolCall } from "../../adjudicator/index.ts";
import type { Usage } from "../core/chat.ts";
import { fail, NO_USAGE } from "./failure.ts";
import { unifiedFinish } from "./finish.ts";
import type { ChatCall, ChatReply } from "./provider.ts";
import { createThinkingSplitter } from "./thinking.ts";
import { checkCalls, createToolCalls, type ToolCallPiece } from "./tool-calls.ts";

export interface Draft {
  text(piece: string): void;
  reasoning(piece: string): void;
  refusal(piece: string): void;
  toolCall(piece: ToolCallPiece): void;
  finish(raw: string): void;
  /** null leaves what was known */
  usage(usage: Partial<Usage>): void;
  servedModel(name: string | null): void;
  relayedTo(host: string): void;
  /** a finish reason or its like has come: the reply is complete even if the connection now breaks */
  finished(): boolean;
  /** some visible text has been read */
  textRead(): boolean;
  usageSoFar(): Usage;
  /** throws the failure that the reply amounts to, if it does */
  judge(ignored: string[]): ChatReply;
}

export interface DraftOptions {
  holds: boolean;
  onDelta: ((text: string) => void) | undefined;
  onContent: (() => void) | undefined;
}

/** White space, control and format characters (zero-width ones too) show nothing. */
const isBlank = (text: string): boolean => !/[^\s\p{Cc}\p{Cf}\u115F\u1160\u3164\uFFA0\u2800]/u.test(text);

interface Found {
  visible: string;
  reasoning: string;
  toolCalls: ToolCall[];
  finish: string | null;
  refused: boolean;
}

/** Throws what the reply amounts to when it is no answer. */
function judgeReply(found: Found, call: ChatCall): Pick<ChatReply, "text" | "reasoning" | "toolCalls" | "finish"> {
  const { finish, toolCalls } = found;
  const reasoning = found.reasoning.toWellFormed().trim();
  if (finish === null) return fail("truncated", "the reply ended without a finish reason");
  const unified = unifiedFinish(finish);
  if (found.refused || unified === "content-filter") return fail("refused", "the model or its content filter refused to answer");
  if (finish === "model_context_window_exceeded") return fail("context-too-long", "the model ran out of its context window");
  if (finish === "error") return fail("bad-response", "the provider ended the reply with an error", "once");
  checkCalls(toolCalls, call, unified);
  const text = found.visible.toWellFormed().trim();
  if (toolCalls.length === 0 && isBlank(text)) {
    if (unified === "length") return fail("truncated", "the output limit was used up before any answer");
    return fail("empty", reasoning === "" ? "the reply has no visible text" : "the reply holds thinking but no answer", "once");
  }
  return {
    text: isBlank(text) ? "" : text,
    reasoning: reasoning === "" ? null : reasoning,
    toolCalls,
    finish: { unified: toolCalls.length > 0 && unified === "stop" ? "tool-calls" : unified, raw: finish },
  };
}

export function createDraft(call: ChatCall, options: DraftOptions): Draft {
  const { onContent } = options;
  const splitter = createThinkingSplitter(options.holds, options.onDelta ?? null);
  const calls = createToolCalls();
  let apart = "";
  let refused = false;
  let hasText = false;
  /** first half of a character whose second half may come with the next piece */
  let half = "";
  let finish: string | null = null;
  let served: string | null = null;
  let relay: string | null = null;
  let usage: Usage = NO_USAGE;

  const judge = (ignored: string[]): ChatReply => {
    const { visible, reasoning } = splitter.end();
    const found = { visible, reasoning: apart + reasoning, toolCalls: calls.list(), finish, refused };
    return { ...judgeReply(found, call), usage, servedModel: served, ignored, relayedTo: relay };
  };

  return {
    text(piece) {
      if (piece === "") return;
      const whole = half + piece;
      half = /[\ud800-\udbff]$/.test(whole) ? whole.slice(-1) : "";
      hasText ||= !isBlank(whole.slice(0, whole.length - half.length));
      splitter.push(piece);
      onContent?.();
    },
    reasoning(piece) {
      if (piece === "") return;
      apart += piece;
      onContent?.();
    },
    refusal(piece) {
      if (piece !== "") refused = true;
    },
    toolCall(piece) {
      calls.add(piece);
      onContent?.();
    },
    finish: (raw) => {
      finish = raw.slice(0, 64);
    },
    usage: (more) => {
      usage = { input_tokens: more.input_tokens ?? usage.input_tokens, output_tokens: more.output_tokens ?? usage.output_tokens };
    },
    servedModel: (name) => {
      served = name ?? served;
    },
    relayedTo: (host) => {
      relay = host;
    },
    finished: () => finish !== null,
    textRead: () => hasText || half !== "",
    usageSoFar: () => usage,
    judge,
  };
}
