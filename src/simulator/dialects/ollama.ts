/** Ollama's native API: chat in NDJSON or whole, and the routes that prove what a local server is. */
import type { Json } from "../../../adjudicator/index.ts";
import type { Answer, Asked } from "../asked.ts";
import { ALNUM, HEX, draw } from "../seeded.ts";
import type { Dialect, Facts, Frames, Info } from "./dialect.ts";
import { MODELS, findModel, type ListedModel } from "./models.ts";
import { isObject, lastUser, numberOf, pieces, readMessages, readStop, readTools, schemaOf, textOf } from "./reading.ts";

type Fields = { [key: string]: Json };
const VERSION = "0.33.0";
const NS = 1_000_000;

export function readChat(body: unknown): Asked | null {
  if (!isObject(body)) return null;
  const model = textOf(body["model"]);
  if (!model) return null;
  const messages = readMessages(body["messages"]);
  const options = isObject(body["options"]) ? body["options"] : {};
  const schema = schemaOf(body["format"]);
  return {
    model,
    // the server streams unless told not to
    stream: body["stream"] !== false,
    messages,
    question: lastUser(messages),
    tools: readTools(body["tools"]),
    toolChoice: "auto",
    shape: schema ? { schema } : body["format"] === "json" ? "object" : "text",
    maxTokens: numberOf(options["num_predict"]),
    stop: readStop(options["stop"]),
    sampling: JSON.stringify([options["temperature"] ?? null, options["seed"] ?? null]),
    raw: body,
  };
}

const callsOf = (answer: Answer, key: string): Fields[] =>
  answer.calls.map((call, index) => ({
    id: `call_${draw(ALNUM.toLowerCase(), 8, key, "call", index)}`,
    function: { index, name: call.name, arguments: call.arguments },
  }));
const head = (facts: Facts): Fields => ({ model: facts.model, created_at: new Date(facts.created * 1000).toISOString() });

/** The closing fields; zero values are left out, as Go does. */
function metrics(answer: Answer, facts: Facts): Fields {
  const done = answer.finish !== "none";
  const fields: Fields = { done, done_reason: !done ? "" : answer.finish === "length" ? "length" : "stop" };
  const numbers = {
    total_duration: Math.round(facts.tookMs * NS),
    load_duration: Math.round(facts.tookMs * NS * 0.05),
    prompt_eval_count: facts.promptTokens,
    prompt_eval_duration: Math.round(facts.tookMs * NS * 0.25),
    eval_count: facts.outputTokens,
    eval_duration: Math.round(facts.tookMs * NS * 0.7),
  };
  for (const [name, value] of Object.entries(numbers))
    if (value !== 0 && !(facts.omitUsage && name.endsWith("eval_count"))) fields[name] = value;
  if (!done) delete fields["done_reason"];
  return fields;
}

/** A request without messages only loads the model. */
const loaded = (facts: Facts): Fields => ({ ...head(facts), message: { role: "assistant", content: "" }, done: true, done_reason: "load" });

function whole(asked: Asked, answer: Answer, facts: Facts): Fields {
  if (asked.messages.length === 0) return loaded(facts);
  const message: Fields = { role: "assistant", content: answer.text };
  if (answer.reasoning !== null) message["thinking"] = answer.reasoning;
  if (answer.calls.length > 0) message["tool_calls"] = callsOf(answer, facts.key);
  return { ...head(facts), message, ...metrics(answer, facts) };
}

const line = (data: Fields): string => `${JSON.stringify(data)}\n`;
function frames(asked: Asked, answer: Answer, facts: Facts): Frames {
  if (asked.messages.length === 0) return { open: [], content: [], close: [line(loaded(facts))] };
  const chunk = (message: Fields): string => line({ ...head(facts), message: { role: "assistant", content: "", ...message }, done: false });
  const calls = answer.calls.length > 0 ? [chunk({ tool_calls: callsOf(answer, facts.key) })] : [];
  const last = line({ ...head(facts), message: { role: "assistant", content: "" }, ...metrics(answer, facts) });
  const thinking = pieces(answer.reasoning ?? "").map((piece) => chunk({ thinking: piece }));
  const content = pieces(answer.text).map((piece) => chunk({ content: piece }));
  return { open: [], content: [...thinking, ...content, ...calls], close: answer.finish === "none" ? [] : [last] };
}

const details = (listed: ListedModel): Fields => ({
  parent_model: "",
  format: "gguf",
  family: listed.id.split(/[0-9.:]/)[0] ?? "llama",
  families: [listed.id.split(/[0-9.:]/)[0] ?? "llama"],
  parameter_size: "3.2B",
  quantization_level: "Q4_K_M",
});
const tag = (listed: ListedModel): Fields => ({
  name: listed.id,
  model: listed.id,
  modified_at: "2026-10-30T09:15:02.000000000Z",
  size: 2_019_393_189,
  digest: draw(HEX, 64, listed.id),
  details: details(listed),
});
const capabilities = (listed: ListedModel): string[] => ["completion", "tools", ...(listed.thinks ? ["thinking"] : [])];

function show(body: unknown): Info {
  const asked = isObject(body) ? (textOf(body["model"]) ?? textOf(body["name"]) ?? "") : "";
  if (asked === "") return { status: 400, body: { error: "model is required" } };
  const listed = findModel("ollama", asked) ?? { ...MODELS.ollama[0]!, id: asked };
  const architecture = listed.id.startsWith("qwen") ? "qwen3" : listed.id.startsWith("gemma") ? "gemma3" : "llama";
  const info = {
    "general.architecture": architecture,
    "general.parameter_count": 3_212_749_888,
    [`${architecture}.context_length`]: listed.contextTokens,
  };
  const template = "{{ .Prompt }}";
  return {
    status: 200,
    body: { license: "", modelfile: "", template, details: details(listed), model_info: info, capabilities: capabilities(listed) },
  };
}

function info(method: string, path: string, body: unknown): Info | null {
  const [first] = MODELS.ollama;
  switch (`${method} ${path}`) {
    case "GET /":
    case "HEAD /":
      return { status: 200, body: "Ollama is running" };
    case "GET /api/version":
      return { status: 200, body: { version: VERSION } };
    case "GET /api/tags":
      return { status: 200, body: { models: MODELS.ollama.map(tag) } };
    case "GET /api/ps":
      return {
        status: 200,
        body: {
          models: first ? [{ ...tag(first), expires_at: "2026-11-22T02:05:00Z", size_vram: 2_019_393_189, context_length: 8192 }] : [],
        },
      };
    case "POST /api/show":
      return show(body);
    default:
      return null;
  }
}

/** Tokens that the server would have room for: what a silent cut is measured against. */
export const windowOf = (asked: Asked): number => {
  const options = isObject(asked.raw["options"]) ? asked.raw["options"] : {};
  return numberOf(options["num_ctx"]) ?? 4096;
};
/** Thinking is on unless it was switched off. */
export const wantsThinking = (asked: Asked): boolean => asked.raw["think"] !== false;

export const ollama: Dialect = {
  name: "ollama",
  streamType: "application/x-ndjson",
  basePath: "",
  chatPath: "/api/chat",
  needsKey: false,
  read: readChat,
  whole,
  frames,
  error: ({ message }) => ({ error: message }),
  errorFrame: ({ message }) => line({ error: message }),
  wrap: (json) => `${json}\n`,
  keepAlive: "\n",
  headers: () => ({}),
  info,
};
