/** The official OpenAI client against a real service: nothing is changed but its base URL. */
import OpenAI, { APIError, BadRequestError, NotFoundError } from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { collect, openStage, PERSON, type Stage, WEATHER } from "./kit.ts";

const MODELS = ["consensus", "consensus:vote", "consensus:merge", "groq/openai/gpt-oss-120b", "ollama/llama3.2"];
const QUESTION = [{ role: "user" as const, content: "Why is the sky blue?" }];
const FORECAST = [{ role: "user" as const, content: "What is the weather in Oslo?" }];
const TOOLS = [{ type: "function" as const, function: WEATHER }];

let stage: Stage;
let client: OpenAI;
beforeAll(async () => {
  stage = await openStage();
  client = new OpenAI({ baseURL: stage.baseURL, apiKey: "unused", maxRetries: 0 });
});
afterAll(() => stage.close());

test.each(MODELS)("%s completes a chat", async (model) => {
  const { data, response } = await client.chat.completions.create({ model, messages: QUESTION }).withResponse();
  expect(data.object).toBe("chat.completion");
  expect(data.model).toBe(model);
  expect(data.id).toMatch(/^chatcmpl-[0-9a-f]{32}$/);
  const [choice] = data.choices;
  expect(choice).toMatchObject({ index: 0, finish_reason: "stop", logprobs: null, message: { role: "assistant", refusal: null } });
  expect(choice?.message.content).not.toBe("");
  expect(data.usage?.total_tokens).toBe((data.usage?.prompt_tokens ?? 0) + (data.usage?.completion_tokens ?? 0));
  expect(data.usage?.completion_tokens).toBeGreaterThan(0);
  const { consensus } = data as unknown as { consensus: Record<string, unknown> };
  expect(Object.keys(consensus)).toEqual(["report_id", "status", "mode", "how", "agreement", "confidence"]);
  expect(response.headers.get("consensus-report")).toBe(consensus.report_id);
  expect(response.headers.get("consensus-status")).toBe(consensus.status);
});

test.each(MODELS)("%s streams a chat whose pieces are the answer, with usage and the note on the last chunk", async (model) => {
  const stream = await client.chat.completions.create({ model, messages: QUESTION, stream: true, stream_options: { include_usage: true } });
  const chunks = await collect(stream);
  expect(chunks[0]?.choices[0]?.delta).toEqual({ role: "assistant", content: "" });
  const last = chunks.at(-1);
  expect(last?.choices).toEqual([]);
  expect(last?.usage?.total_tokens).toBeGreaterThan(0);
  expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
  expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("stop");
  const { consensus } = last as unknown as { consensus: { report_id: string } };
  const report = (await (await fetch(`${stage.url}/reports/${consensus.report_id}`)).json()) as { answer: string };
  expect(
    chunks
      .map((chunk) => chunk.choices[0]?.delta.content ?? "")
      .join("")
      .trim(),
  ).toBe(report.answer);
});

test("one member's answer streams in pieces, and the note stands on the finish chunk where no usage is wanted", async () => {
  const chunks = await collect(await client.chat.completions.create({ model: MODELS[3] ?? "", messages: QUESTION, stream: true }));
  expect(chunks.length).toBeGreaterThan(5);
  expect(chunks.at(-1)).toMatchObject({ choices: [{ delta: {}, finish_reason: "stop" }], consensus: { mode: "single-provider" } });
  expect(chunks.some((chunk) => "usage" in chunk)).toBe(false);
});

test("the panel's agreed tool calls come back, and their output is taken in the next turn", async () => {
  const first = await client.chat.completions.create({ model: "consensus", messages: FORECAST, tools: TOOLS });
  const [choice] = first.choices;
  expect(choice?.finish_reason).toBe("tool_calls");
  expect(choice?.message.content).toBeNull();
  const call = choice?.message.tool_calls?.[0];
  if (call?.type !== "function") throw new Error("no function call came back");
  expect(call.function.name).toBe(WEATHER.name);
  expect(JSON.parse(call.function.arguments)).toHaveProperty("city");
  const again = [...FORECAST, choice?.message ?? QUESTION[0], { role: "tool" as const, tool_call_id: call.id, content: "4 degrees, rain" }];
  const second = await client.chat.completions.create({ model: "consensus", messages: again as typeof FORECAST, tools: TOOLS });
  expect(second.choices[0]?.finish_reason).toBe("stop");
});

test("tool calls stream as deltas", async () => {
  const stream = client.chat.completions.stream({ model: "consensus", messages: FORECAST, tools: TOOLS });
  const { choices } = await stream.finalChatCompletion();
  expect(choices[0]?.finish_reason).toBe("tool_calls");
  expect(choices[0]?.message.tool_calls?.[0]).toMatchObject({ type: "function", function: { name: WEATHER.name } });
});

test("structured output is parsed by the client's own helper", async () => {
  const person = z.object({ name: z.string(), age: z.int() });
  const messages = [{ role: "user" as const, content: "Ada is 36 years old. Who is it?" }];
  for (const model of ["consensus", "groq/openai/gpt-oss-120b"]) {
    const made = await client.chat.completions.parse({ model, messages, response_format: zodResponseFormat(person, "person") });
    expect(person.safeParse(made.choices[0]?.message.parsed).success).toBe(true);
  }
});

test("json_object gives JSON, streamed too", async () => {
  const ask = { model: "consensus", messages: QUESTION, response_format: { type: "json_object" as const } };
  const whole = await client.chat.completions.create(ask);
  expect(JSON.parse(whole.choices[0]?.message.content ?? "")).toBeTypeOf("object");
  const streamed = await client.chat.completions.stream(ask).finalChatCompletion();
  expect(JSON.parse(streamed.choices[0]?.message.content ?? "")).toBeTypeOf("object");
});

test("sampling reaches the members, and our own fields go in a consensus object", async () => {
  const body = {
    model: "consensus",
    messages: [{ role: "user" as const, content: "What is 17 + 25?" }],
    max_completion_tokens: 300,
    seed: 7,
    temperature: 0.3,
    stop: "\n\n",
    user: "me",
    store: false,
    metadata: { job: "nightly" },
    consensus: { answer: { type: "number" }, panel: ["groq/openai/gpt-oss-120b", "ollama/llama3.2"], quorum: 2 },
  };
  const made = await client.chat.completions.create(body);
  expect(made).toMatchObject({ consensus: { how: "agreed", agreement: 1 } });
  const id = (made as unknown as { consensus: { report_id: string } }).consensus.report_id;
  const { request, outcomes } = (await (await fetch(`${stage.url}/reports/${id}`)).json()) as { request: object; outcomes: unknown[] };
  expect(outcomes).toHaveLength(2);
  expect(request).toMatchObject({ max_tokens: 300, seed: 7, temperature: 0.3, stop_sequences: ["\n\n"], metadata: { job: "nightly" } });
  expect(stage.simulator.seen("groq").at(-1)?.json).toMatchObject({ seed: 7, temperature: 0.3 });
});

test("models are listed, and found by names with slashes in them", async () => {
  const all = await collect(client.models.list());
  const ids = all.map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(["consensus", "consensus:cascade", "groq/openai/gpt-oss-120b", "ollama/llama3.2"]));
  expect(await client.models.retrieve("groq/openai/gpt-oss-120b")).toMatchObject({ object: "model", owned_by: "groq" });
  await expect(client.models.retrieve("groq/none")).rejects.toThrow(NotFoundError);
});

test("refusals are the client's own errors, with the field", async () => {
  const unknown = await client.chat.completions.create({ model: "gpt-9", messages: QUESTION }).catch((error: unknown) => error);
  expect(unknown).toBeInstanceOf(NotFoundError);
  expect(unknown).toMatchObject({ status: 404, code: "not-found", param: "model", type: "invalid_request_error" });
  const two = await client.chat.completions.create({ model: "consensus", messages: QUESTION, n: 2 }).catch((error: unknown) => error);
  expect(two).toBeInstanceOf(BadRequestError);
  expect(two).toMatchObject({ status: 400, code: "validation-failed", param: "n" });
});

test("a stream that breaks upstream in the middle is an error for the client", async () => {
  await stage.simulator.fault("groq", "cut-stream");
  const heard: string[] = [];
  const read = async (): Promise<void> => {
    const stream = await client.chat.completions.create({ model: "groq/openai/gpt-oss-120b", messages: QUESTION, stream: true });
    for await (const chunk of stream) heard.push(chunk.choices[0]?.delta.content ?? "");
  };
  await expect(read()).rejects.toThrow(APIError);
  await stage.simulator.fault("groq", null);
  expect(heard.join("")).not.toBe("");
});

test.each(["consensus", "groq/openai/gpt-oss-120b"])("%s answers a response", async (model) => {
  const made = await client.responses.create({ model, instructions: "Be brief.", input: "Why is the sky blue?", store: false });
  expect(made).toMatchObject({ object: "response", status: "completed", model, error: null, instructions: "Be brief.", store: false });
  expect(made.output[0]).toMatchObject({ type: "message", role: "assistant", status: "completed" });
  expect(made.output_text).not.toBe("");
  expect(made.usage?.total_tokens).toBeGreaterThan(0);
  expect(made).toHaveProperty("consensus.report_id");
});

test.each(["consensus", "groq/openai/gpt-oss-120b"])("%s streams a response in the official order", async (model) => {
  const events = await collect(await client.responses.create({ model, input: "Why is the sky blue?", stream: true }));
  const types = events.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1]);
  expect(types).toEqual([
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
  ]);
  expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
  const last = events.at(-1);
  const deltas = events.map((event) => (event.type === "response.output_text.delta" ? event.delta : "")).join("");
  expect(last).toMatchObject({ response: { status: "completed", output: [{ content: [{ text: deltas }] }] } });
});

test("a response calls functions, streams their arguments, and takes their output", async () => {
  const tools = [{ type: "function" as const, ...WEATHER, strict: true }];
  const input = [{ role: "user" as const, content: "What is the weather in Oslo?" }];
  const stream = client.responses.stream({ model: "consensus", input, tools: tools as never });
  const first = await stream.finalResponse();
  const call = first.output.find((item) => item.type === "function_call");
  expect(call).toMatchObject({ name: WEATHER.name, status: "completed" });
  expect(JSON.parse(call?.arguments ?? "")).toHaveProperty("city");
  const output = { type: "function_call_output" as const, call_id: call?.call_id ?? "", output: "4 degrees" };
  const second = await client.responses.create({
    model: "consensus",
    input: [...input, ...first.output, output] as never,
    tools: tools as never,
  });
  expect(second.output_text).not.toBe("");
});

test("a response has the asked-for form", async () => {
  const person = z.object({ name: z.string(), age: z.int() });
  const made = await client.responses.parse({ model: "consensus", input: "Ada is 36.", text: { format: zodTextFormat(person, "person") } });
  expect(person.safeParse(made.output_parsed).success).toBe(true);
  expect(PERSON.required).toEqual(["name", "age"]);
});

test("a response that would need what is not stored is refused with the field", async () => {
  const made = await client.responses
    .create({ model: "consensus", input: "hi", previous_response_id: "resp_1" })
    .catch((error: unknown) => error);
  expect(made).toMatchObject({ status: 400, param: "previous_response_id" });
});

test("a response whose upstream breaks in the middle ends failed", async () => {
  await stage.simulator.fault("groq", "cut-stream");
  const events = await collect(
    await client.responses.create({ model: "groq/openai/gpt-oss-120b", input: "Why is the sky blue?", stream: true }),
  );
  await stage.simulator.fault("groq", null);
  expect(events.at(-1)).toMatchObject({ type: "response.failed", response: { status: "failed", error: { code: "server_error" } } });
  expect(events.some(({ type }) => type === "response.completed")).toBe(false);
});

test("a client that leaves in the middle of a stream hangs up on the upstream too", async () => {
  await stage.simulator.fault("groq", "stall");
  const stream = await client.chat.completions.create({ model: "groq/openai/gpt-oss-120b", messages: QUESTION, stream: true });
  for await (const chunk of stream) if ((chunk.choices[0]?.delta.content ?? "") !== "") break;
  await expect.poll(() => stage.simulator.seen("groq").at(-1)?.abortedAt ?? null, { timeout: 5000 }).not.toBeNull();
  await stage.simulator.fault("groq", null);
});
