/** LangChain.js with its OpenAI chat model against a real service. */
import { HumanMessage, ToolMessage, type AIMessageChunk } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collect, openStage, PERSON, type Stage, WEATHER } from "./kit.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());
const chat = (model: string, more: { useResponsesApi?: boolean; streamUsage?: boolean } = {}): ChatOpenAI =>
  new ChatOpenAI({ model, apiKey: "unused", maxRetries: 0, configuration: { baseURL: stage.baseURL }, ...more });

const TOOL = { type: "function" as const, function: WEATHER };
const FORECAST = new HumanMessage("What is the weather in Oslo?");

test.each(["consensus", "groq/openai/gpt-oss-120b"])("%s is invoked", async (model) => {
  const made = await chat(model).invoke("Why is the sky blue?");
  expect(made.text).not.toBe("");
  expect(made.usage_metadata?.output_tokens).toBeGreaterThan(0);
});

test.each(["consensus", "groq/openai/gpt-oss-120b"])("%s streams", async (model) => {
  const chunks: AIMessageChunk[] = await collect(await chat(model).stream("Why is the sky blue?"));
  const whole = chunks.reduce((sum, chunk) => sum.concat(chunk));
  expect(whole.text).not.toBe("");
  expect(whole.response_metadata.finish_reason).toBe("stop");
  expect(whole.usage_metadata?.total_tokens).toBeGreaterThan(0);
});

test("tools are called, and their output is taken", async () => {
  const model = chat("consensus").bindTools([TOOL]);
  const first = await model.invoke([FORECAST]);
  const call = first.tool_calls?.[0];
  expect(call).toMatchObject({ name: WEATHER.name, args: { city: expect.any(String) as string } });
  const answer = new ToolMessage({ content: "4 degrees, rain", tool_call_id: call?.id ?? "", name: WEATHER.name });
  expect((await model.invoke([FORECAST, first, answer])).text).not.toBe("");
});

test("tool calls stream", async () => {
  const chunks = await collect(await chat("consensus").bindTools([TOOL]).stream([FORECAST]));
  const whole = chunks.reduce((sum, chunk) => sum.concat(chunk));
  expect(whole.tool_calls?.[0]).toMatchObject({ name: WEATHER.name, args: { city: expect.any(String) as string } });
});

test.each(["jsonSchema", "functionCalling", "jsonMode"] as const)("structured output by %s", async (method) => {
  const model = chat("consensus").withStructuredOutput({ title: "person", ...PERSON }, { method, name: "person" });
  const made = await model.invoke("Ada is 36 years old: answer as JSON.");
  if (method === "jsonMode") expect(made).toBeTypeOf("object");
  else expect(made).toMatchObject({ name: expect.any(String) as string, age: expect.any(Number) as number });
});

test("the Responses API is spoken too", async () => {
  const model = chat("consensus", { useResponsesApi: true });
  expect((await model.invoke("Why is the sky blue?")).text).not.toBe("");
  const chunks = await collect(await model.stream("Why is the sky blue?"));
  expect(chunks.reduce((sum, chunk) => sum.concat(chunk)).text).not.toBe("");
  const called = await model.bindTools([TOOL]).invoke([FORECAST]);
  expect(called.tool_calls?.[0]).toMatchObject({ name: WEATHER.name });
});
