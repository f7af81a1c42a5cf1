/** Writes a reply to its socket: a text as it is, a feed in one write for all that waits. Reads nothing back out of a stream. */
import type { ServerResponse } from "node:http";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { FeedReader } from "../http/feed.ts";
import { bodyOf } from "../http/replies.ts";

/**
 * True = go on. A chunk is framed here and leaves in one write: node's own makes four pieces of it and a vectored write of
 * them, which is a third of what a lone chunk costs. Never after an `outgoing.write`, which node keeps back until the next tick.
 */
function write(outgoing: ServerResponse, text: string): boolean {
  const { socket } = outgoing;
  // the reply before this one on its connection is not over yet, or the client is of HTTP/1.0
  if (socket === null || !outgoing.chunkedEncoding) return outgoing.write(text);
  return socket.write(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
}

/** At the socket's pace; what it cannot take yet waits in the feed, which knows how long. */
function pump(feed: FeedReader, outgoing: ServerResponse): void {
  let waits = false;
  const drained = (): void => {
    waits = false;
    flush();
  };
  const flush = (): void => {
    while (!waits && !outgoing.destroyed) {
      let text: string | null;
      try {
        text = feed.take();
      } catch {
        // a clean end would say that all was said
        outgoing.destroy();
        return;
      }
      if (text === null) outgoing.end();
      if (text === null || text === "") return;
      waits = !write(outgoing, text);
      if (waits) (outgoing.socket ?? outgoing).once("drain", drained);
    }
  };
  outgoing.once("close", () => feed.leave());
  feed.onMore(flush);
  const { socket } = outgoing;
  // head and first frames together
  socket?.cork();
  outgoing.flushHeaders();
  flush();
  socket?.uncork();
}

/** The reply itself where nothing is known of its body. */
export function written(response: Response, outgoing: ServerResponse): Response {
  const body = bodyOf(response);
  if (body === undefined || outgoing.headersSent || outgoing.destroyed) return response;
  for (const [name, value] of response.headers) outgoing.setHeader(name, value);
  outgoing.statusCode = response.status;
  if (typeof body === "string") outgoing.end(body);
  else pump(body, outgoing);
  return RESPONSE_ALREADY_SENT;
}
