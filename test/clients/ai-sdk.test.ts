/** The Vercel AI SDK with its OpenAI-compatible provider against a real service. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, Output, streamText, tool } from "ai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collect, openStage, PERSON, type Stage, WEATHER } from "./kit.ts";

let stage: Stage;
let gekro: ReturnType<typeof createOpenAICompatible>;
beforeAll(async () => {
  stage = await openStage();
  gekro = createOpenAICompatible({
    name: "gekro",
    baseURL: stage.baseURL,
    apiKey: "unused",
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
});
afterAll(() => stage.close());

const weather = tool({ description: WEATHER.description, inputSchema: jsonSchema<{ city: string }>(WEATHER.parameters as never) });

test.each(["consensus", "groq/openai/gpt-oss-120b"])("%s generates text", async (model) => {
  const { text, finishReason, usage } = await generateText({ model: gekro(model), prompt: "Why is the sky blue?", maxRetries: 0 });
  expect(text).not.toBe("");
  expect(finishReason).toBe("stop");
  expect(usage.outputTokens).toBeGreaterThan(0);
});

test.each(["consensus", "groq/openai/gpt-oss-120b"])("%s streams text", async (model) => {
  const made = streamText({ model: gekro(model), prompt: "Why is the sky blue?", maxRetries: 0 });
  const pieces = await collect(made.textStream);
  expect(pieces.join("")).toBe(await made.text);
  expect(pieces.join("")).not.toBe("");
  expect(await made.finishReason).toBe("stop");
  expect((await made.usage).outputTokens).toBeGreaterThan(0);
});

test("tools are called, whole and streamed", async () => {
  const ask = { model: gekro("consensus"), prompt: "What is the weather in Oslo?", tools: { [WEATHER.name]: weather }, maxRetries: 0 };
  const { toolCalls } = await generateText(ask);
  expect(toolCalls[0]).toMatchObject({ toolName: WEATHER.name, input: { city: expect.any(String) as string } });
  expect((await streamText(ask).toolCalls)[0]).toMatchObject({ toolName: WEATHER.name, input: { city: expect.any(String) as string } });
});

test("a tool's output goes back in the next step", async () => {
  let ran = 0;
  const execute = (): string => {
    ran += 1;
    return "4 degrees, rain";
  };
  const { steps, text } = await generateText({
    model: gekro("consensus"),
    prompt: "What is the weather in Oslo?",
    tools: { [WEATHER.name]: { ...weather, execute } as never },
    stopWhen: ({ steps }) => steps.length >= 2,
    maxRetries: 0,
  });
  expect(ran).toBe(1);
  expect(steps).toHaveLength(2);
  expect(text).not.toBe("");
});

test("an object of a schema comes back", async () => {
  const output = Output.object({ schema: jsonSchema<{ name: string; age: number }>(PERSON as never) });
  const made = await generateText({ model: gekro("consensus"), prompt: "Ada is 36 years old.", output, maxRetries: 0 });
  expect(made.output).toMatchObject({ name: expect.any(String) as string, age: expect.any(Number) as number });
});

test("an unknown model and a broken stream are errors", async () => {
  await expect(generateText({ model: gekro("nobody"), prompt: "hi", maxRetries: 0 })).rejects.toMatchObject({ statusCode: 404 });
  await stage.simulator.fault("groq", "cut-stream");
  const errors: unknown[] = [];
  const onError = ({ error }: { error: unknown }): void => void errors.push(error);
  const made = streamText({ model: gekro("groq/openai/gpt-oss-120b"), prompt: "Why is the sky blue?", maxRetries: 0, onError });
  await collect(made.textStream).catch(() => {});
  await stage.simulator.fault("groq", null);
  expect(errors).toHaveLength(1);
});
