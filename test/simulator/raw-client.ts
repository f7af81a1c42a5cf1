/** A client on a bare socket: sends one HTTP request as bytes and keeps what comes back, however broken. Follows nothing, decodes nothing. */
import { connect } from "node:net";

export interface RawReply {
  bytes: Buffer;
  /** how the connection ended: by FIN, by RST, never opened, or still open when the client had enough */
  end: "fin" | "reset" | "refused" | "open";
  ms: number;
}
export interface RawRequest {
  port: number;
  method?: string;
  path: string;
  body?: string;
  headers?: Record<string, string>;
  /** the client has enough after this many ms, or bytes */
  limitMs?: number;
  limitBytes?: number;
  /** bytes sent on the same connection once the first reply has begun */
  behind?: string;
}

export function rawRequest({
  port,
  method = "POST",
  path,
  body = "",
  headers = {},
  limitMs = 1500,
  limitBytes = 1 << 20,
  behind,
}: RawRequest): Promise<RawReply> {
  return new Promise((resolve) => {
    const from = performance.now();
    const chunks: Buffer[] = [];
    let length = 0;
    const socket = connect(port, "127.0.0.1");
    const finish = (end: RawReply["end"]): void => {
      clearTimeout(timer);
      resolve({ bytes: Buffer.concat(chunks), end, ms: performance.now() - from });
      socket.destroy();
    };
    const timer = setTimeout(() => finish("open"), limitMs);
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if (behind !== undefined && length === 0) socket.write(behind);
      length += chunk.length;
      if (length >= limitBytes) finish("open");
    });
    socket.on("end", () => finish("fin"));
    socket.on("error", (error: NodeJS.ErrnoException) => finish(error.code === "ECONNREFUSED" ? "refused" : "reset"));
    const lines = {
      host: `127.0.0.1:${port}`,
      authorization: "Bearer sk-probe-key",
      "content-type": "application/json",
      connection: "close",
      ...headers,
    };
    const head = Object.entries({ ...lines, "content-length": String(Buffer.byteLength(body)) }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    socket.write(`${method} ${path} HTTP/1.1\r\n${head.join("\r\n")}\r\n\r\n${body}`);
  });
}

export interface HttpReply {
  status: number;
  headers: Record<string, string>;
  /** headers as sent, repeated ones too */
  headerLines: string[];
  /** with the chunk framing taken off */
  body: Buffer;
  /** chunk sizes, in order; empty for a body of announced length */
  chunks: number[];
  /** every announced byte, or the last chunk, is there */
  whole: boolean;
}

/** Reads the last HTTP reply in the bytes (interim ones before it are skipped). */
export function parseReply(bytes: Buffer): HttpReply {
  const split = bytes.indexOf("\r\n\r\n");
  const headerLines = bytes.subarray(0, Math.max(0, split)).toString("latin1").split("\r\n");
  const status = Number(headerLines[0]?.split(" ")[1] ?? Number.NaN);
  const rest = bytes.subarray(split + 4);
  if (status >= 100 && status < 200) return parseReply(rest);
  const headers = Object.fromEntries(
    headerLines.slice(1).map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  if (headers["transfer-encoding"] !== "chunked") {
    const announced = Number(headers["content-length"] ?? rest.length);
    return { status, headers, headerLines, body: rest.subarray(0, announced), chunks: [], whole: rest.length >= announced };
  }
  return { status, headers, headerLines, ...unchunk(rest) };
}

function unchunk(bytes: Buffer): Pick<HttpReply, "body" | "chunks" | "whole"> {
  const parts: Buffer[] = [];
  const chunks: number[] = [];
  let at = 0;
  for (;;) {
    const line = bytes.indexOf("\r\n", at);
    if (line < 0) return { body: Buffer.concat(parts), chunks, whole: false };
    const size = Number.parseInt(bytes.subarray(at, line).toString("latin1"), 16);
    if (size === 0) return { body: Buffer.concat(parts), chunks, whole: true };
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    chunks.push(size);
    at = line + 2 + size + 2;
    if (at > bytes.length) return { body: Buffer.concat(parts), chunks, whole: false };
  }
}
