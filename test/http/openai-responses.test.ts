/** `POST /v1/responses`: items become messages, refusals name the caller's fields, and both ends of a stream are honest. */
import { expect, test } from "vitest";
import type { ConsensusEvent } from "../../src/core/report.ts";
import { failedEvent, reportOf, runId, scene } from "./kit.ts";

type Run = AsyncGenerator<ConsensusEvent, void, void>;
const PATH = "/v1/responses";
const ASK = { model: "consensus", input: "hi" };

test("items become messages: calls stand beside what was said, outputs follow them, thoughts are left out", async () => {
  const { ask, runs } = await scene();
  const input = [
    { role: "user", content: [{ type: "input_text", text: "Weather?" }] },
    { type: "reasoning", id: "rs_1", summary: [] },
    {
      type: "message",
      id: "msg_1",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "Let me look.", annotations: [] }],
    },
    { type: "function_call", id: "fc_1", call_id: "c1", name: "look", arguments: "{}", status: "completed" },
    { type: "function_call", id: "fc_2", call_id: "c2", name: "look", arguments: '{"a":1}' },
    { type: "function_call_output", call_id: "c1", output: "4" },
    { type: "function_call_output", call_id: "c2", output: [{ type: "input_text", text: "5" }] },
  ];
  expect((await ask(PATH, { json: { ...ASK, instructions: "Be brief.", input } })).status).toBe(200);
  const call = (id: string, given: string) => ({ id, type: "function", function: { name: "look", arguments: given } });
  expect(runs[0]?.request.messages).toEqual([
    { role: "system", content: "Be brief." },
    { role: "user", content: "Weather?" },
    { role: "assistant", content: "Let me look.", tool_calls: [call("c1", "{}"), call("c2", '{"a":1}')] },
    { role: "tool", tool_call_id: "c1", content: "4" },
    { role: "tool", tool_call_id: "c2", content: "5" },
  ]);
});

test("fields reach the run under our names, and come back as they were asked", async () => {
  const { ask, runs } = await scene();
  const schema = { type: "object" };
  const format = { type: "json_schema", name: "n", schema, strict: true };
  const tools = [{ type: "function", name: "look", description: null, parameters: schema, strict: true }];
  const body = {
    ...ASK,
    max_output_tokens: 9,
    temperature: 0,
    text: { format, verbosity: "low" },
    tools,
    tool_choice: { type: "function", name: "look" },
    store: true,
    include: [],
    reasoning: { effort: "low" },
    consensus: { quorum: 1 },
  };
  const made = await (await ask(PATH, { json: body })).json();
  expect(runs[0]?.request).toMatchObject({
    max_tokens: 9,
    temperature: 0,
    answer: { type: "json", schema },
    response_format: { type: "json_schema", json_schema: { name: "n", schema, strict: true } },
    tools: [{ type: "function", function: { name: "look", parameters: schema, strict: true } }],
    tool_choice: { type: "function", function: { name: "look" } },
    quorum: 1,
  });
  expect(made).toMatchObject({ object: "response", text: { format }, tools, max_output_tokens: 9, temperature: 0, store: false });
});

test.each([
  [{ input: undefined }, "input"],
  [{ input: [] }, "input"],
  [{ input: [{ role: "user", content: [{ type: "input_image", image_url: "x" }] }] }, "input[0]"],
  [{ instructions: "a", input: [{ role: "user", content: "hi" }, { role: "user" }] }, "input[1]"],
  [{ input: [{ type: "item_reference", id: "msg_1" }] }, "input[0].type"],
  [{ instructions: 7 }, "instructions"],
  [{ previous_response_id: "resp_1" }, "previous_response_id"],
  [{ conversation: "conv_1" }, "conversation"],
  [{ prompt: { id: "pmpt_1" } }, "prompt"],
  [{ background: true }, "background"],
  [{ max_output_tokens: 0 }, "max_output_tokens"],
  [{ text: { format: { type: "json_schema", name: "n", schema: 1 } } }, "text.format.schema"],
  [{ text: { format: { type: "grammar" } } }, "text.format.type"],
  [{ tools: [{ type: "web_search" }] }, "tools[0].type"],
  [{ tools: [{ type: "function", name: "a b" }] }, "tools[0].name"],
  [{ consensus: { nope: 1 } }, "consensus.nope"],
])("a refused field is 400 under the caller's own name: %j", async (change, param) => {
  const { ask, runs } = await scene();
  const response = await ask(PATH, { json: { ...ASK, ...change } });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { code: "validation-failed", param } });
  expect(runs).toHaveLength(0);
});

interface Told {
  type: string;
  sequence_number: number;
  response?: Record<string, unknown>;
}
const eventsOf = (text: string): Told[] =>
  text
    .split("\n\n")
    .filter((block) => block.startsWith("event: "))
    .map((block) => {
      const [name = "", data = ""] = block.split("\n");
      const told = JSON.parse(data.slice("data: ".length)) as Told;
      expect(name).toBe(`event: ${told.type}`);
      return told;
    });

test("a cut answer ends incomplete", async () => {
  const report = reportOf({ answer: "cut he", degradations: [{ code: "answer-truncated", member: null, detail: "" }] });
  const { ask } = await scene({}, async function* (): Run {
    yield { type: "run-start", data: { id: report.id, members: [] } };
    yield { type: "answer-delta", data: { text: "cut he" } };
    yield { type: "run-end", data: report };
  });
  const told = eventsOf(await (await ask(PATH, { json: { ...ASK, stream: true } })).text());
  expect(told.at(-1)).toMatchObject({
    type: "response.incomplete",
    response: { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
  });
  expect(told.map(({ sequence_number }) => sequence_number)).toEqual(told.map((_, index) => index));
});

test("a text and its calls are items of one stream, in order", async () => {
  const report = reportOf({
    answer: "Let me look.",
    tool_calls: [{ id: "c1", type: "function", function: { name: "look", arguments: "{}" } }],
  });
  const { ask } = await scene({}, async function* (): Run {
    yield { type: "run-start", data: { id: report.id, members: [] } };
    yield { type: "answer-delta", data: { text: "Let me look." } };
    yield { type: "run-end", data: report };
  });
  const told = eventsOf(await (await ask(PATH, { json: { ...ASK, stream: true } })).text());
  const added = told
    .filter(({ type }) => type === "response.output_item.added")
    .map((event) => (event as Told & { output_index: number }).output_index);
  expect(added).toEqual([0, 1]);
  expect(told.at(-1)).toMatchObject({
    response: { output: [{ type: "message" }, { type: "function_call", call_id: "c1", name: "look" }] },
  });
});

test("a failure after the first word is response.failed, the last event", async () => {
  const report = reportOf({ id: runId(), status: "failed", answer: null, problem: { slug: "no-candidates", detail: "nobody" } });
  const { ask } = await scene({}, async function* (): Run {
    yield { type: "run-start", data: { id: report.id, members: [] } };
    yield { type: "answer-delta", data: { text: "The sky" } };
    yield failedEvent(report);
  });
  const told = eventsOf(await (await ask(PATH, { json: { ...ASK, stream: true } })).text());
  expect(told.at(-1)).toMatchObject({
    type: "response.failed",
    response: { status: "failed", error: { code: "server_error", message: "no-candidates: nobody" } },
  });
});
