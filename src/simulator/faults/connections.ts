/** Faults of the connection itself: closed ports, resets, lying lengths, bombs, and bytes that nobody asked for. */
import type { Socket } from "node:net";
import { constants, deflateRawSync, gzipSync } from "node:zlib";
import { sendAnswer, wholeOf, write, type Turn } from "../turn.ts";
import type { Fault } from "./fault.ts";
import { openHalf } from "./streams.ts";

const MIB = 1024 * 1024;
/** Takes the socket away from the HTTP server: what follows is written by hand. */
function raw(turn: Turn): Socket {
  turn.response.detachSocket(turn.socket);
  return turn.socket;
}
const head = (...lines: string[]): string =>
  ["HTTP/1.1 200 OK", "content-type: application/json", "x-simulated: true", ...lines, "", ""].join("\r\n");
const bodyOf = (turn: Turn): Buffer => Buffer.from(JSON.stringify(wholeOf(turn)));
const encoded = (turn: Turn, encoding: string, body: Buffer): void => {
  turn.response
    .writeHead(200, { "content-type": "application/json", "content-encoding": encoding, "content-length": body.length })
    .end(body);
};

/** Sockets that have been answered once (for `stale-keep-alive`). */
const used = new WeakSet<Socket>();

const RESETS: Fault[] = [
  {
    name: "refused",
    doc: "Nothing listens on the port.",
    expects: "unavailable",
    closed: true,
    everywhere: true,
    play: (turn) => void turn.socket.destroy(),
  },
  {
    name: "reset",
    doc: "Resets the connection before any header, every time.",
    expects: "unavailable",
    play: (turn) => void turn.socket.resetAndDestroy(),
  },
  {
    name: "reset-once",
    doc: "Resets the first connection before any header, then is well.",
    expects: null,
    play: (turn) => (turn.count === 1 ? void turn.socket.resetAndDestroy() : turn.ordinary()),
  },
  {
    name: "reset-body",
    doc: "Resets the connection in the middle of the answer.",
    expects: "unavailable",
    play: async (turn) => {
      await openHalf(turn);
      // the reset must not overtake the bytes before it
      await new Promise((resolve) => turn.socket.write("", resolve));
      turn.socket.resetAndDestroy();
    },
  },
  {
    name: "stale-keep-alive",
    doc: "Keeps connections open and resets each when it is used a second time.",
    expects: null,
    play: (turn) => {
      if (used.has(turn.socket)) return void turn.socket.resetAndDestroy();
      used.add(turn.socket);
      return turn.ordinary();
    },
  },
];

const LENGTHS: Fault[] = [
  {
    name: "short-body",
    doc: "Announces a longer body than it sends, then closes.",
    expects: "unavailable",
    play: (turn) => {
      const body = bodyOf(turn);
      raw(turn).end(Buffer.concat([Buffer.from(head(`content-length: ${body.length + 100}`)), body]));
    },
  },
  {
    name: "length-and-chunked",
    doc: "Gives a Content-Length and a Transfer-Encoding at once.",
    expects: "bad-response",
    play: (turn) => {
      const body = bodyOf(turn);
      const chunked = `${body.length.toString(16)}\r\n${body.toString("utf8")}\r\n0\r\n\r\n`;
      raw(turn).end(`${head("content-length: 5", "transfer-encoding: chunked")}${chunked}`);
    },
  },
  {
    name: "huge-headers",
    doc: "Sends more than 16 KiB of headers before a good answer.",
    expects: "bad-response",
    play: (turn) => {
      for (let at = 0; at < 40; at += 1) turn.response.setHeader(`x-filler-${at}`, "f".repeat(1000));
      return turn.ordinary();
    },
  },
  {
    name: "early-hints",
    doc: "Sends 2,000 interim replies (103) before a good answer.",
    expects: null,
    cost: "load",
    play: (turn) => {
      for (let at = 0; at < 2000; at += 1) turn.response.writeEarlyHints({ link: "</style.css>; rel=preload; as=style" });
      return turn.ordinary();
    },
  },
  {
    name: "unasked-bytes",
    doc: "A good answer, and then on the idle connection a second one that nobody asked for.",
    expects: null,
    play: async (turn) => {
      const { socket } = turn;
      turn.response.once("finish", () => {
        if (!socket.destroyed) socket.write(`${head("content-length: 23")}{"smuggled":"response"}\n`);
      });
      await sendAnswer(turn);
    },
  },
];

/** 16 MiB of one letter, compressed once: at level 9 that takes tens of ms. */
let block: Buffer | null = null;
/** 1 GiB of one letter as gzip, made of one compressed block that is sent again and again; its checksum is wrong, and never reached. */
async function bomb(turn: Turn): Promise<void> {
  block ??= deflateRawSync(Buffer.alloc(16 * MIB, "a"), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  turn.response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
  await write(turn, Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]));
  await write(turn, deflateRawSync(Buffer.from('{"choices":[{"message":{"content":"'), { finishFlush: constants.Z_FULL_FLUSH }));
  for (let sent = 0; sent < 1024; sent += 16) await write(turn, block);
  turn.response.end(Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
}
const ENCODINGS: Fault[] = [
  { name: "gzip-bomb", doc: "One MiB of gzip that unpacks to one GiB.", expects: "bad-response", cost: "load", play: bomb },
  {
    name: "stacked-encoding",
    doc: "A good answer under two layers of gzip.",
    expects: "bad-response",
    play: (turn) => encoded(turn, "gzip, gzip", gzipSync(gzipSync(bodyOf(turn)))),
  },
  {
    name: "unknown-encoding",
    doc: "A body in a Content-Encoding that does not exist.",
    expects: "bad-response",
    play: (turn) => encoded(turn, "snappy-9", Buffer.from([0xff, 6, 0, 0, 0x73, 0x4e])),
  },
];

export const CONNECTION_FAULTS: Fault[] = [...RESETS, ...LENGTHS, ...ENCODINGS];
