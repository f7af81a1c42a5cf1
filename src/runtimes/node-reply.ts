/** The small part of the Fetch API's Response that the client libraries read, over a body that comes from a socket. Follows nothing, keeps nothing. */
import type { IncomingHttpHeaders } from "node:http";
import type { Body } from "./node-body.ts";

type Values = IncomingHttpHeaders;

const joined = (value: string | string[]): string => (typeof value === "string" ? value : value.join(", "));

/** Read-only headers over the parsed ones; repeated fields are joined by a comma, as the Fetch API does. */
export class ReplyHeaders {
  readonly #values: Values;
  constructor(values: Values) {
    this.#values = values;
  }
  get(name: string): string | null {
    const key = name.toLowerCase();
    const value = Object.hasOwn(this.#values, key) ? this.#values[key] : undefined;
    return value === undefined ? null : joined(value);
  }
  has(name: string): boolean {
    return Object.hasOwn(this.#values, name.toLowerCase());
  }
  *entries(): IterableIterator<[string, string]> {
    for (const [name, value] of Object.entries(this.#values)) if (value !== undefined) yield [name, joined(value)];
  }
  *keys(): IterableIterator<string> {
    for (const [name] of this.entries()) yield name;
  }
  *values(): IterableIterator<string> {
    for (const [, value] of this.entries()) yield value;
  }
  forEach(each: (value: string, name: string) => void): void {
    for (const [name, value] of this.entries()) each(value, name);
  }
  getSetCookie(): string[] {
    return [];
  }
  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }
}

export interface ReplyHead {
  url: string;
  status: number;
  statusText: string;
  headers: Values;
}

/** As Response, but the stream is made only for those who ask for it. */
export class Reply {
  readonly url: string;
  readonly status: number;
  readonly statusText: string;
  readonly headers: ReplyHeaders;
  readonly redirected = false;
  readonly type = "basic";
  readonly #body: Body | null;
  #stream: ReadableStream<Uint8Array> | null = null;
  #used = false;

  constructor(head: ReplyHead, body: Body | null) {
    this.url = head.url;
    this.status = head.status;
    this.statusText = head.statusText;
    this.headers = new ReplyHeaders(head.headers);
    this.#body = body;
  }
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }
  get bodyUsed(): boolean {
    return this.#used;
  }
  get body(): ReadableStream<Uint8Array> | null {
    const body = this.#body;
    if (body === null) return null;
    this.#stream ??= new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          this.#used = true;
          const chunk = await body.read();
          if (chunk === null) controller.close();
          else controller.enqueue(chunk);
        },
        cancel: () => body.cancel(),
      },
      { highWaterMark: 0 },
    );
    return this.#stream;
  }
  #use(): void {
    if (this.#used || this.#stream?.locked === true) throw new TypeError("the body was already read");
    this.#used = true;
  }
  async pour(take: (bytes: Uint8Array) => void): Promise<void> {
    this.#use();
    await this.#body?.pour(take);
  }
  cut(): void {
    this.#body?.cancel();
  }
  async bytes(): Promise<Uint8Array> {
    this.#use();
    return this.#body === null ? new Uint8Array() : this.#body.all();
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return Uint8Array.from(await this.bytes()).buffer;
  }
  async text(): Promise<string> {
    const bytes = await this.bytes();
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }
  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }
}
