/** One call from request to judgement, the same for every dialect: send, read whole or streamed, always end in a reply or a failure. */
import type { Clock } from "../core/ports.ts";
import { discard, readPieces, readWhole } from "./body.ts";
import type { Dialect } from "./dialect.ts";
import { createDraft, type Draft } from "./draft.ts";
import { failureOfStatus } from "./errors.ts";
import { CallFailure, fail } from "./failure.ts";
import type { CallIo, ChatCall, ChatResult } from "./provider.ts";
import { createReplySink } from "./reply-sink.ts";
import type { JsonObject } from "./shape.ts";
import { thinksInTags } from "./thinking.ts";
import { failureOfAbort, failureOfThrown } from "./thrown.ts";

export interface Exchange {
  dialect: Dialect;
  /** hands the request to the network (through the service's SDK) and resolves with the bare response */
  send(body: JsonObject, io: CallIo): Promise<Response>;
  local: boolean;
  clock: Clock | null;
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
