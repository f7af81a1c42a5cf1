/** Faults in the course of a reply: cut, silent, slow, endless, or broken off by an error. Work for whole bodies and for streams. */
import type { ErrorWords } from "../dialects/dialect.ts";
import { drip, framesOf, openStream, pause, sendJson, silence, wholeOf, write, type Turn } from "../turn.ts";
import type { Fault } from "./fault.ts";

const MIB = 1024 * 1024;
const half = <T>(list: T[]): T[] => list.slice(0, Math.max(1, Math.floor(list.length / 2)));

/** The first half of the reply, left open: frames of a stream, or bytes of a body that announced its full length. */
export async function openHalf(turn: Turn): Promise<void> {
  if (turn.asked.stream) {
    const { open, content } = framesOf(turn);
    openStream(turn);
    for (const frame of [...open, ...half(content)]) await write(turn, frame);
    return;
  }
  const body = Buffer.from(JSON.stringify(wholeOf(turn)));
  turn.response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  await write(turn, body.subarray(0, Math.floor(body.length / 2)));
}

/** What stands before and after the answer's text on the wire, so that the text can be made of any length. */
function around(turn: Turn): [string, string] {
  const answer = { ...turn.answer, text: "@@", reasoning: null, calls: [] };
  const json = turn.asked.stream
    ? (framesOf(turn, answer).content.find((frame) => frame.includes("@@")) ?? "")
    : JSON.stringify(wholeOf(turn, answer));
  const [before = "", after = ""] = json.split("@@");
  return [before, after];
}
const contentType = (turn: Turn): string => (turn.asked.stream ? turn.dialect.streamType : "application/json");

/** One text of `bytes` in a single line; chunked, so that no length warns of it. */
async function sendHuge(turn: Turn, bytes: number): Promise<void> {
  const [before, after] = around(turn);
  turn.response.writeHead(200, { "content-type": contentType(turn) });
  await write(turn, before);
  const block = "x".repeat(MIB / 4);
  for (let sent = 0; sent < bytes; sent += block.length) await write(turn, block);
  await write(turn, after);
  if (turn.asked.stream) for (const frame of framesOf(turn).close) await write(turn, frame);
  turn.response.end();
}
async function endless(turn: Turn): Promise<never> {
  const [before, after] = around(turn);
  turn.response.writeHead(200, { "content-type": contentType(turn) });
  if (!turn.asked.stream) await write(turn, before);
  const words = "word ".repeat(6400);
  const block = turn.asked.stream ? `${before}${words}${after}` : words;
  // ends when the caller hangs up: then `write` throws
  for (;;) await write(turn, block);
}

async function errorEvent(turn: Turn, words: ErrorWords): Promise<void> {
  if (!turn.asked.stream) return sendJson(turn, 200, turn.dialect.error(words, turn.facts.key));
  await openHalf(turn);
  turn.response.end(turn.dialect.errorFrame(words, turn.facts.key));
}
const serverFault = (turn: Turn): ErrorWords => ({
  message:
    turn.dialect.name === "ollama"
      ? "model runner has unexpectedly stopped, this may be due to resource limitations"
      : "The server had an error.",
  type: turn.dialect.name === "anthropic" ? "overloaded_error" : "server_error",
  code: "internal_error",
});

export const STREAM_FAULTS: Fault[] = [
  {
    name: "cut-stream",
    doc: "The reply ends without its finish marker, as if it were complete.",
    expects: "truncated",
    play: async (turn) => {
      const cut = { ...turn.answer, finish: "none" as const };
      if (!turn.asked.stream) return sendJson(turn, 200, wholeOf(turn, cut));
      const { open, content } = framesOf(turn, cut);
      openStream(turn);
      for (const frame of [...open, ...half(content)]) await write(turn, frame);
      turn.response.end();
    },
  },
  { name: "stall-headers", doc: "Accepts the request and never answers.", expects: "timeout", cost: "limit", play: silence },
  {
    name: "stall",
    doc: "Sends the headers and half of the answer, then nothing for ever.",
    expects: "timeout",
    cost: "limit",
    play: async (turn) => {
      await openHalf(turn);
      await silence(turn);
    },
  },
  {
    name: "keep-alive-comments",
    doc: "Sends the headers, then only comments or blanks: bytes that keep the connection busy and carry no content.",
    expects: "timeout",
    cost: "limit",
    play: async (turn) => {
      turn.response.writeHead(200, { "content-type": contentType(turn) });
      for (;;) {
        await write(turn, turn.asked.stream ? turn.dialect.keepAlive : " ");
        await pause(turn, 200 * turn.pace);
      }
    },
  },
  {
    name: "slow-drip",
    doc: "Sends one byte every 4 seconds: never idle, never done.",
    expects: "timeout",
    cost: "limit",
    play: async (turn) => {
      const { open, content, close } = framesOf(turn);
      const body = Buffer.from(turn.asked.stream ? [...open, ...content, ...close].join("") : JSON.stringify(wholeOf(turn)));
      turn.response.writeHead(200, { "content-type": contentType(turn) });
      await drip(turn, body, 4000 * turn.pace);
    },
  },
  { name: "endless", doc: "An answer that never ends, as fast as it is read.", expects: "bad-response", cost: "load", play: endless },
  { name: "huge-line", doc: "One line of 64 MiB.", expects: "bad-response", cost: "load", play: (turn) => sendHuge(turn, 64 * MIB) },
  {
    name: "huge-body",
    doc: "A body of 32 MiB that is an answer otherwise.",
    expects: "bad-response",
    cost: "load",
    play: (turn) => sendHuge(turn, 32 * MIB),
  },
  {
    name: "error-event",
    doc: "An error of the server after a 200 and half of the answer (in a whole body: an error object alone).",
    expects: "unavailable",
    play: (turn) => errorEvent(turn, serverFault(turn)),
  },
  {
    name: "error-event-unknown",
    doc: "An error of a type that nobody knows after a 200 and half of the answer.",
    expects: "bad-response",
    play: (turn) => errorEvent(turn, { message: "odd weather upstream", type: "mystery_error", code: "mystery" }),
  },
  {
    name: "groq-stream-error",
    doc: "Groq stops early and says so only in `x_groq.error` of a chunk.",
    expects: "unavailable",
    only: ["groq"],
    play: async (turn) => {
      if (!turn.asked.stream) return errorEvent(turn, serverFault(turn));
      await openHalf(turn);
      const chunk = {
        id: "chatcmpl-x",
        object: "chat.completion.chunk",
        created: turn.facts.created,
        model: turn.facts.model,
        choices: [],
      };
      turn.response.end(
        `${turn.dialect.wrap(JSON.stringify({ ...chunk, x_groq: { id: "req_x", error: "internal_server_error" } }))}data: [DONE]\n\n`,
      );
    },
  },
  {
    name: "split-utf8",
    doc: "Characters of several bytes arrive one byte at a time.",
    expects: null,
    play: async (turn) => {
      const answer = { ...turn.answer, text: `Grüße — 東京 🗼🏽 ${turn.answer.text}` };
      const { open, content, close } = framesOf(turn, answer);
      const body = Buffer.from(turn.asked.stream ? [...open, ...content, ...close].join("") : JSON.stringify(wholeOf(turn, answer)));
      turn.response.writeHead(200, { "content-type": contentType(turn) });
      await drip(turn, body);
    },
  },
];
