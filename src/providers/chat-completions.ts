/** The chat-completions dialect that most services speak: request and reply, with each service's differences as data. Sends nothing. */
import type { ChatMessage, Usage } from "../core/chat.ts";
import type { Draft } from "./draft.ts";
import { type BuiltRequest, type Dialect, WHOLE } from "./dialect.ts";
import { fail } from "./failure.ts";
import type { ChatCall, Failure } from "./provider.ts";
import { asArray, asCount, asName, asObject, asText, type JsonObject } from "./shape.ts";
import { argumentsText } from "./tool-calls.ts";

/** What one service does its own way. */
export interface Service {
  maxTokensField: "max_tokens" | "max_completion_tokens";
  /** knows the role `developer`; else it becomes `system` */
  developerRole: boolean;
  /** takes `stream_options.include_usage` */
  streamUsage: boolean;
  /** further fields for this call: the least thinking, the form of reasoning */
  extras?(call: ChatCall): JsonObject;
  revise?(failed: Failure, body: string): Failure;
}

/** Request fields that a model may lack, with the name they have on the wire (null: written by hand below). */
const FIELDS = [
  ["temperature", "temperature"],
  ["top_p", "top_p"],
  ["seed", "seed"],
  ["stop_sequences", "stop"],
  ["tools", "tools"],
  ["tool_choice", "tool_choice"],
] as const satisfies readonly (readonly [keyof ChatCall, string])[];

/** Collects request fields, leaving out and naming what the model does not take. */
export function pickFields(call: ChatCall, put: (field: (typeof FIELDS)[number][0], wireName: string) => void, ignored: string[]): void {
  for (const [field, wireName] of FIELDS) {
    if (call[field] === undefined) continue;
    if (call.facts.unsupported.includes(field)) ignored.push(field);
    else put(field, wireName);
  }
}

const withoutDeveloper = (message: ChatMessage): ChatMessage => (message.role === "developer" ? { ...message, role: "system" } : message);

function buildRequest(service: Service, call: ChatCall, streaming: boolean): BuiltRequest {
  const ignored: string[] = [];
  const { facts, response_format: format } = call;
  const messages = service.developerRole ? call.messages : call.messages.map(withoutDeveloper);
  const body: Record<string, unknown> = { model: call.model, messages };
  pickFields(call, (field, wireName) => (body[wireName] = call[field]), ignored);
  if (call.max_tokens !== undefined) body[service.maxTokensField] = call.max_tokens;
  if (format !== undefined) {
    const refused = facts.unsupported.includes("response_format") || (format.type === "json_schema" && !facts.structured);
    if (refused) ignored.push("response_format");
    else body["response_format"] = format;
  }
  if (streaming) {
    body["stream"] = true;
    if (service.streamUsage) body["stream_options"] = { include_usage: true };
  }
  return { body: { ...body, ...service.extras?.(call) }, ignored };
}

/** Content as text, or as parts where a service answers so. */
function takeContent(content: unknown, draft: Draft): void {
  const text = asText(content);
  if (text !== null) return draft.text(text);
  for (const part of asArray(content) ?? []) {
    const object = asObject(part);
    const type = asText(object?.["type"]);
    if (type === "text" || type === "output_text") draft.text(asText(object?.["text"]) ?? "");
    else if (type === "refusal") draft.refusal(asText(object?.["refusal"]) ?? "");
    else if (type?.startsWith("image") === true) fail("bad-response", "the model sent an image, which nobody asked for", "once");
    else if (type === "thinking" || type === "reasoning") takeThinking(object?.["thinking"] ?? object?.["text"], draft);
  }
}
function takeThinking(value: unknown, draft: Draft): void {
  const text = asText(value);
  if (text !== null) return draft.reasoning(text);
  for (const part of asArray(value) ?? []) draft.reasoning(asText(asObject(part)?.["text"]) ?? "");
}

function takeToolCall(value: unknown, draft: Draft, isWhole: boolean): void {
  const object = asObject(value);
  const called = asObject(object?.["function"]);
  if (object === null || called === null) return fail("bad-response", "a tool call has the wrong shape", "once");
  draft.toolCall({
    index: isWhole ? "new" : asCount(object["index"]),
    id: asName(object["id"]),
    name: asName(called["name"]),
    arguments: argumentsText(called["arguments"]),
  });
}

/** A whole message and a stream's delta have the same fields. */
function takeMessage(message: JsonObject, draft: Draft, isWhole: boolean): void {
  takeThinking(message["reasoning"] ?? message["reasoning_content"], draft);
  takeContent(message["content"], draft);
  draft.refusal(asText(message["refusal"]) ?? "");
  if ((asArray(message["images"])?.length ?? 0) > 0) fail("bad-response", "the model sent an image, which nobody asked for", "once");
  for (const one of asArray(message["tool_calls"]) ?? []) takeToolCall(one, draft, isWhole);
  const legacy = asObject(message["function_call"]);
  if (legacy !== null) draft.toolCall({ index: 0, id: null, name: asName(legacy["name"]), arguments: argumentsText(legacy["arguments"]) });
}

function usageOf(value: unknown): Partial<Usage> {
  const usage = asObject(value);
  return { input_tokens: asCount(usage?.["prompt_tokens"]), output_tokens: asCount(usage?.["completion_tokens"]) };
}

/** One whole reply, or one chunk of a stream. `[DONE]` ends the stream, not a chunk. */
function takeObject(object: JsonObject, draft: Draft, event: string | null): boolean {
  const ofGroq = asObject(object["x_groq"]);
  if (ofGroq?.["error"] !== undefined && ofGroq["error"] !== null) fail("unavailable", "the provider stopped in the middle of the answer");
  draft.servedModel(asName(object["model"]));
  draft.usage(usageOf(ofGroq?.["usage"]));
  draft.usage(usageOf(object["usage"]));
  const choices = asArray(object["choices"]);
  const isWhole = event === WHOLE || object["object"] === "chat.completion";
  if (choices === null || (choices.length === 0 && isWhole)) {
    // a stream may carry chunks of usage alone; a reply without choices is none
    const isAside = !isWhole && (choices !== null || "usage" in object || "x_groq" in object);
    return isAside ? false : fail("bad-response", "the reply has no choices", "once");
  }
  for (const one of choices) {
    const choice = asObject(one);
    if (choice === null) return fail("bad-response", "the reply has the wrong shape", "once");
    if ((asCount(choice["index"]) ?? 0) > 0) continue;
    const delta = asObject(choice["delta"]);
    const message = delta ?? asObject(choice["message"]);
    const finish = asName(choice["finish_reason"]);
    if (message === null && finish === null) fail("bad-response", "the reply has the wrong shape", "once");
    if (message !== null) takeMessage(message, draft, delta === null);
    if (finish !== null) draft.finish(finish);
  }
  return false;
}

export function chatCompletions(service: Service): Dialect {
  return {
    framing: "sse",
    alwaysStreams: false,
    build: (call, streaming) => buildRequest(service, call, streaming),
    take: takeObject,
    ...(service.revise === undefined ? {} : { revise: service.revise }),
  };
}
