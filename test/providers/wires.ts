/** How each wire format says the same thing: whole replies, streams and errors for the conformance suite. Knows no adapter. */

export interface Said {
  /** pieces of the answer, one chunk each when streamed */
  pieces?: string[];
  reasoning?: string;
  /** `null` = no finish marker at all */
  finish?: "stop" | "length" | "tool" | "refused" | "window" | null;
  usage?: { input: unknown; output: unknown } | null;
  tool?: { name: string; arguments: Record<string, unknown> };
  model?: string;
}

export interface Wire {
  streamType: string;
  whole(said: Said): unknown;
  /** frames of a stream, each one event or line */
  frames(said: Said): string[];
  /** an error object as this service sends it with a status */
  error(code: string, message: string): unknown;
  /** one frame that carries an error in a stream */
  errorFrame(code: string, message: string): string;
  /** a frame that is no content: keeps the connection alive */
  keepAlive: string;
  /** frame with broken JSON */
  broken: string;
}

const sse = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const named = (value: { type: string; [field: string]: unknown }): string => `event: ${value.type}\n${sse(value)}`;
const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
const USAGE = { input: 12, output: 3 };
const usageOf = (said: Said): { input: unknown; output: unknown } | null => (said.usage === undefined ? USAGE : said.usage);

const OPENAI_FINISH = {
  stop: "stop",
  length: "length",
  tool: "tool_calls",
  refused: "content_filter",
  window: "model_context_window_exceeded",
};
const openAiUsage = (said: Said): Record<string, unknown> => {
  const usage = usageOf(said);
  return usage === null ? {} : { usage: { prompt_tokens: usage.input, completion_tokens: usage.output, total_tokens: 15 } };
};
const openAiFinish = (said: Said): string | null => {
  const finish = said.finish === undefined ? (said.tool === undefined ? "stop" : "tool") : said.finish;
  return finish === null ? null : OPENAI_FINISH[finish];
};

export const openAiWire: Wire = {
  streamType: "text/event-stream",
  whole(said) {
    const calls = said.tool && [
      { id: "c1", type: "function", function: { name: said.tool.name, arguments: JSON.stringify(said.tool.arguments) } },
    ];
    const message = {
      role: "assistant",
      content: said.pieces?.join("") ?? null,
      ...(said.reasoning === undefined ? {} : { reasoning: said.reasoning }),
      ...(calls === undefined ? {} : { tool_calls: calls }),
    };
    const choices = [{ index: 0, message, finish_reason: openAiFinish(said) }];
    return { id: "x", object: "chat.completion", created: 1, model: said.model ?? "served", choices, ...openAiUsage(said) };
  },
  frames(said) {
    const chunk = (delta: unknown, finish: string | null = null): string =>
      sse({
        id: "x",
        object: "chat.completion.chunk",
        model: said.model ?? "served",
        choices: [{ index: 0, delta, finish_reason: finish }],
      });
    const frames = [chunk({ role: "assistant", content: "" })];
    if (said.reasoning !== undefined) frames.push(chunk({ reasoning: said.reasoning }));
    for (const piece of said.pieces ?? []) frames.push(chunk({ content: piece }));
    if (said.tool !== undefined) {
      const text = JSON.stringify(said.tool.arguments);
      frames.push(chunk({ tool_calls: [{ index: 0, id: "c1", type: "function", function: { name: said.tool.name, arguments: "" } }] }));
      for (const piece of [text.slice(0, 3), text.slice(3)])
        frames.push(chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] }));
    }
    const finish = openAiFinish(said);
    if (finish === null) return frames;
    frames.push(chunk({}, finish));
    // a late chunk without choices carries the counts
    if (usageOf(said) !== null) frames.push(sse({ id: "x", object: "chat.completion.chunk", choices: [], ...openAiUsage(said) }));
    return [...frames, "data: [DONE]\n\n"];
  },
  error: (code, message) => ({ error: { message, type: code, code, param: null } }),
  errorFrame: (code, message) => sse({ error: { message, type: code } }),
  keepAlive: ": keep-alive\n\n",
  broken: 'data: {"choices":[{"delta":{"content":"x"}}\n\n',
};

const ANTHROPIC_FINISH = {
  stop: "end_turn",
  length: "max_tokens",
  tool: "tool_use",
  refused: "refusal",
  window: "model_context_window_exceeded",
};
const anthropicFinish = (said: Said): string | null => {
  const finish = said.finish === undefined ? (said.tool === undefined ? "stop" : "tool") : said.finish;
  return finish === null ? null : ANTHROPIC_FINISH[finish];
};
export const anthropicWire: Wire = {
  streamType: "text/event-stream",
  whole(said) {
    const usage = usageOf(said);
    const content = [
      ...(said.reasoning === undefined ? [] : [{ type: "thinking", thinking: said.reasoning, signature: "s" }]),
      ...(said.pieces === undefined ? [] : [{ type: "text", text: said.pieces.join("") }]),
      ...(said.tool === undefined ? [] : [{ type: "tool_use", id: "c1", name: said.tool.name, input: said.tool.arguments }]),
    ];
    return {
      id: "x",
      type: "message",
      role: "assistant",
      model: said.model ?? "served",
      content,
      stop_reason: anthropicFinish(said),
      ...(usage === null ? {} : { usage: { input_tokens: usage.input, output_tokens: usage.output } }),
    };
  },
  frames(said) {
    const usage = usageOf(said);
    const start = usage === null ? {} : { usage: { input_tokens: usage.input, output_tokens: 0 } };
    const frames = [named({ type: "message_start", message: { model: said.model ?? "served", content: [], ...start } })];
    const block = (index: number, contentBlock: unknown, deltas: unknown[]): void => {
      frames.push(named({ type: "content_block_start", index, content_block: contentBlock }));
      for (const delta of deltas) frames.push(named({ type: "content_block_delta", index, delta }));
      frames.push(named({ type: "content_block_stop", index }));
    };
    if (said.reasoning !== undefined) block(0, { type: "thinking", thinking: "" }, [{ type: "thinking_delta", thinking: said.reasoning }]);
    if (said.pieces !== undefined)
      block(
        1,
        { type: "text", text: "" },
        said.pieces.map((text) => ({ type: "text_delta", text })),
      );
    if (said.tool !== undefined) {
      const text = JSON.stringify(said.tool.arguments);
      const pieces = [text.slice(0, 3), text.slice(3)].map((piece) => ({ type: "input_json_delta", partial_json: piece }));
      block(2, { type: "tool_use", id: "c1", name: said.tool.name, input: {} }, pieces);
    }
    const finish = anthropicFinish(said);
    if (finish === null) return frames;
    const end = usage === null ? {} : { usage: { output_tokens: usage.output } };
    frames.push(named({ type: "message_delta", delta: { stop_reason: finish }, ...end }));
    return [...frames, named({ type: "message_stop" })];
  },
  error: (code, message) => ({ type: "error", error: { type: code, message } }),
  errorFrame: (code, message) => named({ type: "error", error: { type: code, message } }),
  keepAlive: named({ type: "ping" }),
  broken: 'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type"\n\n',
};

const ollamaEnd = (said: Said): Record<string, unknown> | null => {
  if (said.finish === null) return null;
  const usage = usageOf(said);
  const counts = usage === null ? {} : { prompt_eval_count: usage.input, eval_count: usage.output };
  return { done: true, done_reason: said.finish === "length" ? "length" : "stop", total_duration: 5e9, ...counts };
};
const ollamaCalls = (said: Said): Record<string, unknown> =>
  said.tool === undefined
    ? {}
    : { tool_calls: [{ id: "c1", function: { index: 0, name: said.tool.name, arguments: said.tool.arguments } }] };
export const ollamaWire: Wire = {
  streamType: "application/x-ndjson",
  whole(said) {
    const thinking = said.reasoning === undefined ? {} : { thinking: said.reasoning };
    const message = { role: "assistant", content: said.pieces?.join("") ?? "", ...thinking, ...ollamaCalls(said) };
    return { model: said.model ?? "served", created_at: "2026-11-22T02:00:00Z", message, ...(ollamaEnd(said) ?? { done: false }) };
  },
  frames(said) {
    const one = (message: unknown, more: Record<string, unknown> = { done: false }): string =>
      line({ model: said.model ?? "served", created_at: "2026-11-22T02:00:00Z", message, ...more });
    const frames = said.reasoning === undefined ? [] : [one({ role: "assistant", content: "", thinking: said.reasoning })];
    for (const piece of said.pieces ?? []) frames.push(one({ role: "assistant", content: piece }));
    if (said.tool !== undefined) frames.push(one({ role: "assistant", content: "", ...ollamaCalls(said) }));
    const end = ollamaEnd(said);
    return end === null ? frames : [...frames, one({ role: "assistant", content: "" }, end)];
  },
  error: (_code, message) => ({ error: message }),
  errorFrame: (_code, message) => line({ error: message }),
  keepAlive: "\n",
  broken: '{"model":"m","message":{"content":"x"}\n',
};
