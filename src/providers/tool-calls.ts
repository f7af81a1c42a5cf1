/** Tool calls of one reply while they come in, piece by piece or whole, and whether they were asked for. Knows no dialect. */
import type { ToolCall } from "../../adjudicator/index.ts";
import { fail } from "./failure.ts";
import type { ChatCall } from "./provider.ts";
import { asObject, asText, type JsonObject } from "./shape.ts";

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

export function createToolCalls(): { add(piece: ToolCallPiece): void; list(): ToolCall[] } {
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

export function checkCalls(calls: ToolCall[], call: ChatCall, finish: string): void {
  if (calls.length === 0) return;
  if (call.tools === undefined || call.tools.length === 0 || call.tool_choice === "none")
    fail("bad-response", "the model called a tool, but none was offered", "once");
  if (finish === "length") fail("truncated", "a tool call was cut at the output limit");
  if (calls.some((one) => one.function.name === "")) fail("bad-response", "the model called a tool without a name", "once");
}

/** Arguments are JSON text; some servers send the object itself. */
export function argumentsText(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return asText(value) ?? JSON.stringify(value);
}
/** The other way, for formats that want an object; what is none becomes an empty one. */
export function argumentsObject(text: string): JsonObject {
  try {
    return asObject(JSON.parse(text)) ?? {};
  } catch {
    return {};
  }
}
