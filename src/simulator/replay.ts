/** A player of recorded answers: one OpenAI-compatible service that answers each question as the named model once did; knows no judge. */
import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Json } from "../../adjudicator/index.ts";
import { answerTokens, promptTokens, type Answer, type AnswerCall, type Asked } from "./asked.ts";
import { isObject } from "./dialects/reading.ts";
import { openai } from "./dialects/openai.ts";
import { pause, goneSignal, sendAnswer, sendJson, type Turn } from "./turn.ts";
import { startUpstream, type Seen, type Upstream } from "./upstream.ts";

/** One row of a corpus file; further fields are ignored. */
export interface ReplayRow {
  id: string;
  question: string;
  /** model name → the text exactly as recorded */
  outputs: Record<string, string>;
  /** model name → seconds that the recorded call took */
  latency_s?: Record<string, number>;
}
export interface ReplayOptions {
  /** recorded times are multiplied by this; default 0: answer at once */
  pace?: number;
}
export interface ReplayUpstream {
  /** ends in `/v1` */
  url: string;
  /** every model that any row has an output of, sorted */
  models: string[];
  /** requests that found no row or no output */
  misses: { model: string; question: string }[];
  close(): Promise<void>;
}

export async function startReplayUpstream(rows: readonly ReplayRow[], options: ReplayOptions = {}): Promise<ReplayUpstream> {
  const find = rowFinder(rows);
  const models = [...new Set(rows.flatMap((row) => Object.keys(row.outputs)))].toSorted();
  const misses: ReplayUpstream["misses"] = [];
  const upstream: Upstream = await startUpstream(async (seen, response, socket) => {
    upstream.seen.length = 0;
    response.setHeader("x-simulated", "true");
    const asked = seen.path === openai.chatPath ? openai.read(seen.json) : null;
    if (!asked) return plain(response, seen, models);
    const row = find(asked.question);
    const text = row?.outputs[asked.model];
    const turn: Turn = { ...turnOf(asked, text ?? ""), seen, response, socket, gone: goneSignal(response) };
    if (row === undefined || text === undefined) {
      misses.push({ model: asked.model, question: asked.question.slice(0, 200) });
      return sendJson(turn, row === undefined ? 400 : 404, openai.error(missing(row, asked.model), "miss"));
    }
    const seconds = row.latency_s?.[asked.model] ?? 0;
    if (options.pace) await pause(turn, seconds * 1000 * options.pace);
    await sendAnswer(turn);
  });
  return { url: `${upstream.url}${openai.basePath}`, models, misses, close: () => upstream.close() };
}

const missing = (row: ReplayRow | undefined, model: string) => ({
  message: row ? `The model \`${model}\` has no recorded answer to this question.` : "No recorded question in the last user message.",
  type: "invalid_request_error",
  code: row ? "model_not_found" : "unknown_question",
});

/** By the whole last user message, else by a question that the message contains (the longest one). */
function rowFinder(rows: readonly ReplayRow[]): (message: string) => ReplayRow | undefined {
  const exact = new Map(rows.map((row) => [row.question.trim(), row]));
  const longestFirst = rows.toSorted((left, right) => right.question.length - left.question.length);
  return (message) => exact.get(message.trim()) ?? longestFirst.find((row) => message.includes(row.question.trim()));
}

function turnOf(asked: Asked, text: string): Omit<Turn, "seen" | "response" | "socket" | "gone"> {
  const answer = recorded(asked, text);
  const facts = {
    key: randomUUID(),
    created: Math.floor((performance.timeOrigin + performance.now()) / 1000),
    model: asked.model,
    promptTokens: promptTokens(asked),
    outputTokens: answerTokens(answer),
    tookMs: 0,
  };
  const rest = { count: 1, since: 0, latencyMs: 0, pace: 1, redirectTo: "" };
  return { dialect: openai, asked, answer, facts, ...rest, ordinary: () => Promise.resolve() };
}

/** A recorded call becomes a native one where tools were offered; everything else is text, as it was. */
function recorded(asked: Asked, text: string): Answer {
  const call = asked.tools.length > 0 ? callIn(asked, text) : null;
  return call ? { text: "", reasoning: null, calls: [call], finish: "tool-calls" } : { text, reasoning: null, calls: [], finish: "stop" };
}
/** Tool names lose their dots on the way to providers that forbid them: both spellings are the same tool. */
const undotted = (name: string): string => name.replaceAll(".", "_");
function callIn(asked: Asked, text: string): AnswerCall | null {
  try {
    const parsed: unknown = JSON.parse(text);
    if (!isObject(parsed) || typeof parsed["name"] !== "string" || !isObject(parsed["arguments"])) return null;
    const named = parsed["name"];
    const tool = asked.tools.find(({ name }) => undotted(name) === undotted(named));
    return { name: tool?.name ?? undotted(named), arguments: parsed["arguments"] as { [key: string]: Json } };
  } catch {
    return null;
  }
}

/** Model list and everything that is no chat request. */
function plain(response: ServerResponse, seen: Seen, models: string[]): void {
  const isList = seen.method === "GET" && seen.path === "/v1/models";
  const data = models.map((id) => ({ id, object: "model", created: 1_754_400_000, owned_by: "recorded" }));
  const refused = openai.error({ message: "not found", type: "invalid_request_error", code: null }, "plain");
  response.writeHead(isList ? 200 : 404, { "content-type": "application/json" });
  response.end(JSON.stringify(isList ? { object: "list", data } : refused));
}
