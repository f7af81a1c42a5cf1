/** The player of recorded answers: the right text for the right model, bytes untouched, and a clear no for all else. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startReplayUpstream, type ReplayRow } from "../../src/simulator/replay.ts";
import { parseReply, rawRequest } from "./raw-client.ts";

const ROWS: ReplayRow[] = [
  { id: "r1", question: "How many?", outputs: { alpha: '```json\n{"answer": "4"}\n```', "beta-7b": "A: 4" } },
  { id: "r2", question: "How many? And why?", outputs: { alpha: "Because." }, latency_s: { alpha: 0.2 } },
  { id: "r3", question: "Area of a square of 3", outputs: { alpha: '{"name":"geo.area","arguments":{"side":3}}' } },
];
type Message = { content: string | null; tool_calls?: { function: { name: string; arguments: string } }[] };
async function ask(
  url: string,
  model: string,
  content: string,
  more: object = {},
): Promise<{ status: number; text: string; message: Message | undefined }> {
  const body = JSON.stringify({
    model,
    messages: [
      { role: "system", content: "How many?" },
      { role: "user", content },
    ],
    ...more,
  });
  const reply = parseReply((await rawRequest({ port: Number(new URL(url).port), path: "/v1/chat/completions", body })).bytes);
  const text = reply.body.toString();
  const parsed = text.startsWith("{") ? (JSON.parse(text) as { choices?: { message: Message }[] }) : {};
  return { status: reply.status, text, message: parsed.choices?.[0]?.message };
}

test("the model id selects the output, the last user message the row; the longest question wins", async () => {
  const replay = await startReplayUpstream(ROWS);
  expect(replay.models).toEqual(["alpha", "beta-7b"]);
  expect((await ask(replay.url, "alpha", "How many?")).message?.content).toBe('```json\n{"answer": "4"}\n```');
  expect((await ask(replay.url, "beta-7b", "How many?")).message?.content).toBe("A: 4");
  expect((await ask(replay.url, "alpha", "Please answer: How many? And why? Thanks.")).message?.content).toBe("Because.");
  expect((await ask(replay.url, "alpha", "How many?", { stream: true })).text).toContain("data: [DONE]");
  await replay.close();
});

test("an unknown question and a missing output are refused and counted as misses", async () => {
  const replay = await startReplayUpstream(ROWS);
  expect((await ask(replay.url, "alpha", "Name the winner")).status).toBe(400);
  expect((await ask(replay.url, "beta-7b", "How many? And why?")).status).toBe(404);
  expect(replay.misses).toHaveLength(2);
  await replay.close();
});

test("a recorded call comes back as a native one where tools are offered, under the name that was offered", async () => {
  const replay = await startReplayUpstream(ROWS);
  const tools = [{ type: "function", function: { name: "geo_area", parameters: { type: "object", properties: {} } } }];
  const { message } = await ask(replay.url, "alpha", "Area of a square of 3", { tools });
  expect(message?.tool_calls?.[0]?.function).toEqual({ name: "geo_area", arguments: '{"side":3}' });
  expect((await ask(replay.url, "alpha", "Area of a square of 3")).message?.content).toContain("geo.area");
  await replay.close();
});

test("recorded times are kept in proportion when asked for", async () => {
  const replay = await startReplayUpstream(ROWS, { pace: 0.5 });
  const from = performance.now();
  await ask(replay.url, "alpha", "How many? And why?");
  expect(performance.now() - from).toBeGreaterThan(95);
  await replay.close();
});

const corpus = join(import.meta.dirname, "../../../shared/replay");
const present = existsSync(corpus);
const files = ["gsm8k", "gsm8k-2021", "math-l5", "crux", "mmlu-pro", "bfcl"];
test.skipIf(!present).each(files)(
  `every row of %s is found by its question and answered byte for byte${present ? "" : " (skipped: corpus not present)"}`,
  async (file) => {
    const lines = readFileSync(join(corpus, `${file}.jsonl`), "utf8")
      .trim()
      .split("\n");
    const rows = lines.map((line) => JSON.parse(line) as ReplayRow);
    const replay = await startReplayUpstream(rows);
    for (const row of rows)
      for (const [model, output] of Object.entries(row.outputs).slice(0, 3))
        expect((await ask(replay.url, model, row.question)).message?.content ?? "").toBe(output);
    expect(replay.misses).toEqual([]);
    await replay.close();
  },
);
