/** Ollama's native chat format: request and reply. Sends nothing, keeps nothing. */
import type { ChatMessage } from "../core/chat.ts";
import { pickFields } from "./chat-completions.ts";
import type { Draft } from "./draft.ts";
import type { BuiltRequest } from "./dialect.ts";
import { fail } from "./failure.ts";
import type { ChatCall } from "./provider.ts";
import { asArray, asCount, asName, asObject, asText, type JsonObject } from "./shape.ts";
import { argumentsObject, argumentsText } from "./tool-calls.ts";

/** How long a model stays in memory after a call. */
export const KEEP_ALIVE = "10m";

function wireMessages(messages: readonly ChatMessage[]): JsonObject[] {
  const toolNames = new Map<string, string>();
  return messages.map((message): JsonObject => {
    switch (message.role) {
      case "system":
      case "developer":
        return { role: "system", content: message.content };
      case "user":
        return { role: "user", content: message.content };
      case "assistant": {
        const calls = message.tool_calls ?? [];
        for (const { id, function: called } of calls) toolNames.set(id, called.name);
        const wire = calls.map(({ id, function: called }) => ({
          id,
          function: { name: called.name, arguments: argumentsObject(called.arguments) },
        }));
        return { role: "assistant", content: message.content ?? "", ...(wire.length > 0 ? { tool_calls: wire } : {}) };
      }
      case "tool": {
        const { tool_call_id: id, content } = message;
        return { role: "tool", content, tool_call_id: id, tool_name: toolNames.get(id) ?? id };
      }
      default:
        return message satisfies never;
    }
  });
}

function formatOf(call: ChatCall): unknown {
  const format = call.response_format;
  if (format === undefined || format.type === "text" || call.facts.unsupported.includes("response_format")) return undefined;
  return format.type === "json_object" ? "json" : (format.json_schema.schema ?? "json");
}

/** `think`: what the model is told about thinking; undefined says nothing. */
export function buildOllama(call: ChatCall, streaming: boolean, think: boolean | "low" | undefined): BuiltRequest {
  const ignored: string[] = [];
  const options: Record<string, unknown> = {};
  const body: Record<string, unknown> = { model: call.model, messages: wireMessages(call.messages), stream: streaming };
  pickFields(
    call,
    (field, wireName) => {
      if (field === "tools") body["tools"] = call.tool_choice === "none" ? undefined : call.tools;
      else if (field === "tool_choice") {
        // there is no such field; to choose freely is what Ollama does, to choose none is to be offered none
        if (call.tool_choice !== "auto" && call.tool_choice !== "none") ignored.push(field);
      } else options[wireName] = call[field];
    },
    ignored,
  );
  const numCtx = call.numCtx ?? call.facts.numCtx;
  if (numCtx !== null) options["num_ctx"] = numCtx;
  if (call.max_tokens !== undefined) options["num_predict"] = call.max_tokens;
  const format = formatOf(call);
  if (format !== undefined) body["format"] = format;
  else if (call.response_format !== undefined && call.response_format.type !== "text") ignored.push("response_format");
  if (think !== undefined) body["think"] = think;
  // what does not fit is refused instead of being cut unseen
  return { body: { ...body, options, keep_alive: KEEP_ALIVE, truncate: false, shift: false }, ignored };
}

function takeMessage(message: JsonObject, draft: Draft): void {
  draft.reasoning(asText(message["thinking"]) ?? "");
  draft.text(asText(message["content"]) ?? "");
  if ((asArray(message["images"])?.length ?? 0) > 0) fail("bad-response", "the model sent an image, which nobody asked for", "once");
  for (const one of asArray(message["tool_calls"]) ?? []) {
    const call = asObject(one);
    const called = asObject(call?.["function"]);
    if (call === null || called === null) return fail("bad-response", "a tool call has the wrong shape", "once");
    // every one is whole, and older servers number them all 0
    draft.toolCall({ index: "new", id: asName(call["id"]), name: asName(called["name"]), arguments: argumentsText(called["arguments"]) });
  }
}

/** One line of a stream, or the whole reply. Zero counts are left out by the server: beside any other count they mean 0. */
export function takeOllama(object: JsonObject, draft: Draft): boolean {
  const message = asObject(object["message"]);
  if (message === null && typeof object["done"] !== "boolean") fail("bad-response", "the reply is not one of Ollama's", "once");
  const relay = asName(object["remote_host"]) ?? asName(object["remote_model"]);
  if (relay !== null) draft.relayedTo(relay);
  draft.servedModel(asName(object["remote_model"]) ?? asName(object["model"]));
  if (message !== null) takeMessage(message, draft);
  if (object["done"] !== true) return false;
  const input = asCount(object["prompt_eval_count"]);
  const isSilent = object["eval_count"] === undefined && input !== null && !draft.textRead();
  draft.usage({ input_tokens: input, output_tokens: isSilent ? 0 : asCount(object["eval_count"]) });
  draft.finish(asName(object["done_reason"]) ?? "stop");
  return true;
}
