/** The adapters alone against bytes: whole or streamed, cut anywhere, spoiled anyhow; one answer must give one outcome, and everything must end (I41). */
import { DROPOUT_REASONS } from "../../src/core/reasons.ts";
import type { Clock } from "../../src/core/ports.ts";
import { createProvider } from "../../src/providers/index.ts";
import { factsOf } from "../../src/providers/models.ts";
import type { ChatResult, Provider } from "../../src/providers/provider.ts";
import { Body } from "../../src/runtimes/node-body.ts";
import { Reply } from "../../src/runtimes/node-reply.ts";
import "./ambient.ts";
import type { Tally } from "./checks/tally.ts";
import { hostileText } from "./hostile.ts";
import { type Chance, chance } from "./seeded.ts";
import { type Dialect, errorBody, FINISH, write, type Wording } from "./wire.ts";
import { SERVICES } from "./world.ts";

/** Which worlds' seeds also try the adapters. */
const SHARE = 0.15;
/** Turns of the event loop after which a call is taken for one that never ends. */
const MOST_TURNS = 300;
/** Nothing here takes time. */
const STILL: Clock = { wall: () => Date.UTC(2026, 10, 22, 2), now: () => 0, timer: () => () => undefined };
const TOOLS = [{ type: "function" as const, function: { name: "lock", parameters: {} } }];

/** A reply's bytes, in these pieces, over a socket's body or a stream of the platform's; counts what was taken. */
export interface Feed {
  pieces: Iterable<Uint8Array>;
  poured: boolean;
  status: number;
  taken: number;
}
export const feedOf = (pieces: Iterable<Uint8Array>, poured: boolean, status = 200): Feed => ({ pieces, poured, status, taken: 0 });

/** As from a socket: some pieces are there before anybody reads, others come while somebody does. */
function poured(feed: Feed, headers: Record<string, string>): Response {
  const state = { isCut: false, resume: (): void => undefined, paused: null as Promise<void> | null };
  const body = new Body(
    "",
    Number.MAX_SAFE_INTEGER,
    {
      pause: () => void (state.paused ??= new Promise((resolve) => (state.resume = resolve))),
      resume: () => {
        state.paused = null;
        state.resume();
      },
      cut: () => void (state.isCut = true),
    },
    () => undefined,
  );
  const send = async (): Promise<void> => {
    for (const piece of feed.pieces) {
      await state.paused;
      if (state.isCut) return;
      feed.taken += piece.length;
      body.push(piece);
    }
    body.end();
  };
  void send();
  return new Reply({ url: "https://upstream.test/", status: feed.status, statusText: "", headers }, body) as unknown as Response;
}
function streamed(feed: Feed, headers: Record<string, string>): Response {
  const pieces = feed.pieces[Symbol.iterator]();
  const source: UnderlyingDefaultSource<Uint8Array> = {
    pull(controller) {
      const { value, done } = pieces.next();
      if (done === true) return controller.close();
      feed.taken += value.length;
      controller.enqueue(value);
    },
  };
  return new Response(new ReadableStream(source, { highWaterMark: 0 }), { status: feed.status, headers });
}

export interface Bench {
  provider: Provider;
  model: string;
  dialect: Dialect;
}
export function benchOf(rng: Chance): Bench {
  const service = rng.one(SERVICES);
  const { name, dialect, baseUrl, local } = service;
  const endpoint = { provider: name, baseUrl, local, auth: null };
  const provider = createProvider({ name, dialect, endpoint, clock: STILL });
  return { provider, dialect, model: rng.odds(0.2) ? "deepseek-r1" : rng.one(service.models) };
}

interface Heard {
  /** the outcome as JSON; or what was thrown, or that nothing came */
  outcome: string;
  ended: "told" | "thrown" | "never";
  /** what a reader of the stream was handed */
  shown: string;
}

/** One call whose reply has these bytes. */
export async function hear({ provider, model }: Bench, type: string, feed: Feed, streaming: boolean, tools: boolean): Promise<Heard> {
  let shown = "";
  const headers = { "content-type": type, "content-length": "1" };
  const io = {
    fetch: () => Promise.resolve((feed.poured ? poured : streamed)(feed, headers)),
    signal: new AbortController().signal,
    ...(streaming ? { onDelta: (text: string) => void (shown += text) } : {}),
  };
  const call = { model, messages: [{ role: "user" as const, content: "How many?" }], facts: factsOf(provider.name, model) };
  const told = provider
    .chat(tools ? { ...call, tools: TOOLS } : call, io)
    .then((outcome: ChatResult) => ({ outcome: JSON.stringify(outcome), ended: "told" as const }))
    .catch((error: unknown) => ({ outcome: String(error), ended: "thrown" as const }));
  const patience = { over: false };
  const heard = await Promise.race([told, never(patience)]);
  patience.over = true;
  return { ...heard, shown };
}
async function never(patience: { over: boolean }): Promise<{ outcome: string; ended: "never" }> {
  for (let turn = 0; turn < MOST_TURNS && !patience.over; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return { outcome: "nothing", ended: "never" };
}

const encoder = new TextEncoder();
function* cutAt(bytes: Uint8Array, size: () => number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + Math.max(1, size()));
    yield bytes.subarray(at, end);
    at = end;
  }
}
/** The same bytes at once, one by one (or nearly so), and in uneven pieces. */
const chunkings = (bytes: Uint8Array, rng: Chance): { name: string; feed: Feed }[] => [
  { name: "one piece", feed: feedOf([bytes], rng.odds(0.5)) },
  {
    name: "single bytes",
    feed: feedOf(
      cutAt(bytes, () => Math.ceil(bytes.length / 1500)),
      rng.odds(0.5),
    ),
  },
  {
    name: "uneven pieces",
    feed: feedOf(
      cutAt(bytes, () => rng.between(1, 90)),
      rng.odds(0.5),
    ),
  },
];

const sayText = (rng: Chance): string =>
  rng.one([
    () => hostileText(rng),
    () => `Forty-two 🎉 ${hostileText(rng)}`,
    () => "👨‍👩‍👧‍👦 e\u0301 𝔘𝔫 ".repeat(3),
    () => `<think>${hostileText(rng)}</think>So it is 42.`,
    () => "a </think> b <think> c",
    () => "42",
  ])();

/** One answer in words, for any form. */
function wordingOf({ dialect, model }: Bench, rng: Chance): Wording {
  const calls = rng.odds(0.2) ? [{ name: "lock", arguments: '{"user":"rö\\"ot\\n"}' }] : [];
  const text = calls.length > 0 && rng.odds(0.5) ? "" : sayText(rng);
  const said = { text, group: 0, degenerate: false, calls };
  const finish = rng.odds(0.1) ? FINISH[dialect].length : calls.length > 0 ? FINISH[dialect].calls : FINISH[dialect].stop;
  const reasoning = rng.odds(0.4) ? hostileText(rng) : "";
  const usage = { input: rng.between(1, 999), output: rng.between(1, 999) };
  return { dialect, model, streaming: true, said, finish, usage, reasoning, splits: true, cuts: rng.between(1, 12) };
}

const streamType = (dialect: Dialect): string => (dialect === "ollama" ? "application/x-ndjson" : "text/event-stream");
const joined = (wording: Wording): string =>
  write(wording)
    .map(({ bytes }) => bytes)
    .join("");

/** The same answer not streamed: Ollama's is one line with all of it. */
function wholeOf(wording: Wording): string {
  if (wording.dialect !== "ollama") return joined({ ...wording, streaming: false });
  const { said, reasoning, finish, usage, model } = wording;
  const tool_calls = said.calls.map((call) => ({ function: { name: call.name, arguments: JSON.parse(call.arguments) as unknown } }));
  const message = { role: "assistant", content: said.text, thinking: reasoning, ...(tool_calls.length > 0 ? { tool_calls } : {}) };
  return JSON.stringify({
    model,
    message,
    done: true,
    done_reason: finish,
    prompt_eval_count: usage?.input,
    eval_count: usage?.output,
  });
}

function spoil(bytes: Uint8Array, rng: Chance): Uint8Array {
  const spoiled = [...bytes];
  for (let times = rng.between(1, 4); times > 0; times -= 1) {
    const at = rng.between(0, Math.max(0, spoiled.length - 1));
    const much = rng.between(1, 40);
    rng.one([
      () => void (spoiled[at] = rng.between(0, 255)),
      () => void spoiled.splice(at, much),
      () => void spoiled.splice(at),
      () => void spoiled.splice(at, 0, ...spoiled.slice(at, at + much)),
      () => void spoiled.splice(at, 0, ...encoder.encode(hostileText(rng))),
      () => void spoiled.splice(at, 0, ...Array.from({ length: much }, () => rng.between(0, 255))),
      () => void spoiled.splice(at, 0, 0xef, 0xbb, 0xbf),
      () => void spoiled.splice(0, 0, ...encoder.encode(rng.one(["\ufeff", "\r\n\r\n", ": hi\n\n", "[", "data: ", "<"]))),
    ])();
  }
  return Uint8Array.from(spoiled);
}

const TYPES = ["text/event-stream", "application/x-ndjson", "application/json", "text/html", ""];

/** Error bodies of the service's own kind are spoiled as well. */
const errorBytes = ({ dialect }: Bench, rng: Chance): Uint8Array =>
  encoder.encode(errorBody(dialect, rng.one(["rate_limit_exceeded", "server_error", "context_length_exceeded"]), hostileText(rng)));

/** Hostile bytes: whatever comes, each chunking ends in the same outcome, in words of ours. */
async function hearSpoiled(bench: Bench, bytes: Uint8Array, rng: Chance, tally: Tally): Promise<void> {
  const spoiled = spoil(bytes, rng);
  const type = rng.one(TYPES);
  const streaming = rng.odds(0.7);
  const status = rng.odds(0.7) ? 200 : rng.one([400, 401, 404, 413, 429, 500, 503]);
  let first: Heard | null = null;
  for (const { name, feed } of chunkings(spoiled, rng)) {
    const heard = await hear(bench, type, { ...feed, status }, streaming, false);
    if (heard.ended !== "told")
      tally.fail("I41", null, `${bench.dialect}, spoiled, ${name}: ${heard.ended}: ${heard.outcome.slice(0, 120)}`);
    else complain(bench, heard, tally);
    first ??= heard;
    if (heard.outcome !== first.outcome || heard.shown !== first.shown)
      tally.fail(
        "I41",
        null,
        `${bench.dialect}, spoiled: ${name} give ${heard.outcome.slice(0, 160)} against ${first.outcome.slice(0, 160)}`,
      );
  }
  tally.hold("I41");
}

function complain({ dialect }: Bench, { outcome }: Heard, tally: Tally): void {
  const told = JSON.parse(outcome) as ChatResult;
  if (told.ok) return;
  const { reason, detail } = told.failure;
  if (!(DROPOUT_REASONS as readonly string[]).includes(reason)) tally.fail("I41", null, `${dialect}: ${reason} is no reason`);
  if (detail.length > 200 || !/^[\x20-\x7e–…]+$/.test(detail))
    tally.fail("I41", null, `${dialect}: "${detail.slice(0, 120)}" are not our words`);
}

/** A stream, cut anywhere, with or without its last line end, and the whole reply: one candidate. */
async function hearOne(bench: Bench, wording: Wording, rng: Chance, tally: Tally): Promise<void> {
  const tools = wording.said.calls.length > 0;
  const whole = await hear(bench, "application/json", feedOf([encoder.encode(wholeOf(wording))], rng.odds(0.5)), false, tools);
  const text = joined(wording).replace("data: [DONE]\n\n", "");
  const unended = encoder.encode(text.trimEnd());
  const forms = [...chunkings(encoder.encode(joined(wording)), rng), { name: "no last line end", feed: feedOf([unended], rng.odds(0.5)) }];
  for (const { name, feed } of forms) {
    const heard = await hear(bench, streamType(bench.dialect), feed, true, tools);
    if (heard.outcome !== whole.outcome)
      tally.fail(
        "I41",
        null,
        `${bench.dialect}, streamed in ${name}: ${heard.outcome.slice(0, 200)} against ${whole.outcome.slice(0, 200)}`,
      );
    const told = JSON.parse(heard.ended === "told" ? heard.outcome : '{"ok":false}') as ChatResult;
    // what shows nothing is no text in the end, and may have been handed over before that was known
    const shown = told.ok && told.reply.text !== "" && !wording.said.text.includes("think>");
    if (shown && heard.shown !== told.reply.text)
      tally.fail("I41", null, `${bench.dialect}: "${heard.shown.slice(0, 80)}" was shown of "${told.reply.text.slice(0, 80)}"`);
    if (told.ok && !`${told.reply.text}${told.reply.reasoning ?? ""}`.isWellFormed())
      tally.fail("I41", null, "half a character came through");
  }
  tally.hold("I41");
}

export async function tryParsers(seed: number, tally: Tally): Promise<void> {
  const rng = chance(seed, "parsers");
  if (!rng.odds(SHARE)) return;
  const bench = benchOf(rng);
  const wording = wordingOf(bench, rng);
  await hearOne(bench, wording, rng, tally);
  const bytes = rng.odds(0.2) ? errorBytes(bench, rng) : encoder.encode(rng.odds(0.3) ? wholeOf(wording) : joined(wording));
  await hearSpoiled(bench, bytes, rng, tally);
}
