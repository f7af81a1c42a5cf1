/** Writes replies as the five services write them, whole or in pieces, and their error bodies. Knows no fault. */
import type { Said } from "./net.ts";

export type Dialect = "together" | "groq" | "ollama" | "openai" | "anthropic" | "openai-compatible";
/** One piece of a reply; `speaks`: it carries visible answer text that a reader of streams sees. */
export interface Piece {
  bytes: string;
  speaks: boolean;
}
export interface Wording {
  dialect: Dialect;
  model: string;
  streaming: boolean;
  said: Said;
  /** the raw finish reason; null = left out */
  finish: string | null;
  /** as it goes on the wire: numbers, or whatever a fault puts there; undefined = left out */
  usage: { input: unknown; output: unknown } | undefined;
  /** Ollama: relayed to */
  remoteHost?: string;
  refusal?: string;
  /** thinking that comes apart from the answer */
  reasoning?: string;
  /** cut between any two UTF-16 units, not only between characters */
  splits?: boolean;
  /** into how many pieces a streamed text is cut */
  cuts: number;
}

export const FINISH: Record<Dialect, { stop: string; length: string; filter: string; calls: string }> = {
  together: { stop: "stop", length: "length", filter: "content_filter", calls: "tool_calls" },
  groq: { stop: "stop", length: "length", filter: "content_filter", calls: "tool_calls" },
  openai: { stop: "stop", length: "length", filter: "content_filter", calls: "tool_calls" },
  "openai-compatible": { stop: "stop", length: "length", filter: "content_filter", calls: "tool_calls" },
  anthropic: { stop: "end_turn", length: "max_tokens", filter: "refusal", calls: "tool_use" },
  ollama: { stop: "stop", length: "length", filter: "content_filter", calls: "stop" },
};

function pieces(text: string, cuts: number, splits = false): string[] {
  const points = splits ? text.split("") : [...text];
  const size = Math.max(1, Math.ceil(points.length / cuts));
  const parts: string[] = [];
  for (let at = 0; at < points.length; at += size) parts.push(points.slice(at, at + size).join(""));
  return parts;
}

const sse = (data: unknown, event?: string): string => `${event ? `event: ${event}\n` : ""}data: ${JSON.stringify(data)}\n\n`;

function completions({ model, said, finish, usage, streaming, cuts, refusal, reasoning, splits }: Wording): Piece[] {
  const calls = said.calls.map((call, index) => ({ index, id: `call_${index}`, type: "function", function: call }));
  const counted = usage && { prompt_tokens: usage.input, completion_tokens: usage.output };
  const base = { id: "c1", created: 1, model };
  if (!streaming) {
    const message = {
      role: "assistant",
      content: said.text,
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
      ...(refusal ? { refusal } : {}),
      ...(reasoning ? { reasoning_content: reasoning } : {}),
    };
    const choice = { index: 0, message, ...(finish === null ? {} : { finish_reason: finish }) };
    return [
      {
        bytes: JSON.stringify({ ...base, object: "chat.completion", choices: [choice], ...(counted ? { usage: counted } : {}) }),
        speaks: false,
      },
    ];
  }
  const chunk = (delta: unknown, more = {}): string =>
    sse({ ...base, object: "chat.completion.chunk", choices: [{ index: 0, delta, ...more }] });
  return [
    { bytes: chunk({ role: "assistant", content: "" }), speaks: false },
    ...pieces(reasoning ?? "", cuts, splits).map((piece) => ({ bytes: chunk({ reasoning_content: piece }), speaks: false })),
    ...pieces(said.text, cuts, splits).map((content) => ({ bytes: chunk({ content }), speaks: /\S/.test(content) })),
    ...(calls.length > 0 ? [{ bytes: chunk({ tool_calls: calls }), speaks: false }] : []),
    ...(refusal ? [{ bytes: chunk({ refusal }), speaks: false }] : []),
    ...(finish === null ? [] : [{ bytes: chunk({}, { finish_reason: finish }), speaks: false }]),
    ...(counted ? [{ bytes: sse({ ...base, object: "chat.completion.chunk", choices: [], usage: counted }), speaks: false }] : []),
    ...(finish === null ? [] : [{ bytes: "data: [DONE]\n\n", speaks: false }]),
  ];
}

function ollama({ model, said, finish, usage, cuts, remoteHost, reasoning, splits }: Wording): Piece[] {
  const relay = remoteHost === undefined ? {} : { remote_host: remoteHost, remote_model: model };
  const line = (value: object): string => `${JSON.stringify({ model, created_at: "2026-11-22T02:00:00Z", ...relay, ...value })}\n`;
  const calls = said.calls.map((call) => ({ function: { name: call.name, arguments: JSON.parse(call.arguments) as unknown } }));
  const counted = usage && { prompt_eval_count: usage.input, eval_count: usage.output };
  return [
    ...pieces(reasoning ?? "", cuts, splits).map((thinking) => ({
      bytes: line({ message: { role: "assistant", content: "", thinking }, done: false }),
      speaks: false,
    })),
    ...pieces(said.text, cuts, splits).map((content) => ({
      bytes: line({ message: { role: "assistant", content }, done: false }),
      speaks: /\S/.test(content),
    })),
    ...(calls.length > 0
      ? [{ bytes: line({ message: { role: "assistant", content: "", tool_calls: calls }, done: false }), speaks: false }]
      : []),
    ...(finish === null
      ? []
      : [{ bytes: line({ message: { role: "assistant", content: "" }, done: true, done_reason: finish, ...counted }), speaks: false }]),
  ];
}

function anthropic({ model, said, finish, usage, streaming, cuts, reasoning, splits }: Wording): Piece[] {
  const blocks = [
    ...(reasoning ? [{ type: "thinking", thinking: reasoning }] : []),
    ...(said.text === "" ? [] : [{ type: "text", text: said.text }]),
    ...said.calls.map((call, index) => ({
      type: "tool_use",
      id: `call_${index}`,
      name: call.name,
      input: JSON.parse(call.arguments) as unknown,
    })),
  ];
  const counted = usage && { input_tokens: usage.input, output_tokens: usage.output };
  if (!streaming)
    return [
      {
        bytes: JSON.stringify({
          id: "m1",
          type: "message",
          role: "assistant",
          model,
          content: blocks,
          stop_reason: finish,
          ...(counted ? { usage: counted } : {}),
        }),
        speaks: false,
      },
    ];
  const event = (value: { type: string }): string => sse(value, value.type);
  return [
    {
      bytes: event({ type: "message_start", message: { model, usage: counted && { input_tokens: usage?.input, output_tokens: 1 } } } as {
        type: string;
      }),
      speaks: false,
    },
    ...pieces(reasoning ?? "", cuts, splits).map((thinking) => ({
      bytes: event({ type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking } } as { type: string }),
      speaks: false,
    })),
    {
      bytes: event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } } as { type: string }),
      speaks: false,
    },
    ...pieces(said.text, cuts, splits).map((text) => ({
      bytes: event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } } as { type: string }),
      speaks: /\S/.test(text),
    })),
    { bytes: event({ type: "content_block_stop", index: 0 } as { type: string }), speaks: false },
    ...said.calls.map((call, index) => ({
      bytes: event({
        type: "content_block_start",
        index: index + 1,
        content_block: { type: "tool_use", id: `call_${index}`, name: call.name, input: JSON.parse(call.arguments) as unknown },
      } as { type: string }),
      speaks: false,
    })),
    ...(finish === null
      ? []
      : [
          {
            bytes: event({ type: "message_delta", delta: { stop_reason: finish }, usage: { output_tokens: usage?.output } } as {
              type: string;
            }),
            speaks: false,
          },
          { bytes: event({ type: "message_stop" }), speaks: false },
        ]),
  ];
}

export function write(wording: Wording): Piece[] {
  switch (wording.dialect) {
    case "ollama":
      return ollama(wording);
    case "anthropic":
      return anthropic(wording);
    default:
      return completions(wording);
  }
}

export function contentType({ dialect, streaming }: Pick<Wording, "dialect" | "streaming">): string {
  if (dialect === "ollama") return "application/x-ndjson";
  return streaming ? "text/event-stream" : "application/json";
}

/** An error body in the service's own form. */
export function errorBody(dialect: Dialect, code: string, message: string): string {
  if (dialect === "ollama") return JSON.stringify({ error: message });
  if (dialect === "anthropic") return JSON.stringify({ type: "error", error: { type: code, message } });
  return JSON.stringify({ error: { message, type: code, param: null, code } });
}
