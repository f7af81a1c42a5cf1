/** Reads the body of one reply as text, whole or piece by piece, with a cap, and lets go of its connection. Knows no dialect. */
import type { Clock } from "../core/ports.ts";
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

export interface TextSink {
  push(text: string): void;
  end(): void;
  /** true once the reply has said its last word: the rest is not read */
  finished(): boolean;
}

/** Feeds `sink` piece by piece until the body ends or the sink has all it needs. Whatever it throws has closed the body. */
export async function readPieces(response: Response, sink: TextSink, clock: Clock | null): Promise<void> {
  const { body } = response;
  if (body === null) return sink.end();
  const reader: Reader = body.getReader();
  const decoder = new TextDecoder();
  let chars = 0;
  const feed = (text: string): void => {
    chars += text.length;
    if (chars > MAX_CHARS) overCap();
    if (text !== "") sink.push(text);
  };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      feed(done ? decoder.decode() : decoder.decode(value, { stream: true }));
      if (done) return sink.end();
      if (sink.finished()) return release(reader, clock);
    }
  } catch (error) {
    void reader.cancel().catch(() => undefined);
    throw error;
  }
}
