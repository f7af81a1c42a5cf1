/** One chat request being answered: what was asked, what the answer is, and how to send it whole, in pieces, or not at all. Never outlives its socket. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { Json } from "../../adjudicator/index.ts";
import type { Answer, Asked } from "./asked.ts";
import type { Dialect, Facts, Frames } from "./dialects/dialect.ts";
import type { Seen } from "./upstream.ts";

export interface Turn {
  dialect: Dialect;
  seen: Seen;
  response: ServerResponse;
  socket: Socket;
  asked: Asked;
  answer: Answer;
  facts: Facts;
  /** chat requests under the present fault, from 1 */
  count: number;
  /** time to the first byte, ms */
  latencyMs: number;
  /** faults' own waits are multiplied by this */
  pace: number;
  /** performance.now() of the first chat request under the present fault */
  since: number;
  /** where redirects point */
  redirectTo: string;
  /** aborts when the caller hangs up */
  gone: AbortSignal;
  /** serves the request as a healthy provider would */
  ordinary(): Promise<void>;
}

/** Aborts once the caller is gone, so that no script outlives its socket. */
export function goneSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  if (response.closed) controller.abort();
  response.once("close", () => controller.abort());
  return controller.signal;
}
/** Rejects with an AbortError when the caller hangs up first. */
export async function pause(turn: Turn, ms: number): Promise<void> {
  turn.gone.throwIfAborted();
  if (ms > 0) await sleep(ms, undefined, { signal: turn.gone });
}
/** Silence until the caller hangs up. */
export async function silence(turn: Turn): Promise<never> {
  if (!turn.response.closed) await once(turn.response, "close");
  throw new Error("the caller is gone");
}
/** Writes with back-pressure: waits for the caller to read. */
export async function write(turn: Turn, chunk: string | Uint8Array): Promise<void> {
  turn.gone.throwIfAborted();
  if (!turn.response.write(chunk)) await once(turn.response, "drain", { signal: turn.gone });
}

/** One byte at a time, each in a chunk of its own: writes of one turn of the event loop would be joined. */
export async function drip(turn: Turn, body: Buffer, gapMs = 0): Promise<void> {
  turn.socket.setNoDelay(true);
  for (let at = 0; at < body.length; at += 1) {
    await write(turn, body.subarray(at, at + 1));
    await (gapMs > 0 ? pause(turn, gapMs) : nextTurn());
  }
  turn.response.end();
}

export function sendJson(turn: Turn, status: number, body: Json, headers: Record<string, string | string[]> = {}): void {
  sendText(turn, status, "application/json", JSON.stringify(body), headers);
}
export function sendText(turn: Turn, status: number, type: string, body: string, headers: Record<string, string | string[]> = {}): void {
  turn.response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body), ...headers }).end(body);
}

export const wholeOf = (turn: Turn, answer: Answer = turn.answer): { [key: string]: Json } =>
  turn.dialect.whole(turn.asked, answer, turn.facts);
export const framesOf = (turn: Turn, answer: Answer = turn.answer): Frames => turn.dialect.frames(turn.asked, answer, turn.facts);
export const openStream = (turn: Turn): void => {
  turn.response.writeHead(200, { "content-type": turn.dialect.streamType, "cache-control": "no-cache" });
};

/** The answer as the caller asked for it: a whole body, or a stream whose pieces are spread over the latency. */
export async function sendAnswer(turn: Turn, answer: Answer = turn.answer): Promise<void> {
  await pause(turn, turn.latencyMs);
  if (!turn.asked.stream) return sendJson(turn, 200, wholeOf(turn, answer));
  const { open, content, close } = framesOf(turn, answer);
  openStream(turn);
  for (const frame of open) await write(turn, frame);
  const gap = turn.latencyMs / Math.max(1, content.length);
  for (const frame of content) {
    await write(turn, frame);
    if (gap >= 1) await pause(turn, gap);
  }
  for (const frame of close) await write(turn, frame);
  turn.response.end();
}
