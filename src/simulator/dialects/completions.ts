/** Chat completions as OpenAI, Together and Groq speak them: one reader and one writer; what each does differently comes in as a flavour. */
import type { Json } from "../../../adjudicator/index.ts";
import type { Answer, Asked, ProviderName } from "../asked.ts";
import { ALNUM, draw } from "../seeded.ts";
import type { Dialect, ErrorWords, Facts, Frames, Info } from "./dialect.ts";
import {
  isObject,
  lastUser,
  numberOf,
  pieces,
  readMessages,
  readStop,
  readTools,
  readToolChoice,
  samplingKey,
  schemaOf,
  textOf,
} from "./reading.ts";

export type Fields = { [key: string]: Json };
export interface Flavour {
  name: ProviderName;
  basePath: string;
  chatPath: string;
  id(key: string): string;
  /** the raw finish reason of an answer that ended by itself */
  stop(key: string): string;
  usage(facts: Facts): Fields;
  /** fields of the whole reply beside OpenAI's own */
  wholeExtras(facts: Facts): Fields;
  /** fields of the chunk that carries the finish reason */
  lastExtras(facts: Facts): Fields;
  headers(facts: Facts): Record<string, string>;
  error(words: ErrorWords, key: string): Fields;
  models(): Json;
}

export function readCompletion(body: unknown): Asked | null {
  if (!isObject(body)) return null;
  const model = textOf(body["model"]);
  const messages = readMessages(body["messages"]);
  if (!model || messages.length === 0) return null;
  const format = isObject(body["response_format"]) ? body["response_format"] : {};
  const schema = isObject(format["json_schema"]) ? schemaOf(format["json_schema"]["schema"]) : null;
  return {
    model,
    stream: body["stream"] === true,
    messages,
    question: lastUser(messages),
    tools: readTools(body["tools"]),
    toolChoice: readToolChoice(body["tool_choice"]),
    shape: schema ? { schema } : format["type"] === "json_object" ? "object" : "text",
    maxTokens: numberOf(body["max_completion_tokens"]) ?? numberOf(body["max_tokens"]),
    stop: readStop(body["stop"]),
    sampling: samplingKey(body),
    raw: body,
  };
}

const toolCalls = (answer: Answer, key: string): Fields[] =>
  answer.calls.map((call, index) => ({
    id: `call_${draw(ALNUM, 24, key, "call", index)}`,
    type: "function",
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  }));
function finishOf(flavour: Flavour, answer: Answer, key: string): string | null {
  switch (answer.finish) {
    case "stop":
      return flavour.stop(key);
    case "length":
      return "length";
    case "tool-calls":
      return "tool_calls";
    case "refusal":
      return "content_filter";
    case "none":
      return null;
    default:
      return answer.finish satisfies never;
  }
}

function whole(flavour: Flavour, answer: Answer, facts: Facts): Fields {
  const calls = toolCalls(answer, facts.key);
  const message: Fields = { role: "assistant", content: answer.text === "" && calls.length > 0 ? null : answer.text };
  if (answer.reasoning !== null) message["reasoning"] = answer.reasoning;
  if (calls.length > 0) message["tool_calls"] = calls;
  const choice = { index: 0, message, logprobs: null, finish_reason: finishOf(flavour, answer, facts.key) };
  const { created, model } = facts;
  const head = { id: flavour.id(facts.key), object: "chat.completion", created, model };
  return { ...head, choices: [choice], usage: facts.omitUsage ? null : flavour.usage(facts), ...flavour.wholeExtras(facts) };
}

const sse = (data: Json): string => `data: ${JSON.stringify(data)}\n\n`;

/** Tool calls stream as a head with the name, then the arguments in pieces. */
function callDeltas(answer: Answer, key: string): Fields[] {
  return toolCalls(answer, key).flatMap((call, index) => {
    const made = call["function"] as { name: string; arguments: string };
    const head = { index, id: call["id"] ?? null, type: "function", function: { name: made.name, arguments: "" } };
    const rest = pieces(made.arguments).map((piece) => ({ index, function: { arguments: piece } }));
    return [head, ...rest].map((part) => ({ tool_calls: [part] }));
  });
}

function frames(flavour: Flavour, asked: Asked, answer: Answer, facts: Facts): Frames {
  const { created, model } = facts;
  const head = { id: flavour.id(facts.key), object: "chat.completion.chunk", created, model };
  const chunk = (delta: Fields, finish: string | null = null, extras: Fields = {}): string =>
    sse({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...extras });
  const options = isObject(asked.raw["stream_options"]) ? asked.raw["stream_options"] : {};
  const usage = options["include_usage"] === true && !facts.omitUsage ? [sse({ ...head, choices: [], usage: flavour.usage(facts) })] : [];
  const finish = finishOf(flavour, answer, facts.key);
  return {
    open: [chunk({ role: "assistant", content: "" })],
    content: [
      ...pieces(answer.reasoning ?? "").map((piece) => chunk({ reasoning: piece })),
      ...pieces(answer.text).map((piece) => chunk({ content: piece })),
      ...callDeltas(answer, facts.key).map((delta) => chunk(delta)),
    ],
    close: finish === null ? [] : [chunk({}, finish, facts.omitUsage ? {} : flavour.lastExtras(facts)), ...usage, "data: [DONE]\n\n"],
  };
}

export const basicUsage = (facts: Facts): Fields => ({
  prompt_tokens: facts.promptTokens,
  completion_tokens: facts.outputTokens,
  total_tokens: facts.promptTokens + facts.outputTokens,
});
export function completions(flavour: Flavour): Dialect {
  const modelsPath = flavour.chatPath.replace("/chat/completions", "/models");
  const info = (method: string, path: string): Info | null =>
    method === "GET" && path === modelsPath ? { status: 200, body: flavour.models() } : null;
  return {
    name: flavour.name,
    streamType: "text/event-stream",
    basePath: flavour.basePath,
    chatPath: flavour.chatPath,
    needsKey: true,
    read: readCompletion,
    whole: (_asked, answer, facts) => whole(flavour, answer, facts),
    frames: (asked, answer, facts) => frames(flavour, asked, answer, facts),
    error: flavour.error,
    errorFrame: (words, key) => sse(flavour.error(words, key)),
    wrap: (json) => `data: ${json}\n\n`,
    keepAlive: ": keep-alive\n\n",
    headers: flavour.headers,
    info,
  };
}
