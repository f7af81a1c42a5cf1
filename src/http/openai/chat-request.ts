/** Reads the body of `POST /v1/chat/completions` into our own request fields. Ignores what OpenAI knows and we do not. */
import { type Fields, each, inside, isFields, only } from "./fields.ts";
import { type Mapped, refuse } from "./mapped.ts";
import { answerFor, present, readFormat, readMetadata, readTool } from "./shape.ts";

const readCall = (value: unknown): unknown =>
  inside(only(value, ["id", "type", "function"]), "function", (call) => only(call, ["name", "arguments"]));

/** What an assistant refused to say before is a text of it like any other. */
function readPart(value: unknown): unknown {
  if (!isFields(value)) return value;
  if (value.type === "refusal") return { type: "text", text: value.refusal };
  return only(value, ["type", "text"]);
}
const readContent = (value: unknown): unknown => each(value, readPart);

/** Agents send back what they were sent, with fields that only a reply has. */
function readMessage(value: unknown): unknown {
  if (!isFields(value)) return value;
  const names = value.role === "assistant" ? ["name", "tool_calls"] : value.role === "tool" ? ["tool_call_id"] : ["name"];
  const message = only(value, ["role", "content", ...names]) as Fields;
  const called = Array.isArray(message.tool_calls) && message.tool_calls.length === 0 ? undefined : message.tool_calls;
  return present({ ...message, content: readContent(message.content), tool_calls: each(called, readCall) });
}

function readChoice(value: unknown): unknown {
  return isFields(value) ? inside(only(value, ["type", "function"]), "function", (inner) => only(inner, ["name"])) : value;
}
function readStop(value: unknown): unknown {
  if (typeof value === "string") return [value];
  return Array.isArray(value) && value.length === 0 ? undefined : value;
}

const isOne = (n: unknown): boolean => (n ?? 1) === 1;

export function fromChat(body: Fields): Mapped {
  if (!isOne(body.n)) refuse("/n", "unsupported", "one choice is made; n must be 1 or absent");
  if ((body.messages ?? null) === null) refuse("/messages", "invalid-type", "a list of messages is needed");
  const limit = (body.max_completion_tokens ?? null) === null ? "max_tokens" : "max_completion_tokens";
  const format = readFormat(body.response_format);
  const { temperature, top_p, seed } = body;
  const fields = present({
    temperature,
    top_p,
    seed,
    messages: each(body.messages, readMessage),
    max_tokens: body[limit],
    stop_sequences: readStop(body.stop),
    tools: each(body.tools, readTool),
    tool_choice: readChoice(body.tool_choice),
    response_format: format,
    answer: answerFor(format),
    metadata: readMetadata(body.metadata),
  });
  const origin = (pointer: string): string => {
    if (pointer.startsWith("/stop_sequences")) return typeof body.stop === "string" ? "/stop" : pointer.replace("/stop_sequences", "/stop");
    if (pointer.startsWith("/max_tokens")) return `/${limit}`;
    if (pointer.startsWith("/answer")) return pointer.replace("/answer/schema", "/response_format/json_schema/schema");
    return pointer.startsWith("/panel") ? "/model" : pointer;
  };
  return { fields, origin };
}
