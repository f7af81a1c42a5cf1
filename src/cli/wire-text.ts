/** The copied wire as text to read: request and reply with their headers, JSON laid out, arrival times of a stream. Pure. */
import { seconds } from "./format.ts";
import type { Style } from "./ports.ts";
import { safe } from "./safe.ts";
import type { Exchange, Wire } from "./wire.ts";

function laidOut(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
const textOf = (chunks: readonly { bytes: Uint8Array }[]): string => {
  const decoder = new TextDecoder();
  return chunks.map(({ bytes }) => decoder.decode(bytes, { stream: true })).join("") + decoder.decode();
};
const headers = (pairs: readonly [string, string][]): string => pairs.map(([name, value]) => `${name}: ${value}\n`).join("");

/** Several chunks = a stream: the bytes as they came, each piece behind its time. */
function replyBody({ chunks, size }: NonNullable<Exchange["reply"]>, sentAt: number): string {
  const shown = chunks.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  const rest = size > shown ? `\n(… ${size - shown} more bytes)` : "";
  const type = chunks.length > 1 ? chunks.map(({ at, bytes }) => `[+${seconds(at - sentAt)}, ${bytes.byteLength} bytes] `).join("") : "";
  return `${type === "" ? "" : `${type}\n`}${chunks.length > 1 ? textOf(chunks) : laidOut(textOf(chunks))}${rest}`;
}

export function wireText({ exchanges, redact }: Wire, style: Style): string {
  const clean = (text: string): string => safe(redact(text));
  const one = ({ method, url, requestHeaders, requestBody, sentAt, reply, failed }: Exchange): string => {
    const body = requestBody === "" ? "" : `\n${clean(laidOut(requestBody))}\n`;
    const asked = `${style("cyan", clean(`→ ${method} ${url}`))}\n${clean(headers(requestHeaders))}${body}`;
    if (reply === null) return `${asked}\n${style("red", `← nothing: ${clean(failed ?? "no reply")}`)}\n`;
    const head = `← ${reply.status} after ${seconds(reply.at - sentAt)}, ${reply.size} bytes`;
    const ink = reply.status < 400 ? "green" : "red";
    return `${asked}\n${style(ink, head)}\n${clean(headers(reply.headers))}\n${clean(replyBody(reply, sentAt))}\n`;
  };
  return exchanges.map(one).join("\n");
}
