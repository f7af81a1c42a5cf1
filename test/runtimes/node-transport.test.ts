/** The Node transport on real loopback sockets: every phase ends on abort, every broken peer becomes a named error, nothing is left behind. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createServer as createTls } from "node:tls";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { CapError, EgressError, NetworkError, type PouredResponse, type TransportInit } from "../../src/egress/egress.ts";
import { createNodeTransport, type NodeTransportOptions } from "../../src/runtimes/node-transport.ts";
import { startUpstream, type Reply, type Upstream } from "../../src/simulator/upstream.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});
function transport(options: Partial<NodeTransportOptions> = {}) {
  const made = createNodeTransport({ localAddresses: [], ...options });
  open.push(made.close);
  return made;
}
async function upstream(reply: Reply): Promise<Upstream> {
  const made = await startUpstream(reply);
  open.push(made.close);
  return made;
}
/** A bare socket server: `script` gets each connection and its number. */
async function raw(
  script: (socket: Socket, number: number) => void,
  host = "127.0.0.1",
): Promise<{ url: string; port: number; sockets: Set<Socket>; count(): number }> {
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createTcp((socket) => {
    count += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
    script(socket, count);
  });
  const port = await listen(server, host);
  open.push(() => closed(server, sockets));
  return { url: `http://127.0.0.1:${port}/`, port, sockets, count: () => count };
}
async function listen(server: Server, host: string): Promise<number> {
  server.listen(0, host);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
const closed = (server: Server, sockets: Set<Socket>): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
const failure = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "answered",
    (error: unknown) => error,
  );
const eventually = async (check: () => boolean): Promise<void> => {
  const until = performance.now() + 2_000;
  while (!check() && performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
  expect(check()).toBe(true);
};
const ok = (body: string, headers = ""): string => `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;

describe("a plain exchange", () => {
  test("status, headers, url, text and JSON are as the Fetch API has them", async () => {
    const { url } = await upstream((_seen, response) => {
      response.writeHead(201, { "content-type": "application/json", "x-two": ["a", "b"] }).end('\uFEFF{"a":"ü"}');
    });
    const response = await transport().fetch(`${url}/x`, { method: "POST", body: "{}", headers: { "content-type": "application/json" } });
    expect([response.status, response.ok, response.url, response.redirected]).toEqual([201, true, `${url}/x`, false]);
    expect(response.headers.get("X-Two")).toBe("a, b");
    expect(response.headers.get("__proto__")).toBe(null);
    expect([...response.headers.entries()]).toContainEqual(["content-type", "application/json"]);
    expect(await response.json()).toEqual({ a: "ü" });
    await expect(response.text()).rejects.toThrow("already read");
  });
  test("the body streams piece by piece, and the connection is used again", async () => {
    const sockets = new Set<unknown>();
    const { url, seen } = await upstream((_seen, response, socket) => {
      sockets.add(socket);
      response.write("one ");
      setImmediate(() => response.end("two"));
    });
    const { fetch } = transport({ connections: 1 });
    for (let call = 0; call < 3; call += 1) {
      const response = await fetch(url);
      let text = "";
      if (response.body) for await (const chunk of response.body) text += new TextDecoder().decode(chunk);
      expect(text).toBe("one two");
    }
    expect(seen.length).toBe(3);
    expect(sockets.size).toBe(1);
  });
  test("a large body is held back until it is read", async () => {
    const size = 6 * 1024 * 1024;
    const { url } = await upstream((_seen, response) => void response.end(Buffer.alloc(size, "a")));
    const response = await transport().fetch(url);
    const bytes = await new Promise((resolve) => setTimeout(resolve, 50)).then(() => response.arrayBuffer());
    expect(bytes.byteLength).toBe(size);
  });
  test.each([204, 304])("a %i has no body", async (status) => {
    const { url } = await upstream((_seen, response) => void response.writeHead(status).end());
    const response = await transport().fetch(url);
    expect(response.body).toBe(null);
    expect(await response.text()).toBe("");
  });
  test("a redirect is handed back, not followed", async () => {
    const sink = await raw(() => undefined);
    const { url } = await upstream((_seen, response) => void response.writeHead(302, { location: sink.url }).end());
    expect((await transport().fetch(url)).status).toBe(302);
    expect(sink.count()).toBe(0);
  });
  test("proxy variables change nothing", async () => {
    const sink = await raw(() => undefined);
    const { url } = await upstream((_seen, response) => void response.end("direct"));
    const names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"];
    for (const name of names) process.env[name] = sink.url;
    process.env["NODE_USE_ENV_PROXY"] = "1";
    try {
      expect(await (await transport().fetch(url)).text()).toBe("direct");
      expect(sink.count()).toBe(0);
    } finally {
      for (const name of [...names, "NODE_USE_ENV_PROXY"]) delete process.env[name];
    }
  });
  test("sending is reported once a connection stands, and not before", async () => {
    const { url } = await upstream((_seen, response) => void response.end());
    let sent = 0;
    const init: TransportInit = { onSent: () => (sent += 1) };
    await transport().fetch(url, init);
    expect(sent).toBe(1);
    const gone = await raw(() => undefined);
    await open.pop()?.();
    await failure(transport().fetch(gone.url, init));
    expect(sent).toBe(1);
  });
});

describe("a body that is poured", () => {
  const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
  const pour = async (url: string, take: (bytes: Uint8Array) => void, init: TransportInit = {}): Promise<void> =>
    ((await transport().fetch(url, init)) as PouredResponse).pour(take);
  const text = (pieces: Uint8Array[]): string => Buffer.concat(pieces).toString("utf8");

  test("hands on what had come before it was asked for, then every piece as it comes, and ends with the body", async () => {
    const { url, sockets } = await raw((socket) => socket.on("data", () => socket.write(CHUNKED + chunk("one"))));
    const response = (await transport().fetch(url)) as PouredResponse;
    await new Promise((resolve) => setTimeout(resolve, 10));
    const pieces: Uint8Array[] = [];
    let ended = false;
    const poured = response.pour((piece) => void pieces.push(piece)).then(() => (ended = true));
    expect(text(pieces)).toBe("one");
    for (const socket of sockets) socket.write(chunk("two"));
    await eventually(() => text(pieces) === "onetwo");
    expect(ended).toBe(false);
    for (const socket of sockets) socket.write("0\r\n\r\n");
    await poured;
    await expect(response.text()).rejects.toThrow("already read");
  });

  test.each([
    ["that breaks ends in the connection's error", (socket: Socket) => void socket.destroy(), NetworkError],
    ["over its cap ends in a CapError", (socket: Socket) => void socket.write(chunk("x".repeat(500))), CapError],
  ])("%s", async (_title, next, error) => {
    const { url, sockets } = await raw((socket) => socket.on("data", () => socket.write(CHUNKED + chunk("one"))));
    const pieces: Uint8Array[] = [];
    const poured = failure(pour(url, (piece) => void pieces.push(piece), { maxBodyBytes: 100 }));
    await eventually(() => text(pieces) === "one");
    for (const socket of sockets) next(socket);
    expect(await poured).toBeInstanceOf(error);
    await eventually(() => sockets.size === 0);
  });

  test("is cut off with its socket when its reader throws, whether the piece had waited or not", async () => {
    for (const waits of [0, 10]) {
      const { url, sockets } = await raw((socket) => socket.on("data", () => socket.write(CHUNKED + chunk("one"))));
      const response = (await transport().fetch(url)) as PouredResponse;
      await new Promise((resolve) => setTimeout(resolve, waits));
      const thrown = new Error("not for me");
      expect(
        await failure(
          response.pour(() => {
            throw thrown;
          }),
        ),
      ).toBe(thrown);
      await eventually(() => sockets.size === 0);
    }
  });
});

describe("abort", () => {
  const hangs: Record<string, (socket: Socket) => void> = {
    "while the headers are out": () => undefined,
    "inside the body": (socket) => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
  };
  test.each(Object.entries(hangs))("%s ends the call with the signal's reason and the socket with it", async (_phase, script) => {
    const server = await raw((socket) => socket.once("data", () => script(socket)));
    const made = transport();
    const controller = new AbortController();
    const read = made.fetch(server.url, { signal: controller.signal }).then((response) => response.text());
    await eventually(() => server.sockets.size === 1);
    setTimeout(() => controller.abort("enough"), 20);
    expect(await failure(read)).toBe("enough");
    await eventually(() => server.sockets.size === 0);
    expect(made.inFlight()).toBe(0);
  });
  test("inside a stream ends the stream", async () => {
    const server = await raw((socket) => socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")));
    const controller = new AbortController();
    const response = await transport().fetch(server.url, { signal: controller.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    controller.abort();
    await expect(reader?.read()).rejects.toMatchObject({ name: "AbortError" });
    await eventually(() => server.sockets.size === 0);
  });
  test("before the call nothing is opened", async () => {
    const server = await raw(() => undefined);
    await expect(transport().fetch(server.url, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "AbortError" });
    expect(server.count()).toBe(0);
  });
  test("while the name is looked up, or the only connection is taken, ends the call at once, and nothing is sent later", async () => {
    const server = await raw((socket) => socket.on("data", () => undefined));
    const made = transport({ connections: 1, localAddresses: ["127.0.0.0/8"], resolve: () => new Promise(() => undefined) });
    for (const url of ["http://slow.test:9/", server.url]) {
      const first = new AbortController();
      const second = new AbortController();
      const held = failure(made.fetch(url, { signal: first.signal }));
      const queued = failure(made.fetch(url, { signal: second.signal, method: "POST", body: "secret" }));
      second.abort("later");
      expect(await queued).toBe("later");
      first.abort("now");
      expect(await held).toBe("now");
    }
    expect(made.inFlight()).toBe(0);
  });
  test("leaves no listener on a signal that outlives the calls", async () => {
    const { url } = await upstream((_seen, response) => void response.end("x"));
    const { fetch } = transport();
    const controller = new AbortController();
    let added = 0;
    const { addEventListener, removeEventListener } = controller.signal;
    controller.signal.addEventListener = (...given: Parameters<typeof addEventListener>) => {
      added += 1;
      addEventListener.apply(controller.signal, given);
    };
    controller.signal.removeEventListener = (...given: Parameters<typeof removeEventListener>) => {
      added -= 1;
      removeEventListener.apply(controller.signal, given);
    };
    for (let call = 0; call < 5; call += 1) await (await fetch(url, { signal: controller.signal })).text();
    expect(added).toBe(0);
  });
});

describe("a peer that breaks", () => {
  const cases: [string, (socket: Socket) => void, Partial<NetworkError> | typeof CapError][] = [
    ["resets before the headers", (socket) => socket.resetAndDestroy(), { phase: "headers", protocol: false }],
    ["closes before the headers", (socket) => socket.end(), { phase: "headers", protocol: false }],
    ["speaks another protocol", (socket) => socket.end("220 mail.example ESMTP\r\n"), { phase: "headers", protocol: true }],
    [
      "sends both Content-Length and Transfer-Encoding",
      (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
      { phase: "headers", protocol: true },
    ],
    [
      "ends short of its Content-Length",
      (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nabc"),
      { phase: "body", protocol: false },
    ],
    [
      "resets inside the body",
      (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nabc", () => socket.resetAndDestroy()),
      { phase: "body" },
    ],
    [
      "breaks its chunks",
      (socket) => socket.end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
      { phase: "body", protocol: true },
    ],
    ["sends 17 KiB of headers", (socket) => socket.end(ok("x", `X-Long: ${"a".repeat(17 * 1024)}\r\n`)), CapError],
  ];
  test.each(cases)("%s", async (_title, script, expected) => {
    const server = await raw((socket) => socket.once("data", () => script(socket)));
    const made = transport();
    const error = await failure(made.fetch(server.url).then((response) => response.text()));
    if (typeof expected === "function") expect(error).toBeInstanceOf(expected);
    else expect(error).toMatchObject({ name: "NetworkError", ...expected });
    await eventually(() => server.sockets.size === 0);
    expect(made.inFlight()).toBe(0);
  });
  test("2,000 early hints before the reply are passed over", async () => {
    const server = await raw((socket) =>
      socket.once("data", () => socket.write("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(2_000) + ok("here"))),
    );
    expect(await (await transport().fetch(server.url)).text()).toBe("here");
  });
  test("a refused connection is an error of the connect phase", async () => {
    const server = await raw(() => undefined);
    await open.pop()?.();
    expect(await failure(transport().fetch(server.url))).toMatchObject({ phase: "connect", code: "ECONNREFUSED" });
  });
  test("a kept-alive connection that went stale fails before the headers, and the next call gets a fresh one", async () => {
    const server = await raw((socket, number) => {
      let requests = 0;
      socket.on("data", () => {
        requests += 1;
        if (number === 1 && requests === 2) socket.resetAndDestroy();
        else socket.write(ok("fine"));
      });
    });
    const { fetch } = transport({ connections: 1 });
    expect(await (await fetch(server.url)).text()).toBe("fine");
    expect(await failure(fetch(server.url, { method: "POST", body: "{}" }))).toMatchObject({ name: "NetworkError", phase: "headers" });
    expect(await (await fetch(server.url)).text()).toBe("fine");
  });
  test("bytes nobody asked for on an idle connection are never read as the next answer", async () => {
    const server = await raw((socket, number) => {
      socket.on("data", () => socket.write(ok(`connection ${number}`)));
      if (number === 1) socket.once("data", () => setTimeout(() => socket.destroyed || socket.write(ok("forged")), 20));
    });
    const { fetch } = transport({ connections: 1 });
    expect(await (await fetch(server.url)).text()).toBe("connection 1");
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await (await fetch(server.url)).text()).toBe("connection 2");
  });
});

describe("encodings and caps", () => {
  const text = JSON.stringify({ text: "ü".repeat(50_000) });
  test.each([
    ["gzip", gzipSync(text)],
    ["deflate", deflateSync(text)],
    ["br", brotliCompressSync(text)],
    ["identity", Buffer.from(text)],
  ])("%s is read", async (encoding, bytes) => {
    const { url } = await upstream((_seen, response) => void response.writeHead(200, { "content-encoding": encoding }).end(bytes));
    const { fetch } = transport();
    expect(await (await fetch(url)).text()).toBe(text);
    const stream = (await fetch(url)).body;
    let size = 0;
    if (stream) for await (const chunk of stream) size += chunk.length;
    expect(size).toBe(Buffer.byteLength(text));
  });
  test.each(["gzip, gzip", "zstd", "compress", "gzip, br"])("%s is refused", async (encoding) => {
    const { url } = await upstream((_seen, response) => void response.writeHead(200, { "content-encoding": encoding }).end("x"));
    const response = await transport().fetch(url);
    await expect(response.text()).rejects.toBeInstanceOf(CapError);
  });
  test("garbage that calls itself gzip is an error of the body", async () => {
    const { url } = await upstream((_seen, response) => void response.writeHead(200, { "content-encoding": "gzip" }).end("not gzip"));
    await expect((await transport().fetch(url)).text()).rejects.toThrow("incorrect header check");
  });
  test("a small bomb is cut at the cap of decoded bytes", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const { url } = await upstream((_seen, response) => void response.writeHead(200, { "content-encoding": "gzip" }).end(bomb));
    let capped = 0;
    const init: TransportInit = { maxBodyBytes: 1024 * 1024, onCapped: () => (capped += 1) };
    const before = process.memoryUsage().rss;
    const response = await transport().fetch(url, init);
    await expect(response.text()).rejects.toBeInstanceOf(CapError);
    expect(capped).toBe(1);
    expect(process.memoryUsage().rss - before).toBeLessThan(48 * 1024 * 1024);
  });
  test("an endless plain stream is cut at the cap and its socket destroyed", async () => {
    const piece = Buffer.alloc(64 * 1024, "a");
    const server = await raw((socket) =>
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        const pump = (): void => {
          if (socket.destroyed) return;
          if (socket.write(piece)) setImmediate(pump);
          else socket.once("drain", pump);
        };
        pump();
      }),
    );
    const response = await transport().fetch(server.url, { maxBodyBytes: 2 * 1024 * 1024 } as TransportInit);
    await expect(response.text()).rejects.toBeInstanceOf(CapError);
    await eventually(() => server.sockets.size === 0);
  });
  test("calls over the limit in flight fail at once", async () => {
    const server = await raw(() => undefined);
    const made = transport({ maxInFlight: 2 });
    const controller = new AbortController();
    const held = [1, 2].map(() => failure(made.fetch(server.url, { signal: controller.signal })));
    expect(await failure(made.fetch(server.url))).toMatchObject({ name: "NetworkError", code: "EMFILE" });
    controller.abort();
    await Promise.all(held);
    expect(made.inFlight()).toBe(0);
  });
});

describe("names", () => {
  test.each([
    "127.0.0.1",
    "10.1.2.3",
    "169.254.169.254",
    "100.64.0.1",
    "168.63.129.16",
    "::1",
    "fe80::1",
    "fc00::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "0.0.0.0",
  ])("a name that leads to %s is refused, also beside a public address", async (address) => {
    const { fetch } = transport({
      resolve: () =>
        Promise.resolve([
          { address: "93.184.216.34", family: 4 },
          { address, family: address.includes(":") ? 6 : 4 },
        ]),
    });
    const error = await failure(fetch("http://upstream.test:9/"));
    expect(error).toBeInstanceOf(EgressError);
    expect(error).toMatchObject({ why: "address" });
  });
  test("the address that was checked is the one connected to, though the name flips afterwards", async () => {
    const sink = await raw((socket) => socket.once("data", () => socket.write(ok("checked", "Connection: close\r\n"))));
    let asked = 0;
    const made = transport({
      localAddresses: ["127.0.0.1"],
      resolve: () => {
        asked += 1;
        return Promise.resolve([{ address: asked === 1 ? "127.0.0.1" : "127.0.0.2", family: 4 }]);
      },
    });
    expect(await (await made.fetch(`http://upstream.test:${sink.port}/`)).text()).toBe("checked");
    expect(asked).toBe(1);
    expect(await failure(made.fetch(`http://upstream.test:${sink.port}/`))).toMatchObject({ why: "address" });
    expect(sink.count()).toBe(1);
  });
  test("a name that does not exist is an error of the connect phase", async () => {
    const resolve = (): Promise<never> => Promise.reject(Object.assign(new Error("no"), { code: "ENOTFOUND" }));
    expect(await failure(transport({ resolve }).fetch("http://upstream.test/"))).toMatchObject({ phase: "connect", code: "ENOTFOUND" });
  });
  test("a dead first family costs no more than 300 ms", async () => {
    const server = await raw((socket) => socket.once("data", () => socket.write(ok("v4"))));
    const resolve = () =>
      Promise.resolve([
        { address: "::1", family: 6 },
        { address: "127.0.0.1", family: 4 },
      ]);
    const made = transport({ localAddresses: ["::1", "127.0.0.1"], resolve });
    const start = performance.now();
    expect(await (await made.fetch(`http://upstream.test:${server.port}/`)).text()).toBe("v4");
    expect(performance.now() - start).toBeLessThan(300);
  });
  test("literals are never looked up", async () => {
    const { url } = await upstream((_seen, response) => void response.end("x"));
    const resolve = (): Promise<never> => Promise.reject(new Error("asked"));
    expect(await (await transport({ resolve }).fetch(url)).text()).toBe("x");
  });
});

describe("TLS", () => {
  const pem = (name: string): string => readFileSync(join(import.meta.dirname, "../kit/tls", `${name}.pem`), "utf8");
  async function secure(certificate: string): Promise<{ url: string; heard: string[] }> {
    const heard: string[] = [];
    const sockets = new Set<Socket>();
    const server = createTls({ cert: pem(certificate), key: pem("key") }, (socket) => {
      socket.on("data", (data) => {
        heard.push(String(data));
        socket.write(ok("secure"));
      });
      socket.on("error", () => undefined);
    });
    server.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
    });
    const port = await listen(server, "127.0.0.1");
    open.push(() => closed(server, sockets));
    return { url: `https://127.0.0.1:${port}/`, heard };
  }
  const ca = pem("ca");
  test("a certificate of a known authority for this address is accepted", async () => {
    const { url } = await secure("good");
    expect(await (await transport({ ca }).fetch(url)).text()).toBe("secure");
  });
  test.each([
    ["expired", "CERT_HAS_EXPIRED"],
    ["wrong", "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["selfsigned", "DEPTH_ZERO_SELF_SIGNED_CERT"],
  ])("%s is refused before a byte of the request leaves, whatever the environment says", async (certificate, code) => {
    const { url, heard } = await secure(certificate);
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      const error = await failure(transport({ ca }).fetch(url, { headers: { authorization: "Bearer made-up" } }));
      expect(error).toMatchObject({ phase: "connect", code });
      expect(heard).toEqual([]);
    } finally {
      delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    }
  });
  test("plain text on the TLS port is refused", async () => {
    const server = await raw((socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
    expect(await failure(transport().fetch(`https://127.0.0.1:${server.port}/`))).toMatchObject({ phase: "connect" });
  });
});
