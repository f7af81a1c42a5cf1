/** Anthropic's messages format: a reply, whole or in events, into a draft. Sends nothing, keeps nothing. */
import type { Usage } from "../core/chat.ts";
import { buildAnthropicRequest } from "./anthropic-request.ts";
import type { Draft } from "./draft.ts";
import type { Dialect } from "./dialect.ts";
import { fail } from "./failure.ts";
import { asArray, asCount, asName, asObject, asText, type JsonObject } from "./shape.ts";
import { argumentsText } from "./tool-calls.ts";

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
  return { framing: "sse", alwaysStreams: false, build: buildAnthropicRequest, take: takeEvent };
}
