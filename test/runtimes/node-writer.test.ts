/** Replies on real sockets: every byte of a feed arrives once and in order at any reader's pace, and a broken one never ends cleanly. */
import { createConnection, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { Feed } from "../../src/http/feed.ts";
import { reply } from "../../src/http/replies.ts";
import { createDoor, type Door } from "../../src/runtimes/door.ts";
import { silentMeter, systemClock } from "../../src/runtimes/ports.ts";
import { createVirtualClock } from "../kit/clock.ts";

let open: { door: Door; sockets: Socket[] } | null = null;
afterEach(async () => {
  for (const socket of open?.sockets ?? []) socket.destroy();
  await open?.door.close();
  open = null;
});

async function serve(answer: (request: Request) => Response): Promise<(text: string) => Socket> {
  const door = createDoor(answer, { draining: () => false, meter: silentMeter });
  await new Promise<void>((resolve) => door.server.listen(0, "127.0.0.1", resolve));
  const { port } = door.server.address() as { port: number };
  const sockets: Socket[] = [];
  open = { door, sockets };
  return (text) => {
    const socket = createConnection(port, "127.0.0.1");
    sockets.push(socket);
    socket.on("error", () => {});
    socket.write(text);
    return socket;
  };
}
const GET = "GET /a HTTP/1.1\r\nhost: x\r\n\r\n";
const LAST = "GET /b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
const nobody = { leave: () => {}, end: () => {} };

async function heard(socket: Socket): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of socket) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString("latin1");
}
/** The bodies of the replies on one connection; throws where the framing is off. */
function bodiesOf(wire: string): string[] {
  const bodies: string[] = [];
  let at = 0;
  while (at < wire.length) {
    at = wire.indexOf("\r\n\r\n", at) + 4;
    let body = "";
    for (;;) {
      const line = wire.indexOf("\r\n", at);
      const size = Number.parseInt(wire.slice(at, line), 16);
      body += wire.slice(line + 2, line + 2 + size);
      if (wire.slice(line + 2 + size, line + 4 + size) !== "\r\n") throw new Error(`no line end after ${body.length} bytes`);
      at = line + 4 + size;
      if (size === 0) break;
    }
    bodies.push(Buffer.from(body, "latin1").toString("utf8"));
  }
  return bodies;
}

test("every frame arrives once and in order, at the reader's pace, whatever letters it has", async () => {
  const frames = Array.from({ length: 3000 }, (_, index) => `data: ${index} ü€𝄞${"x".repeat(index % 977)}\n\n`);
  const connect = await serve(() => {
    const feed = new Feed(nobody, systemClock);
    let next = 0;
    const some = (): void => {
      for (const end = Math.min(frames.length, next + 37); next < end; next += 1) feed.push(frames[next] ?? "");
      if (next < frames.length) setImmediate(some);
      else feed.end();
    };
    some();
    return reply(feed, 200, "text/event-stream");
  });
  const slow = connect(LAST);
  slow.pause();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const [atOnce, later] = await Promise.all([heard(connect(LAST)), heard(slow)]);
  expect(bodiesOf(atOnce)).toEqual([frames.join("")]);
  expect(bodiesOf(later)).toEqual([frames.join("")]);
});

test("two requests on one connection get their replies whole and one after the other", async () => {
  const feeds = new Map<string, Feed>();
  const connect = await serve(({ url }) => {
    const path = new URL(url).pathname;
    const feed = new Feed(nobody, systemClock);
    feeds.set(path, feed);
    feed.push(`${path}1`);
    return reply(feed, 200, "text/event-stream");
  });
  const all = heard(connect(GET + LAST));
  await expect.poll(() => feeds.size).toBe(2);
  for (const path of ["/b", "/a"]) {
    feeds.get(path)?.push(`${path}2`);
    await new Promise((resolve) => setImmediate(resolve));
    feeds.get(path)?.push(`${path}3`);
    feeds.get(path)?.end();
  }
  expect(bodiesOf(await all)).toEqual(["/a1/a2/a3", "/b1/b2/b3"]);
});

test("frames of the moments before and after the head was written follow it", async () => {
  const connect = await serve(() => {
    const feed = new Feed(nobody, systemClock);
    feed.push("a");
    let turns = 0;
    const later = (): void => {
      turns += 1;
      feed.push(String(turns));
      if (turns === 20) feed.end();
      else queueMicrotask(later);
    };
    queueMicrotask(later);
    return reply(feed, 200, "text/event-stream");
  });
  const wires = await Promise.all(Array.from({ length: 20 }, () => heard(connect(LAST))));
  for (const wire of wires) {
    expect(wire.startsWith("HTTP/1.1 200 OK\r\n")).toBe(true);
    expect(bodiesOf(wire)).toEqual(["a1234567891011121314151617181920"]);
  }
});

test("HTTP/1.0 knows no chunks and gets none", async () => {
  const connect = await serve(() => {
    const feed = new Feed(nobody, systemClock);
    feed.push("a");
    setTimeout(() => feed.push("b"), 5);
    setTimeout(() => feed.end(), 10);
    return reply(feed, 200, "text/event-stream");
  });
  const wire = await heard(connect("GET / HTTP/1.0\r\nhost: x\r\n\r\n"));
  expect(wire.slice(wire.indexOf("\r\n\r\n") + 4)).toBe("ab");
});

test("a reader that never reads loses its connection without a clean end, and its feed hears that it left", async () => {
  const clock = createVirtualClock();
  const told: string[] = [];
  const feed = new Feed({ leave: () => told.push("leave"), end: () => told.push("end") }, clock);
  const connect = await serve(() => reply(feed, 200, "text/event-stream"));
  const socket = connect(LAST);
  socket.pause();
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  // past what the kernel holds for both sides
  for (let round = 0; round < 40; round += 1) {
    feed.push("x".repeat(1024 * 1024));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await clock.advance(11_000);
  expect(told).toEqual(["leave"]);
  const wire = await heard(socket).catch(() => "cut");
  expect(wire.endsWith("\r\n0\r\n\r\n")).toBe(false);
});

test("a reader that leaves is told to the feed", async () => {
  const told: string[] = [];
  const feed = new Feed({ leave: () => told.push("leave"), end: () => told.push("end") }, systemClock);
  const connect = await serve(() => reply(feed, 200, "text/event-stream"));
  const socket = connect(LAST);
  feed.push("a");
  await new Promise<void>((resolve) => socket.once("data", () => resolve()));
  socket.destroy();
  await expect.poll(() => told).toEqual(["leave"]);
});
