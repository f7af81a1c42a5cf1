/** Reads the body of one reply as text, whole or piece by piece, with a cap, and lets go of its connection. Knows no dialect. */
import type { Clock } from "../core/ports.ts";
import type { PouredResponse } from "../egress/egress.ts";
import { fail } from "./failure.ts";

/** Characters of one reply that are held at most; the guard caps bytes as well. */
const MAX_CHARS = 8 * 1024 * 1024;
/** How long a finished stream may take to close before its connection is given up, and how much it may still say. */
const LINGER_MS = 250;
const LINGER_BYTES = 16 * 1024;

const overCap = (): never => fail("bad-response", "the reply is larger than 8 MiB");

export async function readWhole(response: Response): Promise<string> {
  const text = await response.text();
  if (text.length > MAX_CHARS) overCap();
  return text;
}

/** Gives up a body that nobody will read; never throws. */
export function discard(response: Response): void {
  try {
    void response.body?.cancel().catch(() => undefined);
  } catch {
    // already read or locked: nothing is left to give up
  }
}

export interface TextSink {
  push(text: string): void;
  end(): void;
  /** true once the reply has said its last word: the rest is not read */
  finished(): boolean;
}

interface Feeding {
  /** true = the sink wants no more */
  take(bytes: Uint8Array): boolean;
  end(): void;
}
/** Bytes into text, however they were cut, up to the cap. */
function feeding(sink: TextSink): Feeding {
  const decoder = new TextDecoder();
  let chars = 0;
  const feed = (text: string): void => {
    chars += text.length;
    if (chars > MAX_CHARS) overCap();
    if (text !== "") sink.push(text);
  };
  return {
    take(value) {
      feed(decoder.decode(value, { stream: true }));
      return sink.finished();
    },
    end() {
      feed(decoder.decode());
      sink.end();
    },
  };
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** Lets a stream that has said its last word close by itself, so that its connection can be used again; cuts it off when it lingers. */
function release(reader: Reader, clock: Clock | null): void {
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  if (clock === null) return cancel();
  const stop = clock.timer(LINGER_MS, cancel);
  const drain = async (): Promise<void> => {
    for (let bytes = 0; bytes < LINGER_BYTES;) {
      const { done, value } = await reader.read();
      if (done) return;
      bytes += value.byteLength;
    }
    cancel();
  };
  void drain()
    .catch(() => undefined)
    .finally(stop);
}

async function readStream(body: ReadableStream<Uint8Array>, into: Feeding, clock: Clock | null): Promise<void> {
  const reader: Reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return into.end();
      if (into.take(value)) return release(reader, clock);
    }
  } catch (error) {
    void reader.cancel().catch(() => undefined);
    throw error;
  }
}

/** The same without a stream between, which costs more than all the rest of a lone piece's way. */
function readPoured(response: PouredResponse, into: Feeding, clock: Clock | null): Promise<void> {
  return new Promise((resolve, reject) => {
    let stop = (): void => undefined;
    let lingered: number | null = null;
    const take = (bytes: Uint8Array): void => {
      if (lingered !== null) {
        lingered += bytes.byteLength;
        if (lingered >= LINGER_BYTES) response.cut();
      } else if (into.take(bytes)) {
        lingered = 0;
        if (clock === null) response.cut();
        else stop = clock.timer(LINGER_MS, () => response.cut());
        resolve();
      }
    };
    response
      .pour(take)
      .then(() => {
        if (lingered === null) into.end();
        resolve();
      })
      .catch(reject)
      .finally(() => stop());
  });
}

const isPoured = (response: Response): response is PouredResponse => "pour" in response;

/** Feeds `sink` piece by piece until the body ends or the sink has all it needs. Whatever it throws has closed the body. */
export async function readPieces(response: Response, sink: TextSink, clock: Clock | null): Promise<void> {
  const into = feeding(sink);
  if (isPoured(response)) return readPoured(response, into, clock);
  return response.body === null ? sink.end() : readStream(response.body, into, clock);
}
