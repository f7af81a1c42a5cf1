/** Anthropic's messages format: request and reply. Sends nothing, keeps nothing. */
import type { ChatMessage, ToolChoice, Usage } from "../core/chat.ts";
import { JSON_HEADERS } from "./adapter.ts";
import { pickFields } from "./chat-completions.ts";
import type { Draft } from "./draft.ts";
import type { BuiltRequest, Dialect } from "./dialect.ts";
import { fail } from "./failure.ts";
import type { ChatCall } from "./provider.ts";
import { asArray, asCount, asName, asObject, asText, type JsonObject } from "./shape.ts";
import { argumentsObject, argumentsText } from "./tool-calls.ts";

/** The version that the installed package speaks. */
export const ANTHROPIC_HEADERS = { ...JSON_HEADERS, "anthropic-version": "2026-10-21" };
/** The field is required; this is what a call gets that names no limit of its own. */
const DEFAULT_MAX_TOKENS = 8192;

type Turn = { role: "user" | "assistant"; content: JsonObject[] };

function blocksOf(message: ChatMessage): Turn | null {
  switch (message.role) {
    case "system":
    case "developer":
      return null;
    case "user":
      return { role: "user", content: [{ type: "text", text: message.content }] };
    case "tool":
      return { role: "user", content: [{ type: "tool_result", tool_use_id: message.tool_call_id, content: message.content }] };
    case "assistant": {
      const text = message.content === null || message.content === "" ? [] : [{ type: "text", text: message.content }];
      const calls = (message.tool_calls ?? []).map(({ id, function: called }) => ({
        type: "tool_use",
        id,
        name: called.name,
        input: argumentsObject(called.arguments),
      }));
      return { role: "assistant", content: [...text, ...calls] };
    }
    default:
      return message satisfies never;
  }
}

/** Turns of one role in a row become one: several tool results have to share theirs. */
function turnsOf(messages: readonly ChatMessage[]): Turn[] {
  const turns: Turn[] = [];
  for (const message of messages) {
    const turn = blocksOf(message);
    if (turn === null || turn.content.length === 0) continue;
    const last = turns.at(-1);
    if (last?.role === turn.role) last.content.push(...turn.content);
    else turns.push(turn);
  }
  return turns;
}

function toolChoice(choice: ToolChoice): JsonObject {
  if (typeof choice === "object") return { type: "tool", name: choice.function.name };
  return { type: choice === "required" ? "any" : choice };
}

const toolsOf = (call: ChatCall): JsonObject[] =>
  (call.tools ?? []).map(({ function: { name, description, parameters } }) => ({
    name,
    ...(description === undefined ? {} : { description }),
    input_schema: parameters ?? { type: "object" },
  }));

/** Effort and the form of the output share one field. */
function outputConfig(call: ChatCall, ignored: string[]): JsonObject | null {
  const { facts, response_format: format } = call;
  const config: Record<string, unknown> = {};
  // models before 5 do not know effort
  if (call.effort !== undefined && /claude-[a-z]+-[5-9]/.test(call.model)) config["effort"] = call.effort;
  if (format?.type === "json_schema" && facts.structured && !facts.unsupported.includes("response_format"))
    config["format"] = { type: "json_schema", schema: format.json_schema.schema ?? { type: "object" } };
  else if (format !== undefined && format.type !== "text") ignored.push("response_format");
  return Object.keys(config).length === 0 ? null : config;
}

function buildRequest(call: ChatCall, streaming: boolean): BuiltRequest {
  const ignored: string[] = [];
  const system = call.messages.filter((message) => message.role === "system" || message.role === "developer").map(({ content }) => content);
  const turns = turnsOf(call.messages);
  const instructions = system.join("\n\n");
  const limit = call.max_tokens ?? Math.min(DEFAULT_MAX_TOKENS, call.facts.maxOutputTokens ?? DEFAULT_MAX_TOKENS);
  // a conversation of instructions alone has no turn to answer
  const isBare = turns.length === 0;
  const body: Record<string, unknown> = {
    model: call.model,
    max_tokens: limit,
    messages: isBare ? [{ role: "user", content: [{ type: "text", text: instructions }] }] : turns,
  };
  if (!isBare && instructions !== "") body["system"] = instructions;
  pickFields(
    call,
    (field, wireName) => {
      if (field === "seed") ignored.push(field);
      else if (field === "tools") body["tools"] = toolsOf(call);
      else if (field === "tool_choice") body["tool_choice"] = toolChoice(call.tool_choice ?? "auto");
      else body[field === "stop_sequences" ? field : wireName] = call[field];
    },
    ignored,
  );
  const config = outputConfig(call, ignored);
  if (config !== null) body["output_config"] = config;
  if (streaming) body["stream"] = true;
  return { body, ignored };
}

/** `input_tokens` leaves out what the cache took; all of it was read. */
function usageOf(value: unknown): Partial<Usage> {
  const usage = asObject(value);
  const parts = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"].map((field) => usage?.[field] ?? 0).map(asCount);
  const isTold = usage !== null && asCount(usage["input_tokens"]) !== null;
  const total = parts.includes(null) ? null : parts.reduce((sum: number, part) => sum + (part ?? 0), 0);
  return { input_tokens: isTold ? total : null, output_tokens: asCount(usage?.["output_tokens"]) };
}

/** A whole block, or the start of one whose rest comes in deltas. */
function takeBlock(value: unknown, index: number | "new", draft: Draft): void {
  const block = asObject(value);
  switch (block?.["type"]) {
    case "text":
      return draft.text(asText(block["text"]) ?? "");
    case "thinking":
      return draft.reasoning(asText(block["thinking"]) ?? "");
    case "image":
      return fail("bad-response", "the model sent an image, which nobody asked for", "once");
    case "tool_use": {
      const input = asObject(block["input"]);
      // at the start of a stream the input is an empty object, and its text follows
      const isWhole = index === "new" || (input !== null && Object.keys(input).length > 0);
      const text = isWhole ? argumentsText(block["input"]) : null;
      return draft.toolCall({ index, id: asName(block["id"]), name: asName(block["name"]), arguments: text });
    }
    default:
      return undefined;
  }
}

function takeDelta(event: JsonObject, draft: Draft): void {
  const delta = asObject(event["delta"]);
  switch (delta?.["type"]) {
    case "text_delta":
      return draft.text(asText(delta["text"]) ?? "");
    case "thinking_delta":
      return draft.reasoning(asText(delta["thinking"]) ?? "");
    case "input_json_delta":
      return draft.toolCall({ index: asCount(event["index"]), id: null, name: null, arguments: asText(delta["partial_json"]) });
    default:
      return undefined;
  }
}

function takeMessage(message: JsonObject, draft: Draft): boolean {
  const content = asArray(message["content"]);
  if (content === null) return fail("bad-response", "the reply has no content", "once");
  draft.servedModel(asName(message["model"]));
  for (const block of content) takeBlock(block, "new", draft);
  draft.usage(usageOf(message["usage"]));
  const reason = asName(message["stop_reason"]);
  if (reason !== null) draft.finish(reason);
  return true;
}

/** Only `message_stop` ends a stream; the reason that came before it waits here, one per call. */
export function createAnthropicDialect(): Dialect {
  const reasons = new WeakMap<Draft, string>();

  function takeEvent(event: JsonObject, draft: Draft): boolean {
    switch (event["type"]) {
      case "message":
        return takeMessage(event, draft);
      case "message_start": {
        const message = asObject(event["message"]);
        draft.servedModel(asName(message?.["model"]));
        draft.usage(usageOf(message?.["usage"]));
        return false;
      }
      case "content_block_start":
        takeBlock(event["content_block"], asCount(event["index"]) ?? "new", draft);
        return false;
      case "content_block_delta":
        takeDelta(event, draft);
        return false;
      case "message_delta": {
        const reason = asName(asObject(event["delta"])?.["stop_reason"]);
        if (reason !== null) reasons.set(draft, reason);
        draft.usage(usageOf(event["usage"]));
        return false;
      }
      case "message_stop": {
        const reason = reasons.get(draft);
        if (reason !== undefined) draft.finish(reason);
        return true;
      }
      default:
        return typeof event["type"] === "string" ? false : fail("bad-response", "the reply has the wrong shape", "once");
    }
  }
  return { framing: "sse", alwaysStreams: false, build: buildRequest, take: takeEvent };
}
