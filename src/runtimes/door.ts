/** The HTTP server on Node: limits on slow and greedy clients, requests that are ambiguous refused, and an end that keeps answering. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Meter } from "../core/ports.ts";
import { written } from "./node-writer.ts";

const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
/** how often the two limits above are looked at */
const CHECK_MS = 1_000;
const KEEP_ALIVE_MS = 5_000;
/** a socket on which nothing moves, longer than any run may last: its reader is gone */
const SILENT_MS = 660_000;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_CONNECTIONS = 10_000;
/** A path that the app finds nothing at, in place of one that the URL parser would refuse or bend. */
const NOWHERE = "/%00";

export interface Door {
  server: Server;
  /** resolves when every request that is open now has been answered, after `ms` at the latest; new ones are still answered meanwhile */
  drained(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Two Host headers are two opinions on who is meant: refused before anything reads one. */
function isAmbiguous({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.toLowerCase() === "host") hosts += 1;
  return hosts > 1;
}

/** The URL that the app sees is built from a fixed host; the guards read the Host header as it came. */
function tame(request: IncomingMessage): void {
  request.headers.host = "127.0.0.1";
  const { url = "" } = request;
  if (!url.startsWith("/") || url.includes("\\")) request.url = NOWHERE;
}

function refuse(response: ServerResponse): void {
  response.writeHead(400, { connection: "close", "content-length": "0" });
  response.end();
}

/** Header fields after the body could say what the guards never saw: closed, whatever they are. */
function refuseTrailers(request: IncomingMessage): void {
  request.on("end", () => {
    if (request.rawTrailers.length > 0) request.socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  });
}

interface DoorPorts {
  draining(): boolean;
  meter: Meter;
}

/** What node:http answers by itself where nobody listens: bare, and the connection ends. */
const BARE: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "413 Payload Too Large",
};
/** Slow and surplus clients are counted: they are load that was shed. */
function countShed(server: Server, meter: Meter): void {
  const shed = (): void => meter.count("shed", { where: "door" });
  server.on("drop", shed);
  server.on("clientError", ({ code }: NodeJS.ErrnoException, socket) => {
    if (code === "ERR_HTTP_REQUEST_TIMEOUT") shed();
    const { _httpMessage: begun } = socket as { _httpMessage?: ServerResponse };
    if (socket.writable && !begun?.headersSent)
      socket.write(`HTTP/1.1 ${BARE[code ?? ""] ?? "400 Bad Request"}\r\nConnection: close\r\n\r\n`);
    socket.destroy();
  });
}

export function createDoor(fetch: (request: Request) => Response | Promise<Response>, { draining, meter }: DoorPorts): Door {
  const open = new Set<ServerResponse>();
  const listener = getRequestListener(async (request, { outgoing }) => written(await fetch(request), outgoing as ServerResponse), {
    overrideGlobalObjects: false,
  });
  const server = createServer(
    {
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: CHECK_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      insecureHTTPParser: false,
    },
    (request, response) => {
      open.add(response);
      response.on("close", () => open.delete(response));
      if (isAmbiguous(request)) return refuse(response);
      if (draining()) response.shouldKeepAlive = false;
      if (request.headers["transfer-encoding"] !== undefined) refuseTrailers(request);
      tame(request);
      void listener(request, response);
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = SILENT_MS;
  countShed(server, meter);
  return {
    server,
    async drained(ms) {
      const ends = [...open].map((response) => new Promise<void>((resolve) => void response.once("close", resolve)));
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
      await Promise.race([Promise.all(ends), late]);
      clearTimeout(timer);
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
