/** The official OpenAI client for Python against a real service, where Python and the client are installed. */
import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage, type Stage } from "./kit.ts";

const isThere = spawnSync("python3", ["-c", "import openai"], { timeout: 15_000 }).status === 0;
const suffix = isThere ? "" : " (skipped: no python3 with openai)";

const SCRIPT = `
import json, sys
from openai import OpenAI, NotFoundError
client = OpenAI(base_url=sys.argv[1], api_key="unused", max_retries=0)
ask = [{"role": "user", "content": "Why is the sky blue?"}]
plain = client.chat.completions.create(model="consensus", messages=ask, extra_body={"consensus": {"quorum": 1}})
chunks = list(client.chat.completions.create(model="consensus", messages=ask, stream=True, stream_options={"include_usage": True}))
tool = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}
called = client.chat.completions.create(model="consensus", messages=[{"role": "user", "content": "What is the weather in Oslo?"}], tools=[tool])
try:
    client.chat.completions.create(model="nobody", messages=ask)
    refused = None
except NotFoundError as error:
    refused = error.code
print(json.dumps({
    "text": plain.choices[0].message.content,
    "how": plain.consensus["how"],
    "streamed": "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices),
    "tokens": chunks[-1].usage.total_tokens,
    "tool": called.choices[0].message.tool_calls[0].function.name,
    "response": client.responses.create(model="consensus", input="Why is the sky blue?").output_text,
    "models": [model.id for model in client.models.list()],
    "refused": refused,
}))
`;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

test.skipIf(!isThere)(`Python's client completes, streams, calls tools, lists models and reads refusals${suffix}`, async () => {
  const { stdout } = await promisify(execFile)("python3", ["-c", SCRIPT, stage.baseURL], { timeout: 15_000 });
  const told = JSON.parse(stdout) as Record<string, unknown>;
  expect(told).toMatchObject({ tool: "get_weather", refused: "not-found", how: expect.any(String) as string });
  for (const name of ["text", "streamed", "response"]) expect(told[name]).not.toBe("");
  expect(told.tokens).toBeGreaterThan(0);
  expect(told.models).toContain("consensus");
});
