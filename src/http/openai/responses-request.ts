/** Reads the body of `POST /v1/responses` into our own request fields. Nothing is stored there, so nothing can be continued by id. */
import { type Fields, each, isFields, only } from "./fields.ts";
import { type Mapped, refuse } from "./mapped.ts";
import { answerFor, present, readFormat, readFunction, readMetadata } from "./shape.ts";

/** What would change the meaning if it were ignored. */
const REFUSED: readonly [string, string][] = [
  ["previous_response_id", "responses are not stored; send the whole conversation in input"],
  ["conversation", "conversations are not stored; send the whole conversation in input"],
  ["prompt", "stored prompts are not known; send instructions and input"],
];

const TEXT_PARTS = new Set(["input_text", "output_text", "text"]);
function readPart(value: unknown): unknown {
  if (!isFields(value)) return value;
  if (value.type === "refusal") return { type: "text", text: value.refusal };
  return TEXT_PARTS.has(String(value.type)) ? { type: "text", text: value.text } : { type: value.type };
}
const readContent = (value: unknown): unknown => each(value, readPart);

interface Turn {
  message: unknown;
  /** pointer of the item it was made of */
  from: string;
}
type Turns = Turn[];

const toCall = (item: Fields): Fields => ({ id: item.call_id, type: "function", function: only(item, ["name", "arguments"]) });
const lastCaller = (turns: Turns): Fields | null => {
  const { message } = turns.at(-1) ?? {};
  return isFields(message) && message.role === "assistant" ? message : null;
};

/** Calls stand beside the text that the same assistant said just before. */
function addCall(turns: Turns, item: Fields, from: string): void {
  const caller = lastCaller(turns);
  if (caller === null) turns.push({ message: { role: "assistant", tool_calls: [toCall(item)] }, from });
  else caller.tool_calls = [...((caller.tool_calls as unknown[] | undefined) ?? []), toCall(item)];
}

function addItem(turns: Turns, item: unknown, from: string): void {
  if (!isFields(item)) return void turns.push({ message: item, from });
  switch (item.type ?? "message") {
    case "message":
      return void turns.push({ message: present({ role: item.role, content: readContent(item.content) }), from });
    case "function_call":
      return addCall(turns, item, from);
    case "function_call_output":
      return void turns.push({ message: { role: "tool", tool_call_id: item.call_id, content: readContent(item.output) }, from });
    case "reasoning":
      return; // a model's thoughts are its own; nobody else is shown them
    default:
      return refuse(`${from}/type`, "unsupported", "only messages, function calls and their outputs are taken");
  }
}

function readInput({ input, instructions }: Fields): Turns | null {
  const turns: Turns = [];
  if ((instructions ?? null) !== null) turns.push({ message: { role: "system", content: instructions }, from: "/instructions" });
  if (typeof input === "string") turns.push({ message: { role: "user", content: input }, from: "/input" });
  else if (Array.isArray(input)) for (const [index, item] of input.entries()) addItem(turns, item, `/input/${index}`);
  else return null;
  return turns;
}

/** Its functions are flat. Hosted tools run at OpenAI alone. */
function readTool(value: unknown): unknown {
  if (!isFields(value) || value.type !== "function") return only(value, ["type"]);
  return present({ type: "function", function: readFunction(value), annotations: value.annotations });
}
const readChoice = (value: unknown): unknown =>
  isFields(value) && value.type === "function" ? { type: "function", function: only(value, ["name"]) } : value;

function readText(text: unknown): unknown {
  const format = isFields(text) ? text.format : undefined;
  if (!isFields(format) || format.type !== "json_schema") return readFormat(format);
  return readFormat({ type: "json_schema", json_schema: format });
}

function originOf(turns: Turns): Mapped["origin"] {
  const renamed: readonly [string, string][] = [
    ["/max_tokens", "/max_output_tokens"],
    ["/answer/schema", "/text/format/schema"],
    ["/response_format/json_schema", "/text/format"],
    ["/response_format", "/text/format"],
    ["/panel", "/model"],
  ];
  return (pointer) => {
    const index = /^\/messages\/(\d+)/.exec(pointer)?.[1];
    if (index !== undefined) return turns[Number(index)]?.from ?? "/input";
    if (pointer.startsWith("/messages")) return "/input";
    const known = renamed.find(([ours]) => pointer.startsWith(ours));
    return known ? pointer.replace(known[0], known[1]).replace("/function/", "/") : pointer.replace("/function/", "/");
  };
}

export function fromResponses(body: Fields): Mapped {
  for (const [name, why] of REFUSED) if ((body[name] ?? null) !== null) refuse(`/${name}`, "unsupported", why);
  if (body.background === true)
    refuse("/background", "unsupported", "a response is answered at once; send POST /consensus with Prefer: respond-async for a job");
  const turns = readInput(body) ?? refuse("/input", "invalid-type", "a text or a list of items is needed");
  const format = readText(body.text);
  const fields = present({
    temperature: body.temperature,
    top_p: body.top_p,
    messages: turns.map(({ message }) => message),
    max_tokens: body.max_output_tokens,
    tools: Array.isArray(body.tools) && body.tools.length === 0 ? undefined : each(body.tools, readTool),
    tool_choice: readChoice(body.tool_choice),
    response_format: format,
    answer: answerFor(format),
    metadata: readMetadata(body.metadata),
  });
  return { fields, origin: originOf(turns) };
}
