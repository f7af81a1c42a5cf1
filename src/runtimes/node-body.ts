/** One reply's body on its way from the socket to its only reader: counted, capped, paused when nobody reads. Knows no HTTP. */
import type { Transform } from "node:stream";
import { constants, createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { CapError } from "../egress/egress.ts";

/** bytes that may wait for a reader before the socket is paused */
const HIGH_WATER = 256 * 1024;

/** What the body may do to the connection it comes from. */
export interface Tap {
  pause(): void;
  resume(): void;
  /** ends the exchange and its socket */
  cut(error: Error): void;
}

const gzip = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
/** null = plain bytes; undefined = unknown or stacked encoding, which is refused */
function decoderFor(encoding: string): Transform | null | undefined {
  switch (encoding.trim().toLowerCase()) {
    case "":
    case "identity":
      return null;
    case "gzip":
    case "x-gzip":
      return createGunzip(gzip);
    case "deflate":
      return createInflate(gzip);
    case "br":
      return createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH });
    default:
      return undefined;
  }
}

export class Body {
  #chunks: Uint8Array[] = [];
  #waiting = 0;
  #total = 0;
  #paused = false;
  #greedy = false;
  #ended = false;
  #error: unknown = null;
  #wake: (() => void) | null = null;
  #decoder: Transform | null = null;
  #take: ((bytes: Uint8Array) => void) | null = null;
  readonly #tap: Tap;
  readonly #cap: number;
  readonly #onCapped: () => void;

  constructor(encoding: string, cap: number, tap: Tap, onCapped: () => void) {
    this.#tap = tap;
    this.#cap = cap;
    this.#onCapped = onCapped;
    const decoder = decoderFor(encoding);
    if (decoder === undefined) this.#overflow("the reply's content encoding is unknown");
    else if (decoder !== null) this.#attach(decoder);
  }

  #attach(decoder: Transform): void {
    this.#decoder = decoder;
    decoder.on("data", (chunk: Buffer) => this.#accept(chunk));
    decoder.on("end", () => this.#finish());
    decoder.on("error", (error) => {
      this.fail(error);
      this.#tap.cut(error);
    });
    decoder.on("drain", () => this.#release());
  }

  #overflow(message: string): void {
    if (this.#ended) return;
    const error = new CapError(message);
    this.#onCapped();
    this.fail(error);
    this.#tap.cut(error);
  }

  #accept(chunk: Uint8Array): void {
    if (this.#ended) return;
    this.#total += chunk.length;
    if (this.#total > this.#cap) return this.#overflow(`the reply is longer than ${this.#cap} bytes`);
    if (this.#take !== null) return this.#pass(this.#take, chunk);
    this.#chunks.push(chunk);
    this.#waiting += chunk.length;
    if (!this.#greedy && this.#waiting > HIGH_WATER) this.#hold();
    if (!this.#greedy) this.#rouse();
  }

  #pass(take: (bytes: Uint8Array) => void, chunk: Uint8Array): void {
    try {
      take(chunk);
    } catch (error) {
      this.fail(error);
      this.#tap.cut(error instanceof Error ? error : new Error("the reader threw"));
    }
  }

  #finish(): void {
    this.#ended = true;
    this.#rouse();
  }

  #hold(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#decoder?.pause();
    this.#tap.pause();
  }

  #release(): void {
    if (!this.#paused || this.#waiting > HIGH_WATER || this.#decoder?.writableNeedDrain === true) return;
    this.#paused = false;
    this.#decoder?.resume();
    this.#tap.resume();
  }

  #rouse(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  /** encoded bytes, from the socket */
  push(chunk: Uint8Array): void {
    if (this.#ended) return;
    if (this.#decoder === null) return this.#accept(chunk);
    if (!this.#decoder.write(chunk)) {
      this.#paused = true;
      this.#tap.pause();
    }
  }

  /** the socket delivered everything */
  end(): void {
    if (this.#decoder === null) this.#finish();
    else this.#decoder.end();
  }

  /** the reader gets this error in place of an end; what had arrived is dropped */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#error = error;
    this.#chunks = [];
    this.#decoder?.destroy();
    this.#finish();
  }

  /** the next piece, null at the end */
  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#waiting -= chunk.length;
        this.#release();
        return chunk;
      }
      if (this.#error !== null) throw this.#error;
      if (this.#ended) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** every piece at once from the socket to `take`, until the end */
  async pour(take: (bytes: Uint8Array) => void): Promise<void> {
    try {
      for (const chunk of this.#chunks.splice(0)) take(chunk);
    } catch (error) {
      this.cancel();
      throw error;
    }
    this.#take = take;
    await this.#over();
  }

  /** everything at once */
  async all(): Promise<Uint8Array> {
    await this.#over();
    const [first] = this.#chunks;
    return this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
  }

  /** nothing is held back any more; resolves at the end */
  async #over(): Promise<void> {
    this.#greedy = true;
    this.#waiting = 0;
    this.#release();
    while (!this.#ended)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    if (this.#error !== null) throw this.#error;
  }

  /** the reader wants no more */
  cancel(): void {
    if (this.#ended) return;
    const error = new Error("the body was cancelled");
    this.fail(error);
    this.#tap.cut(error);
  }
}
