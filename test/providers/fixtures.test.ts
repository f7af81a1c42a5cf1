/** The corpus of hostile streams: every fixture gives its outcome however its bytes are cut. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DialectName } from "../../src/providers/index.ts";
import type { ChatResult } from "../../src/providers/provider.ts";
import { inPieces, openRoom, type Room } from "./setup.ts";

interface Outcome {
  status: string | string[];
  text?: string;
  reason?: string;
  reasoning?: string;
  finish_reason?: string;
  usage?: "unknown" | { input_tokens: number; output_tokens: number };
  never_text?: string;
}
interface Fixture {
  id: string;
  dialect: "openai" | "anthropic" | "ollama";
  chunks_base64: string[];
  expect: Outcome | Record<string, Outcome>;
}
const file = resolve(import.meta.dirname, "../../../shared/attacks/own/stream_fixtures.json");
const present = existsSync(file);
const fixtures: Fixture[] = present ? JSON.parse(readFileSync(file, "utf8")).items : [];

const DIALECTS: Record<Fixture["dialect"], [DialectName, string][]> = {
  openai: [
    ["together", "text/event-stream"],
    ["groq", "text/event-stream"],
    ["openai", "text/event-stream"],
    ["openai-compatible", "text/plain"],
  ],
  anthropic: [["anthropic", "text/event-stream"]],
  ollama: [["ollama", "application/x-ndjson"]],
};

/** Small and seeded: the same cuts in every run. */
function cutter(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
function cut(bytes: Buffer, seed: number): Buffer[] {
  const next = cutter(seed);
  const places = Array.from({ length: 12 }, () => Math.floor(next() * (bytes.length + 1))).sort((a, b) => a - b);
  return [...places, bytes.length].map((to, at) => bytes.subarray(places[at - 1] ?? 0, to));
}
const expected = (fixture: Fixture): Outcome => {
  const { expect: outcome } = fixture;
  return "status" in outcome ? (outcome as Outcome) : ((outcome as Record<string, Outcome>)["cloud-allowed"] as Outcome);
};

function check(result: ChatResult, outcome: Outcome): void {
  const statuses = [outcome.status].flat();
  expect(statuses).toContain(result.ok ? "answered" : "dropped");
  if (!result.ok) return expect(result.failure.reason).toBe(outcome.reason);
  const { reply } = result;
  expect(reply.text).toBe(outcome.text);
  if (outcome.reasoning !== undefined) expect(reply.reasoning).toBe(outcome.reasoning);
  if (outcome.finish_reason !== undefined) expect(reply.finish.unified).toBe(outcome.finish_reason);
  if (outcome.usage === "unknown") expect(reply.usage).toEqual({ input_tokens: null, output_tokens: null });
  else if (outcome.usage !== undefined) expect(reply.usage).toEqual(outcome.usage);
}

describe.skipIf(!present)(`stream fixtures${present ? "" : " skipped: corpus not present"}`, () => {
  const rooms = new Map<DialectName, Room>();
  beforeAll(async () => {
    for (const [dialect] of Object.values(DIALECTS).flat()) rooms.set(dialect, await openRoom({ dialect }));
  });
  afterAll(async () => {
    for (const room of rooms.values()) await room.close();
  });
  const rows = fixtures.flatMap((fixture) =>
    DIALECTS[fixture.dialect].map(([dialect, type]) => ({ id: fixture.id, dialect, type, fixture })),
  );

  test.each(rows)(
    "$id through $dialect, as given and cut at 20 × 12 other places, listened to or not",
    async ({ dialect, type, fixture }) => {
      const room = rooms.get(dialect);
      if (room === undefined) throw new Error("no room");
      const outcome = expected(fixture);
      const given = fixture.chunks_base64.map((chunk) => Buffer.from(chunk, "base64"));
      const bytes = Buffer.concat(given);
      const everyByte = Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1));
      const splits = [given, everyByte, ...Array.from({ length: 20 }, (_, seed) => cut(bytes, seed + 1))];
      for (const pieces of splits)
        for (const onDelta of [undefined, () => undefined]) check(await room.ask(inPieces(type, pieces), {}, { onDelta }), outcome);
    },
  );
  test("a reply that was relayed says where to", async () => {
    const fixture = fixtures.find(({ id }) => id === "ol04");
    const pieces = fixture?.chunks_base64.map((chunk) => Buffer.from(chunk, "base64")) ?? [];
    const result = await rooms.get("ollama")?.ask(inPieces("application/x-ndjson", pieces));
    expect(result).toMatchObject({ ok: true, reply: { relayedTo: "https://ollama.com:443" } });
  });
});
