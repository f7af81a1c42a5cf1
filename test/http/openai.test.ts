/** `/v1/*`: bodies read leniently, errors in OpenAI's form from every guard, streams that end honestly. */
import { expect, test } from "vitest";
import { Problem } from "../../src/core/problem.ts";
import type { ConsensusEvent, Report } from "../../src/core/report.ts";
import { paramOf } from "../../src/http/openai/errors.ts";
import { failedEvent, keys, reportOf, runId, scene, type Scene } from "./kit.ts";

type Run = AsyncGenerator<ConsensusEvent, void, void>;
const CHAT = "/v1/chat/completions";
const MESSAGES = [{ role: "user", content: "hi" }];
const ASK = { model: "consensus", messages: MESSAGES };
const errorOf = async (response: Response): Promise<Record<string, unknown>> =>
  ((await response.json()) as { error: Record<string, unknown> }).error;
const failed = (): Report => reportOf({ status: "failed", answer: null, problem: { slug: "no-candidates", detail: "nobody" } });
const delta = (text: string): ConsensusEvent => ({ type: "answer-delta", data: { text } });
const begun = (id = runId()): ConsensusEvent => ({ type: "run-start", data: { id, members: ["groq/a"] } });

/** The JSON of each `data:` line; `[DONE]` as it stands. */
function dataOf(text: string): unknown[] {
  const lines = text.split("\n").filter((line) => line.startsWith("data: "));
  return lines.map((line) => (line === "data: [DONE]" ? "[DONE]" : (JSON.parse(line.slice(6)) as unknown)));
}

test.each([
  ["host-not-allowed", 403, {}, (ask: Scene["ask"]) => ask(CHAT, { json: ASK, host: "evil.example" })],
  ["origin-not-allowed", 403, {}, (ask: Scene["ask"]) => ask(CHAT, { json: ASK, headers: { origin: "https://evil.example" } })],
  ["not-found", 404, {}, (ask: Scene["ask"]) => ask("/v1/nothing", { json: ASK })],
  ["method-not-allowed", 405, { allow: "POST, OPTIONS" }, (ask: Scene["ask"]) => ask(CHAT)],
  ["not-acceptable", 406, {}, (ask: Scene["ask"]) => ask(CHAT, { json: ASK, headers: { accept: "text/html" } })],
  ["unsupported-media-type", 415, {}, (ask: Scene["ask"]) => ask(CHAT, { body: "{}", headers: { "content-type": "text/plain" } })],
  ["payload-too-large", 413, {}, (ask: Scene["ask"]) => ask(CHAT, { json: { ...ASK, user: "x".repeat(1_100_000) } })],
  ["malformed-json", 400, {}, (ask: Scene["ask"]) => ask(CHAT, { body: "{", headers: { "content-type": "application/json" } })],
  ["validation-failed", 400, {}, (ask: Scene["ask"]) => ask(CHAT, { json: [] })],
] as const)("%s is told in OpenAI's form", async (code, status, headers, call) => {
  const { ask } = await scene();
  const response = await call(ask);
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
  expect(response.headers.get("x-request-id")).toMatch(/^req_/);
  for (const [name, value] of Object.entries(headers)) expect(response.headers.get(name)).toBe(value);
  const error = await errorOf(response);
  expect(Object.keys(error)).toEqual(["message", "type", "code", "param"]);
  expect(error).toMatchObject({ type: "invalid_request_error", code, param: null });
});

test("a missing key and a service that stops are told in OpenAI's form", async () => {
  const locked = await scene({ apiKeys: await keys("sk-right") });
  const refused = await locked.ask("/v1/models");
  expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
  expect(await errorOf(refused)).toMatchObject({ code: "unauthenticated", type: "invalid_request_error" });
  const stopping = await scene({ draining: () => true });
  const late = await stopping.ask(CHAT, { json: ASK });
  expect([late.status, late.headers.get("retry-after"), late.headers.get("x-should-retry")]).toEqual([503, "5", "true"]);
  expect(await errorOf(late)).toMatchObject({ code: "shutting-down", type: "api_error" });
});

test("elsewhere a problem stays a problem document", async () => {
  const { ask } = await scene();
  expect((await ask("/v1")).headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
});

test.each([
  [{ messages: undefined }, "messages"],
  [{ messages: [] }, "messages"],
  [{ messages: "hi" }, "messages"],
  [{ messages: [{ role: "user", content: "  " }] }, "messages"],
  [{ messages: [{ role: "poet", content: "hi" }] }, "messages[0].role"],
  [{ messages: [{ role: "user" }] }, "messages[0].content"],
  [
    { messages: [...MESSAGES, { role: "user", content: [{ type: "image_url", image_url: { url: "data:" } }] }] },
    "messages[1].content[0].type",
  ],
  [{ messages: [{ role: "tool", content: "4" }] }, "messages[0].tool_call_id"],
  [{ model: undefined }, "model"],
  [{ model: 7 }, "model"],
  [{ n: 2 }, "n"],
  [{ n: "1" }, "n"],
  [{ stream: "yes" }, "stream"],
  [{ temperature: 3 }, "temperature"],
  [{ top_p: -1 }, "top_p"],
  [{ max_tokens: 0 }, "max_tokens"],
  [{ max_tokens: 5, max_completion_tokens: -1 }, "max_completion_tokens"],
  [{ seed: 1.5 }, "seed"],
  [{ stop: "" }, "stop"],
  [{ stop: ["a", ""] }, "stop[1]"],
  [{ stop: [] as string[], temperature: "hot" }, "temperature"],
  [{ tools: [{ type: "custom", custom: { name: "x" } }] }, "tools[0].type"],
  [{ tools: [{ type: "function", function: { name: "a b" } }] }, "tools[0].function.name"],
  [{ tool_choice: "required" }, "tool_choice"],
  [{ response_format: { type: "xml" } }, "response_format.type"],
  [{ response_format: { type: "json_schema" } }, "response_format.json_schema"],
  [{ response_format: { type: "json_schema", json_schema: { name: "x", schema: 7 } } }, "response_format.json_schema.schema"],
  [{ consensus: [] }, "consensus"],
  [{ consensus: { foo: 1 } }, "consensus.foo"],
  [{ consensus: { messages: MESSAGES } }, "consensus.messages"],
  [{ consensus: { quorum: 0 } }, "consensus.quorum"],
  [{ consensus: { panel: ["groq/a", "nobody"] } }, "consensus.panel[1]"],
  [{ consensus: { answer: { type: "choice" } } }, "consensus.answer.choices"],
  [{ model: "consensus:vote", consensus: { strategy: "pick" } }, "consensus.strategy"],
  [{ model: "groq/a", consensus: { panel: ["groq/b"] } }, "consensus.panel"],
])("a refused field is 400 under the caller's own name: %j", async (change, param) => {
  const { ask, runs } = await scene();
  const response = await ask(CHAT, { json: { ...ASK, ...change } });
  expect(response.status).toBe(400);
  const error = await errorOf(response);
  expect(error).toMatchObject({ code: "validation-failed", type: "invalid_request_error", param });
  expect(error.message).toMatch(new RegExp(`^${param.replaceAll(/[[\]]/g, "\\$&")}: `));
  expect(runs).toHaveLength(0);
});

test.each(["gpt-4o", "consensus:guess", "Consensus", "/x", "consensus/", "nowhere/model", "groq/with space"])(
  "the unknown model %s is 404",
  async (model) => {
    const { ask } = await scene({ provider: (name) => (name === "groq" ? { configured: true } : null) });
    const response = await ask(CHAT, { json: { ...ASK, model } });
    expect(response.status).toBe(404);
    expect(await errorOf(response)).toMatchObject({ code: "not-found", param: "model", type: "invalid_request_error" });
  },
);

test("a model that its provider does not serve is 404 too, where it was named alone", async () => {
  const seat = {
    member: "groq/gone",
    provider: "groq",
    model: "gone",
    seat: 1,
    sample: 1,
    local: false,
    attempts: [],
    cost_usd: 0,
    latency_ms: 1,
  };
  const dropped = {
    ...seat,
    status: "dropped" as const,
    reason: "misconfigured" as const,
    detail: "the provider does not serve this model (any more)",
    retry_after_ms: null,
    usage: { input_tokens: null, output_tokens: null },
  };
  const { ask } = await scene({}, async function* (): Run {
    yield begun();
    yield failedEvent({ ...failed(), outcomes: [dropped] });
  });
  for (const stream of [false, true]) expect((await ask(CHAT, { json: { ...ASK, model: "groq/gone", stream } })).status).toBe(404);
  expect((await ask(CHAT, { json: ASK })).status).toBe(502);
});

test("what OpenAI knows and we do not is ignored, and null is absent", async () => {
  const { ask, runs } = await scene();
  const noise = {
    frequency_penalty: 0.5,
    logit_bias: { "1": 2 },
    logprobs: true,
    parallel_tool_calls: false,
    store: true,
    user: "u",
    service_tier: "auto",
    metadata: { deep: { x: 1 } },
    reasoning_effort: "low",
    prediction: null,
    modalities: ["text"],
  };
  const nulls = {
    n: null,
    stop: null,
    seed: null,
    temperature: null,
    max_tokens: null,
    tools: null,
    tool_choice: null,
    response_format: null,
    stream: null,
    stream_options: null,
    consensus: null,
  };
  const response = await ask(CHAT, { json: { ...ASK, ...noise, ...nulls } });
  expect(response.status).toBe(200);
  expect(runs[0]?.request).toMatchObject({ messages: MESSAGES, metadata: {}, answer: { type: "text" } });
});

test("fields reach the run under our names", async () => {
  const { ask, runs } = await scene();
  const schema = { type: "object", properties: { a: { type: "number" } } };
  const format = { type: "json_schema", json_schema: { name: "n", strict: true, schema, extra: 1 } };
  const tool = {
    type: "function",
    function: { name: "look", parameters: schema, strict: null, extra: 1 },
    annotations: { readOnlyHint: true },
    cache: 1,
  };
  const body = {
    ...ASK,
    model: "groq/x",
    max_tokens: 5,
    max_completion_tokens: 9,
    stop: "END",
    seed: 3,
    tools: [tool],
    tool_choice: { type: "function", function: { name: "look" } },
    response_format: format,
    metadata: { job: "a" },
    consensus: { quorum: 1, privacy: "local-only" },
  };
  expect((await ask(CHAT, { json: body })).status).toBe(200);
  expect(runs[0]?.request).toMatchObject({
    panel: [{ model: "groq/x", samples: 1 }],
    panel_named: true,
    max_tokens: 9,
    stop_sequences: ["END"],
    seed: 3,
    tools: [{ type: "function", function: { name: "look", parameters: schema }, annotations: { readOnlyHint: true } }],
    tool_choice: { type: "function", function: { name: "look" } },
    response_format: { type: "json_schema", json_schema: { name: "n", strict: true, schema } },
    answer: { type: "json", schema },
    metadata: { job: "a" },
    quorum: 1,
    privacy: "local-only",
  });
  await ask(CHAT, {
    json: { ...ASK, model: "consensus:rank", response_format: { type: "json_object" }, consensus: { answer: { type: "number" } } },
  });
  expect(runs[1]?.request).toMatchObject({ strategy: "rank", answer: { type: "number" }, panel_named: false });
});

test("an assistant's message is taken back with everything that a reply has", async () => {
  const { ask, runs } = await scene();
  const call = { id: "c1", type: "function", function: { name: "look", arguments: "{}", parsed_arguments: {} }, index: 0 };
  const messages = [
    ...MESSAGES,
    { role: "assistant", content: null, refusal: null, annotations: [], audio: null, function_call: null, tool_calls: [call] },
    { role: "tool", tool_call_id: "c1", name: "look", content: [{ type: "text", text: "4", cache: 1 }] },
    { role: "assistant", content: [{ type: "refusal", refusal: "no" }], tool_calls: [] },
  ];
  expect((await ask(CHAT, { json: { ...ASK, messages } })).status).toBe(200);
  expect(runs[0]?.request.messages).toEqual([
    ...MESSAGES,
    { role: "assistant", content: null, tool_calls: [{ id: "c1", type: "function", function: { name: "look", arguments: "{}" } }] },
    { role: "tool", tool_call_id: "c1", content: "4" },
    { role: "assistant", content: "no" },
  ]);
});

test("a completion says what the report says", async () => {
  const usage = (input: number | null, output: number | null) => ({ usage: { input_tokens: input, output_tokens: output } });
  const report = reportOf({
    answer: "cut he",
    degradations: [{ code: "answer-truncated", member: "groq/a", detail: "" }],
    outcomes: [usage(10, 5), usage(null, 7)] as never,
  });
  const { ask } = await scene({}, async function* (): Run {
    yield { type: "run-end", data: report };
  });
  const response = await ask(CHAT, { json: ASK });
  expect(await response.json()).toEqual({
    id: `chatcmpl-${report.id.slice(4)}`,
    object: "chat.completion",
    created: Date.parse(report.created_at) / 1000,
    model: "consensus",
    choices: [{ index: 0, message: { role: "assistant", content: "cut he", refusal: null }, logprobs: null, finish_reason: "length" }],
    usage: { prompt_tokens: 10, completion_tokens: 12, total_tokens: 22 },
    consensus: { report_id: report.id, status: "complete", mode: "consensus", how: null, agreement: null, confidence: null },
  });
});

test("who asked for JSON gets JSON, whatever stands around the value", async () => {
  const report = reportOf({ answer: 'Sure:\n```json\n{"a":1}\n```', value: { a: 1 } });
  const { ask, runs } = await scene({}, async function* (_request, { live }): Run {
    yield begun(report.id);
    if (live) yield delta("raw");
    yield { type: "run-end", data: report };
  });
  const body = { ...ASK, response_format: { type: "json_object" } };
  const whole = (await (await ask(CHAT, { json: body })).json()) as { choices: { message: { content: string } }[] };
  expect(whole.choices[0]?.message.content).toBe('{"a":1}');
  const text = await (await ask(CHAT, { json: { ...body, stream: true } })).text();
  expect(dataOf(text)[1]).toMatchObject({ choices: [{ delta: { content: '{"a":1}' } }] });
  expect(runs[1]?.context.live).toBe(false);
  await ask(CHAT, { json: { ...body, model: "groq/a", stream: true } }).then((response) => response.text());
  expect(runs[2]?.context.live).toBe(true);
});

test("a failed run is a status with the report's name, streamed or not", async () => {
  const report = failed();
  const { ask } = await scene({}, async function* (): Run {
    yield begun(report.id);
    yield failedEvent(report);
  });
  for (const stream of [false, true]) {
    const response = await ask(CHAT, { json: { ...ASK, stream } });
    expect([response.status, response.headers.get("consensus-report"), response.headers.get("consensus-status")]).toEqual([
      502,
      report.id,
      "failed",
    ]);
    expect(await errorOf(response)).toMatchObject({ code: "no-candidates", type: "api_error", param: null });
  }
});

test("a refusal before the run is a status, streamed or not", async () => {
  const { ask } = await scene({}, async function* (): Run {
    yield* [];
    throw new Problem("privacy-conflict", "nobody local");
  });
  for (const stream of [false, true]) {
    const response = await ask(CHAT, { json: { ...ASK, stream } });
    expect([response.status, response.headers.get("x-should-retry")]).toEqual([422, "false"]);
  }
});

test("a stream that fails after its first word ends in an error and no DONE", async () => {
  const report = failed();
  const counted: string[] = [];
  const meter = { count: (name: string, { slug }: Record<string, string>) => void counted.push(`${name} ${slug}`), observe() {} };
  const { ask } = await scene({ meter }, async function* (): Run {
    yield begun(report.id);
    yield delta("The sky");
    yield failedEvent(report);
  });
  const response = await ask(CHAT, { json: { ...ASK, stream: true } });
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
  expect(response.headers.get("consensus-report")).toBe(report.id);
  const data = dataOf(await response.text());
  expect(data.at(-2)).toMatchObject({ choices: [{ delta: { content: "The sky" } }] });
  expect(data.at(-1)).toEqual({ error: { message: "nobody", type: "api_error", code: "no-candidates", param: null } });
  expect(counted).toEqual(["problems no-candidates"]);
});

test("a bug in the middle of a stream is an internal error without its words, logged once", async () => {
  const { ask, logs } = await scene({}, async function* (): Run {
    yield delta("The sky");
    throw new TypeError("sk-secret-in-a-message");
  });
  const text = await (await ask(CHAT, { json: { ...ASK, stream: true } })).text();
  expect(dataOf(text).at(-1)).toMatchObject({ error: { code: "internal" } });
  expect(text + logs.join("")).not.toContain("secret");
  expect(logs.filter((line) => line.includes('"internal"'))).toHaveLength(1);
});

test("a silent run opens its stream after 15 s and is kept alive", async () => {
  let speak: () => void = () => {};
  const spoken = new Promise<void>((resolve) => {
    speak = resolve;
  });
  const { ask, clock } = await scene({}, async function* (): Run {
    yield begun();
    await spoken;
    yield delta("at last");
    yield { type: "run-end", data: reportOf() };
  });
  const opening = ask(CHAT, { json: { ...ASK, stream: true } });
  await clock.advance(15_000);
  const text = (await opening).text();
  await clock.advance(31_000);
  speak();
  const heard = await text;
  expect(heard.match(/^: keep-alive$/gm)).toHaveLength(2);
  expect(heard.indexOf('"role":"assistant"')).toBeLessThan(heard.indexOf(": keep-alive"));
  expect(dataOf(heard).at(-1)).toBe("[DONE]");
  expect(clock.pending()).toBe(0);
});

test("a reader that leaves ends the run", async () => {
  const { ask, runs } = await scene({}, async function* (_request, { signal }): Run {
    yield delta("The sky");
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  });
  const response = await ask(CHAT, { json: { ...ASK, stream: true } });
  await response.body?.cancel();
  expect(runs[0]?.context.signal.reason).toBe("cancelled");
});

test("text, whatever is in it, comes through a chunk unharmed", async () => {
  const nasty = 'a\nb\r\n\n"data: [DONE]\u2028\u0000 $& \\ ';
  const { ask } = await scene({}, async function* (): Run {
    yield delta(nasty);
    yield { type: "run-end", data: reportOf({ answer: nasty }) };
  });
  const data = dataOf(await (await ask(CHAT, { json: { ...ASK, stream: true } })).text());
  expect(data[1]).toMatchObject({ choices: [{ delta: { content: nasty } }] });
});

test("models are listed once each, without members whose provider has no key", async () => {
  const status = (member: string): never => ({ member }) as never;
  const provider = (name: string): { configured: boolean } | null => (name === "ghost" ? null : { configured: name === "groq" });
  const { ask } = await scene({ members: () => ["groq/a", "openai/b", "ghost/c"].map(status), provider });
  const { object, data } = (await (await ask("/v1/models")).json()) as { object: string; data: { id: string }[] };
  expect(object).toBe("list");
  const strategies = ["auto", "vote", "pick", "merge", "rank", "cascade", "fallback"].map((name) => `consensus:${name}`);
  expect(data.map(({ id }) => id)).toEqual(["consensus", ...strategies, "groq/a"]);
  for (const id of ["consensus:vote", "groq/a", "groq%2Fa"]) expect((await ask(`/v1/models/${id}`)).status).toBe(200);
  for (const id of ["openai/b", "x", "groq%2F%2Fa", "%zz"]) {
    const response = await ask(`/v1/models/${id}`);
    expect([response.status, (await errorOf(response)).param]).toEqual([404, "model"]);
  }
});

test("pointers become the names that OpenAI gives", () => {
  expect(["", "/a", "/a/0/b", "/a/b~1c/0"].map(paramOf)).toEqual([null, "a", "a[0].b", "a.b/c[0]"]);
});
