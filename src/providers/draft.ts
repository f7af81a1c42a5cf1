/** One reply while it is read: pieces go in, whole or streamed alike, and one judgement comes out. Knows no dialect. */
import type { ToolCall } from "../../adjudicator/index.ts";
import type { Usage } from "../core/chat.ts";
import { fail, NO_USAGE } from "./failure.ts";
import { unifiedFinish } from "./finish.ts";
import type { ChatCall, ChatReply } from "./provider.ts";
import { createThinkingSplitter } from "./thinking.ts";

/** More calls than this in one reply is a runaway. */
const MAX_TOOL_CALLS = 128;

interface CallDraft {
  id: string | null;
  name: string;
  pieces: string[];
}
export interface ToolCallPiece {
  /** place in the reply; "new" = a whole call of its own; null = the call that `id` names, else the last one */
  index: number | "new" | null;
  id: string | null;
  name: string | null;
  /** a piece of JSON text */
  arguments: string | null;
}

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

function createCalls(): { add(piece: ToolCallPiece): void; list(): ToolCall[] } {
  const drafts = new Map<number, CallDraft>();
  let last = -1;
  function place(piece: ToolCallPiece): number {
    if (piece.index === "new") return last + 1;
    if (piece.index !== null) return piece.index;
    if (piece.id === null) return Math.max(piece.name === null ? last : last + 1, 0);
    const known = [...drafts].find(([, draft]) => draft.id === piece.id);
    return known?.[0] ?? last + 1;
  }
  return {
    add(piece) {
      const index = place(piece);
      last = Math.max(last, index);
      const draft = drafts.get(index) ?? { id: null, name: "", pieces: [] };
      if (!drafts.has(index) && drafts.size === MAX_TOOL_CALLS) fail("bad-response", "more than 128 tool calls in one reply");
      drafts.set(index, draft);
      draft.id ??= piece.id;
      if (draft.name === "" && piece.name !== null) draft.name = piece.name;
      if (piece.arguments !== null) draft.pieces.push(piece.arguments);
    },
    list: () =>
      [...drafts]
        .sort(([a], [b]) => a - b)
        .map(([, { id, name, pieces }], at) => {
          const text = pieces.join("").trim();
          return {
            id: (id ?? `call_${at + 1}`).toWellFormed(),
            type: "function",
            function: { name: name.toWellFormed(), arguments: text === "" ? "{}" : text.toWellFormed() },
          };
        }),
  };
}

function checkCalls(calls: ToolCall[], call: ChatCall, finish: string): void {
  if (calls.length === 0) return;
  if (call.tools === undefined || call.tools.length === 0 || call.tool_choice === "none")
    fail("bad-response", "the model called a tool, but none was offered", "once");
  if (finish === "length") fail("truncated", "a tool call was cut at the output limit");
  if (calls.some((one) => one.function.name === "")) fail("bad-response", "the model called a tool without a name", "once");
}

export function createDraft(call: ChatCall, options: DraftOptions): Draft {
  const { onContent } = options;
  const splitter = createThinkingSplitter(options.holds, options.onDelta ?? null);
  const calls = createCalls();
  let apart = "";
  let refused = false;
  let hasText = false;
  let finish: string | null = null;
  let served: string | null = null;
  let relay: string | null = null;
  let usage: Usage = NO_USAGE;

  function judge(ignored: string[]): ChatReply {
    const { visible, reasoning } = splitter.end();
    const thought = (apart + reasoning).toWellFormed().trim();
    if (finish === null) return fail("truncated", "the reply ended without a finish reason");
    const toolCalls = calls.list();
    const unified = unifiedFinish(finish);
    if (refused || unified === "content-filter") return fail("refused", "the model or its content filter refused to answer");
    if (finish === "model_context_window_exceeded") return fail("context-too-long", "the model ran out of its context window");
    if (finish === "error") return fail("bad-response", "the provider ended the reply with an error", hasText ? "never" : "once");
    checkCalls(toolCalls, call, unified);
    const text = visible.toWellFormed().trim();
    if (toolCalls.length === 0 && isBlank(text)) {
      if (unified === "length") return fail("truncated", "the output limit was used up before any answer");
      return fail("empty", thought === "" ? "the reply has no visible text" : "the reply holds thinking but no answer", "once");
    }
    const known = toolCalls.length > 0 && unified === "stop" ? "tool-calls" : unified;
    return {
      text: isBlank(text) ? "" : text,
      reasoning: thought === "" ? null : thought,
      toolCalls,
      finish: { unified: known, raw: finish },
      usage,
      servedModel: served,
      ignored,
      relayedTo: relay,
    };
  }

  return {
    text(piece) {
      if (piece === "") return;
      hasText ||= !isBlank(piece);
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
    textRead: () => hasText,
    usageSoFar: () => usage,
    judge,
  };
}
