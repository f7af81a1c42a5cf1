/** One call from request to judgement, the same for every dialect: send, read whole or streamed, always end in a reply or a failure. */
import type { Clock } from "../core/ports.ts";
import { discard, readPieces, readWhole, type TextSink } from "./body.ts";
import { createDraft, type Draft } from "./draft.ts";
import { failureOfErrorObject, failureOfStatus, isErrorObject } from "./errors.ts";
import { CallFailure, fail } from "./failure.ts";
import { createSseReader, createLineCutter } from "./lines.ts";
import type { CallIo, ChatCall, ChatResult, Failure } from "./provider.ts";
import { asObject, type JsonObject } from "./shape.ts";
import { parseStrict } from "./strict-json.ts";
import { thinksInTags } from "./thinking.ts";
import { failureOfAbort, failureOfThrown } from "./thrown.ts";

export interface BuiltRequest {
  body: JsonObject;
  /** request fields left out, by request name */
  ignored: string[];
}

/** How one wire format is spoken; everything else is common. */
export interface Dialect {
  /** form of its streams */
  framing: "sse" | "ndjson";
  /** streams even when nobody listens, so that first byte and idleness mean something */
  alwaysStreams: boolean;
  build(call: ChatCall, streaming: boolean): BuiltRequest;
  /** reads one object (a whole reply or one event) into the draft; true = nothing more will come */
  take(object: JsonObject, draft: Draft, event: string | null): boolean;
  /** a last look at an error status, where a service means something of its own by it */
  revise?(failed: Failure, body: string): Failure;
}

export interface Exchange {
  dialect: Dialect;
  /** hands the request to the network (through the service's SDK) and resolves with the bare response */
  send(body: JsonObject, io: CallIo): Promise<Response>;
  local: boolean;
  clock: Clock | null;
}

/** Reads objects out of a reply of any form; the form is told by its first character, not by what its headers claim. */
function createReplySink(dialect: Dialect, contentType: string, draft: Draft): TextSink & { sawNothing(): boolean } {
  let inner: { push(text: string): void; end(): void } | null = null;
  let blank = "";
  let done = false;

  function take(value: unknown, event: string | null): void {
    const object = asObject(value);
    if (object === null)
      return fail("bad-response", value === undefined ? "the reply is not valid JSON" : "the reply has the wrong shape", "once");
    if (event === "error") throw new CallFailure(failureOfErrorObject(object));
    if (isErrorObject(object)) throw new CallFailure(failureOfErrorObject(object["error"]));
    done = dialect.take(object, draft, event);
  }
  const ndjson = (): { push(text: string): void; end(): void } =>
    createLineCutter((line) => {
      if (!done && line.trim() !== "") take(parseStrict(line), null);
    });
  function whole(thenLines: boolean): { push(text: string): void; end(): void } {
    const pieces: string[] = [];
    return {
      push: (text) => void pieces.push(text),
      end: () => {
        const text = pieces.join("");
        const value = parseStrict(text);
        if (value !== undefined || !thenLines) return take(value, null);
        const lines = ndjson();
        lines.push(text);
        lines.end();
      },
    };
  }
  function sse(startsWithComment: boolean): { push(text: string): void; end(): void } {
    let events = 0;
    const reader = createSseReader(({ name, data }) => {
      if (done) return;
      events++;
      if (data.trim() === "[DONE]") done = true;
      else take(parseStrict(data), name);
    });
    const end = (): void => {
      reader.end();
      if (events === 0 && !startsWithComment) fail("bad-response", "the reply is neither JSON nor an event stream", "once");
    };
    return { push: reader.push, end };
  }
  function choose(first: string): { push(text: string): void; end(): void } {
    if (":deir".includes(first)) return sse(first === ":");
    const isLines = /ndjson|jsonl|json-seq/i.test(contentType);
    if (first === "{" && (isLines || (dialect.framing === "ndjson" && !/application\/json/i.test(contentType)))) return ndjson();
    return whole(dialect.framing === "ndjson");
  }

  return {
    push(text) {
      if (inner !== null) return inner.push(text);
      const start = (blank + text).trimStart();
      if (start === "") {
        blank += text;
        if (blank.length > 65_536) fail("bad-response", "the reply is nothing but white space", "once");
        return;
      }
      inner = choose(start.charAt(0));
      inner.push(start);
    },
    end() {
      if (inner !== null) return inner.end();
      if (blank !== "") fail("bad-response", "the reply is nothing but white space", "once");
    },
    finished: () => done,
    sawNothing: () => inner === null,
  };
}

async function readReply(response: Response, exchange: Exchange, streaming: boolean, draft: Draft): Promise<void> {
  const type = response.headers.get("content-type") ?? "";
  const sink = createReplySink(exchange.dialect, type, draft);
  const inPieces = /event-stream|ndjson|jsonl/i.test(type) || (streaming && !/application\/json|text\/html/i.test(type));
  if (inPieces) await readPieces(response, sink, exchange.clock);
  else {
    sink.push(await readWhole(response));
    sink.end();
  }
  if (!sink.sawNothing()) return;
  const length = response.headers.get("content-length") ?? "0";
  if (length === "0") fail("empty", "the reply has no body", "once");
  else fail("bad-response", "the reply holds no text", "once");
}

/** The body of an error reply, "" when it cannot be had. */
async function readError(response: Response, signal: AbortSignal): Promise<string> {
  try {
    return await readWhole(response);
  } catch (error) {
    discard(response);
    if (signal.aborted) throw error;
    return "";
  }
}

/** Ends with the signal even where something below does not. */
function endsWith<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new CallFailure(failureOfAbort(signal)));
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

export async function exchangeChat(exchange: Exchange, call: ChatCall, io: CallIo): Promise<ChatResult> {
  const { dialect } = exchange;
  const streaming = dialect.alwaysStreams || io.onDelta !== undefined;
  const draft = createDraft(call, { holds: thinksInTags(call.model), onDelta: io.onDelta, onContent: io.onContent });
  let sent = false;
  let ignored: string[] = [];

  async function run(): Promise<void> {
    const built = dialect.build(call, streaming);
    ({ ignored } = built);
    const response = await exchange.send(built.body, io);
    sent = true;
    io.onHeaders?.();
    if (response.status >= 200 && response.status < 300) return readReply(response, exchange, streaming, draft);
    const body = await readError(response, io.signal);
    const failed = failureOfStatus(response.status, response.headers, body, exchange.clock?.wall() ?? null);
    throw new CallFailure(dialect.revise?.(failed, body) ?? failed);
  }

  try {
    if (io.signal.aborted) return { ok: false, failure: failureOfAbort(io.signal) };
    await endsWith(io.signal, run()).catch((error: unknown) => {
      // complete, though the connection broke or time ran out before it closed
      const told = error instanceof CallFailure && error.failure.reason !== "timeout" && error.failure.reason !== "cancelled";
      if (told || !draft.finished()) throw error;
    });
    return { ok: true, reply: draft.judge(ignored) };
  } catch (error) {
    const failed = failureOfThrown(error, io.signal, sent, exchange.local);
    const textRead = draft.textRead();
    return { ok: false, failure: { ...failed, textRead, again: textRead ? "never" : failed.again, usage: draft.usageSoFar() } };
  }
}
