/** A scripted HTTP server on loopback that stands in for any upstream: records what it was sent, and sees when its caller hangs up. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** One request as the upstream saw it. */
export interface Seen {
  method: string;
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  /** parsed body, undefined when it is no JSON */
  json: unknown;
  /** performance.now() at the last request byte */
  at: number;
  /** performance.now() when the caller hung up before the reply was finished, else null */
  abortedAt: number | null;
}
export type Reply = (seen: Seen, response: ServerResponse, socket: Socket) => void | Promise<void>;
export interface Upstream {
  /** `http://127.0.0.1:PORT` */
  url: string;
  port: number;
  seen: Seen[];
  /** swaps the script */
  reply: Reply;
  close(): Promise<void>;
}

async function record(request: IncomingMessage): Promise<Seen> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString("utf8");
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    json = undefined;
  }
  const { method = "", url = "", headers } = request;
  return { method, path: url, headers, body, json, at: performance.now(), abortedAt: null };
}

/** Listens on a free port of 127.0.0.1 and answers each request by `reply`; a throwing script destroys its socket. */
export async function startUpstream(reply: Reply, port = 0): Promise<Upstream> {
  const sockets = new Set<Socket>();
  const server = createServer({ keepAlive: true }, (request, response) => {
    const answer = async (): Promise<void> => {
      const seen = await record(request);
      upstream.seen.push(seen);
      response.on("close", () => {
        if (!response.writableFinished) seen.abortedAt = performance.now();
      });
      await upstream.reply(seen, response, request.socket);
    };
    answer().catch(() => request.socket.destroy());
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  const upstream: Upstream = {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    seen: [],
    reply,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return upstream;
}
