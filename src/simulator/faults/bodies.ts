/** Faults of a 200 whose body is no answer: pages, nothing, errors, other shapes, broken JSON. */
import type { ErrorWords } from "../dialects/dialect.ts";
import { framesOf, openStream, sendJson, sendText, wholeOf, write, type Turn } from "../turn.ts";
import { CLOUD, type Fault } from "./fault.ts";

const HTML = "text/html; charset=utf-8";
const PAGE = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1></body></html>\n";

/** JSON text in place of the answer: as the body, or as one frame of an otherwise complete stream. */
async function garbage(turn: Turn, json: string): Promise<void> {
  if (!turn.asked.stream) return sendText(turn, 200, "application/json", json);
  const { open, close } = framesOf(turn);
  openStream(turn);
  for (const frame of [...open, turn.dialect.wrap(json), ...close]) await write(turn, frame);
  turn.response.end();
}
/** The true reply as JSON text (whole, or its first frame that carries content), to be spoilt. */
export function truth(turn: Turn): string {
  if (!turn.asked.stream) return JSON.stringify(wholeOf(turn));
  const frame = framesOf(turn).content[0] ?? "{}";
  return frame.slice(frame.indexOf("{"), frame.lastIndexOf("}") + 1);
}
const spoilt = (name: string, doc: string, spoil: (json: string) => string): Fault => ({
  name,
  doc,
  expects: "bad-response",
  play: (turn) => garbage(turn, spoil(truth(turn))),
});

const errorIn200 = (turn: Turn, words: ErrorWords): void => sendJson(turn, 200, turn.dialect.error(words, turn.facts.key));
const DEPTH = 100_000;

export const BODY_FAULTS: Fault[] = [
  {
    name: "html-200",
    doc: "A login page with status 200 stands where the answer should be.",
    expects: "bad-response",
    play: (turn) => sendText(turn, 200, HTML, PAGE),
  },
  {
    name: "html-502",
    doc: "A proxy's error page with status 502.",
    expects: "unavailable",
    play: (turn) => sendText(turn, 502, HTML, PAGE.replaceAll(/Sign in(?: to continue)?/g, "502 Bad Gateway")),
  },
  {
    name: "empty-200",
    doc: "Status 200 and no body at all.",
    expects: "empty",
    play: (turn) => sendText(turn, 200, "application/json", ""),
  },
  {
    name: "null-200",
    doc: "Status 200 and `null`.",
    expects: "bad-response",
    play: (turn) => sendText(turn, 200, "application/json", "null"),
  },
  {
    name: "error-200",
    doc: "Status 200 and an error object of a type that nobody knows.",
    expects: "bad-response",
    play: (turn) => errorIn200(turn, { message: "Something unexpected happened.", type: "mystery_error", code: "mystery" }),
  },
  {
    name: "error-200-rate",
    doc: "Status 200 and an error object that says the rate limit was reached.",
    expects: "rate-limited",
    only: CLOUD,
    play: (turn) => errorIn200(turn, { message: "Rate limit reached.", type: "rate_limit_error", code: "rate_limit_exceeded" }),
  },
  {
    name: "wrong-shape",
    doc: "Well-formed JSON of another shape: every field has the wrong type.",
    expects: "bad-response",
    play: (turn) => garbage(turn, JSON.stringify({ id: 7, model: [], choices: "none", message: 7, content: 7, done: "no" })),
  },
  spoilt("cut-json", "JSON that ends in the middle, though every byte that was announced arrived.", (json) =>
    json.slice(0, Math.floor(json.length / 2)),
  ),
  spoilt("malformed-json", "Single quotes and a trailing comma instead of JSON.", (json) => `${json.slice(0, -1)},'extra': 'x',}`),
  spoilt(
    "nan-json",
    "JSON with NaN and Infinity in it, as a careless encoder writes it.",
    (json) => `${json.slice(0, -1)},"score":NaN,"limit":Infinity}`,
  ),
  {
    name: "utf16-json",
    doc: "The answer in UTF-16 with a byte order mark.",
    expects: "bad-response",
    play: (turn) => {
      const body = Buffer.from(`\ufeff${truth(turn)}`, "utf16le");
      turn.response.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body);
    },
  },
  spoilt(
    "deep-json",
    "The answer, and beside it a field nested 100,000 deep.",
    (json) => `${json.slice(0, -1)},"deep":${"[".repeat(DEPTH)}${"]".repeat(DEPTH)}}`,
  ),
  spoilt(
    "proto-json",
    "The answer, and beside it a `__proto__` that would reach every object.",
    (json) => `${json.slice(0, -1)},"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}`,
  ),
  spoilt("duplicate-keys", "The answer's own keys a second time with other values.", (json) => `${json.slice(0, -1)},${json.slice(1)}`),
];
