/** Anthropic's messages API: content blocks, named stream events, its own words for why an answer ended. */
import type { Json } from "../../../adjudicator/index.ts";
import type { Answer, Asked, AskedTool } from "../asked.ts";
import { ALNUM, draw } from "../seeded.ts";
import type { Dialect, Facts, Frames, Info } from "./dialect.ts";
import { MODELS } from "./models.ts";
import {
  contentText,
  isObject,
  lastUser,
  listOf,
  numberOf,
  pieces,
  readMessages,
  readStop,
  readToolChoice,
  schemaOf,
  textOf,
} from "./reading.ts";

type Fields = { [key: string]: Json };

const readTools = (value: unknown): AskedTool[] =>
  listOf(value)
    .filter(isObject)
    .flatMap((tool) => {
      const name = textOf(tool["name"]);
      return name ? [{ name, description: textOf(tool["description"]) ?? "", parameters: schemaOf(tool["input_schema"]) }] : [];
    });

export function readMessage(body: unknown): Asked | null {
  if (!isObject(body)) return null;
  const model = textOf(body["model"]);
  const turns = readMessages(body["messages"]);
  if (!model || turns.length === 0) return null;
  const system = contentText(body["system"]);
  const output = isObject(body["output_config"]) && isObject(body["output_config"]["format"]) ? body["output_config"]["format"] : {};
  const schema = schemaOf(output["schema"]);
  return {
    model,
    stream: body["stream"] === true,
    messages: system === "" ? turns : [{ role: "system", content: system }, ...turns],
    question: lastUser(turns),
    tools: readTools(body["tools"]),
    toolChoice: readToolChoice(isObject(body["tool_choice"]) && body["tool_choice"]["type"] === "auto" ? "auto" : body["tool_choice"]),
    shape: schema ? { schema } : "text",
    maxTokens: numberOf(body["max_tokens"]),
    stop: readStop(body["stop_sequences"]),
    sampling: "",
    raw: body,
  };
}

function stopReason(answer: Answer): string | null {
  switch (answer.finish) {
    case "stop":
      return "end_turn";
    case "length":
      return "max_tokens";
    case "tool-calls":
      return "tool_use";
    case "refusal":
      return "refusal";
    case "none":
      return null;
    default:
      return answer.finish satisfies never;
  }
}
const usage = (facts: Facts, output: number): Fields => ({
  input_tokens: facts.promptTokens,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: output,
  service_tier: "standard",
});
const blocks = (answer: Answer, key: string): Fields[] => [
  ...(answer.text === "" && answer.calls.length > 0 ? [] : [{ type: "text", text: answer.text }]),
  ...answer.calls.map((call, index) => ({
    type: "tool_use",
    id: `toolu_01${draw(ALNUM, 22, key, index)}`,
    name: call.name,
    input: call.arguments,
  })),
];
const head = (facts: Facts): Fields => ({
  id: `msg_01${draw(ALNUM, 22, facts.key)}`,
  type: "message",
  role: "assistant",
  model: facts.model,
});
const whole = (_asked: Asked, answer: Answer, facts: Facts): Fields => ({
  ...head(facts),
  content: blocks(answer, facts.key),
  stop_reason: stopReason(answer),
  stop_sequence: null,
  ...(facts.omitUsage ? {} : { usage: usage(facts, facts.outputTokens) }),
});

const event = (type: string, data: Fields): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
function blockEvents(block: Fields, index: number): string[] {
  const isText = block["type"] === "text";
  const empty: Fields = isText ? { type: "text", text: "" } : { ...block, input: {} };
  const parts = isText
    ? pieces(String(block["text"])).map((text) => ({ type: "text_delta", text }))
    : pieces(JSON.stringify(block["input"])).map((partial_json) => ({ type: "input_json_delta", partial_json }));
  return [
    event("content_block_start", { index, content_block: empty }),
    ...parts.map((delta) => event("content_block_delta", { index, delta })),
    event("content_block_stop", { index }),
  ];
}
function frames(_asked: Asked, answer: Answer, facts: Facts): Frames {
  const message = { ...head(facts), content: [], stop_reason: null, stop_sequence: null, usage: usage(facts, 1) };
  const stop_reason = stopReason(answer);
  const delta = { stop_reason, stop_sequence: null };
  return {
    open: [event("message_start", { message }), event("ping", {})],
    content: blocks(answer, facts.key).flatMap(blockEvents),
    close:
      stop_reason === null
        ? []
        : [event("message_delta", { delta, usage: { output_tokens: facts.outputTokens } }), event("message_stop", {})],
  };
}

const info = (method: string, path: string): Info | null =>
  method === "GET" && path === "/v1/models"
    ? {
        status: 200,
        body: {
          data: MODELS.anthropic.map(({ id, contextTokens, maxOutputTokens }) => ({
            type: "model",
            id,
            display_name: id,
            created_at: "2026-09-01T00:00:00Z",
            max_input_tokens: contextTokens,
            max_tokens: maxOutputTokens,
            lifecycle: "active",
          })),
          has_more: false,
          first_id: MODELS.anthropic[0]?.id ?? null,
          last_id: MODELS.anthropic.at(-1)?.id ?? null,
        },
      }
    : null;

export const anthropic: Dialect = {
  name: "anthropic",
  streamType: "text/event-stream",
  basePath: "",
  chatPath: "/v1/messages",
  needsKey: true,
  read: readMessage,
  whole,
  frames,
  error: ({ message, type, code }, key) => ({
    type: "error",
    error: { type, message, ...(code === null ? {} : { details: { error_code: code } }) },
    request_id: `req_01${draw(ALNUM, 22, key)}`,
  }),
  errorFrame: ({ message, type }) => event("error", { error: { type, message } }),
  wrap: (json) => `event: content_block_delta\ndata: ${json}\n\n`,
  keepAlive: 'event: ping\ndata: {"type": "ping"}\n\n',
  headers: (facts) => ({
    "request-id": `req_01${draw(ALNUM, 22, facts.key)}`,
    "anthropic-ratelimit-requests-limit": "4000",
    "anthropic-ratelimit-requests-remaining": "3999",
  }),
  info,
};
