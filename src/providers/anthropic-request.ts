/** Anthropic's messages format: a call as its request body. Sends nothing, keeps nothing. */
import type { ChatMessage, ToolChoice } from "../core/chat.ts";
import { JSON_HEADERS } from "./adapter.ts";
import { pickFields } from "./chat-completions.ts";
import type { BuiltRequest } from "./dialect.ts";
import type { ChatCall } from "./provider.ts";
import { type JsonObject } from "./shape.ts";
import { argumentsObject } from "./tool-calls.ts";

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

export function buildAnthropicRequest(call: ChatCall, streaming: boolean): BuiltRequest {
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
