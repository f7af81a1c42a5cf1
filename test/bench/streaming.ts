/** What streaming one provider through `/v1/chat/completions` costs: the wait that the service adds to the first byte, and its CPU time for each chunk. Node ≥ 22: `node test/bench/streaming.ts`. */
import { type ChildProcess, fork } from "node:child_process";
import { createServer, get, request, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Pool } from "undici";

/** Comparable between processes of one machine, ms. */
const now = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Streams `?chunks=&gap=` pieces; each says when it was sent. */
function upstream(): void {
  const frame = (text: string, finish: string | null): string =>
    `data: ${JSON.stringify({ id: "c1", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta: { content: text }, logprobs: null, finish_reason: finish }] })}\n\n`;
  const server = createServer((incoming, response) => {
    let body = "";
    incoming.on("data", (piece: Buffer) => (body += piece.toString()));
    incoming.on("end", () => {
      const [chunks = 1, gapMs = 0] = (/\d+x\d+/.exec(body)?.[0] ?? "1x0").split("x").map(Number);
      response.writeHead(200, { "content-type": "text/event-stream" });
      let sent = 0;
      const next = (): void => {
        if (sent === chunks) return void response.end(`${frame("", "stop")}data: [DONE]\n\n`);
        sent += 1;
        response.write(frame(` @${now().toFixed(3)}@`, null), () => (gapMs === 0 ? setImmediate(next) : setTimeout(next, gapMs)));
      };
      next();
    });
  });
  server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
}

/** What passing bytes on costs with nothing around it. */
function floor(upstreamPort: number): void {
  const pool = new Pool(`http://127.0.0.1:${upstreamPort}`);
  const server = createServer((incoming, response) => {
    void pool
      .request({ path: "/openai/v1/chat/completions", method: "POST", body: incoming })
      .then(({ body }) => body.pipe(response.writeHead(200, { "content-type": "text/event-stream" })));
  });
  server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
}

interface Part {
  child: ChildProcess;
  port: number;
}
async function start(file: string, argv: string[]): Promise<Part> {
  const child = fork(join(import.meta.dirname, file), argv, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const { port } = await new Promise<{ port: number }>((resolve) =>
    child.once("message", (message) => resolve(message as { port: number })),
  );
  return { child, port };
}
const cpuUs = ({ child }: Part): Promise<number> =>
  new Promise((resolve) => {
    child.once("message", (message) => resolve((message as { cpuUs: number }).cpuUs));
    child.send("sample");
  });

interface Heard {
  /** ms between sending and hearing, of the first piece */
  first: number;
  pieces: number;
}
const MODEL = "groq/openai/gpt-oss-120b";
/** Reads one stream; `path` of the service or of the upstream itself. */
function listen(port: number, path: string, chunks: number, gapMs: number): Promise<Heard> {
  const said = `${chunks}x${gapMs}`;
  const body = JSON.stringify(
    path === "/consensus" ? { prompt: said, panel: [MODEL] } : { model: MODEL, stream: true, messages: [{ role: "user", content: said }] },
  );
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: "127.0.0.1",
        port,
        path,
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "text/event-stream",
          "content-length": Buffer.byteLength(body),
        },
      },
      (reply: IncomingMessage) => {
        let first: number | null = null;
        let text = "";
        reply.on("data", (piece: Buffer) => {
          const heard = now();
          text += piece.toString();
          const sent = first === null ? /@(\d+\.\d+)@/.exec(text)?.[1] : undefined;
          if (sent !== undefined) first = heard - Number(sent);
        });
        reply.on("end", () => resolve({ first: first ?? Number.NaN, pieces: text.split("data: ").length - 1 }));
        reply.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

const quantile = (values: number[], q: number): number => values.toSorted((a, b) => a - b)[Math.floor(values.length * q)] ?? Number.NaN;

async function firstBytes(port: number, path: string): Promise<string> {
  const waits: number[] = [];
  for (let round = 0; round < 300; round += 1) waits.push((await listen(port, path, 3, 1)).first);
  const settled = waits.slice(50);
  return `p50 ${quantile(settled, 0.5).toFixed(2)} ms, p99 ${quantile(settled, 0.99).toFixed(2)} ms`;
}

interface Setting {
  name: string;
  path: string;
  chunks: number;
  /** ms between two chunks of a stream */
  gap: number;
  /** streams at once */
  at: number;
}
const CHAT = "/v1/chat/completions";
const SETTINGS: Setting[] = [
  { name: "one stream, as fast as it comes", path: CHAT, chunks: 20_000, gap: 0, at: 1 },
  { name: "8 streams, as fast as they come", path: CHAT, chunks: 4000, gap: 0, at: 8 },
  { name: "one stream, 1 ms apart", path: CHAT, chunks: 3000, gap: 1, at: 1 },
  { name: "64 streams, 10 ms apart", path: CHAT, chunks: 300, gap: 10, at: 64 },
  { name: "64 streams, 10 ms apart, as events of /consensus", path: "/consensus", chunks: 300, gap: 10, at: 64 },
];

/** CPU of the service for long streams less that of as many short ones, by chunk. */
async function perChunk(service: Part, { path, chunks, gap, at }: Setting): Promise<number> {
  const cost = async (length: number): Promise<number> => {
    const before = await cpuUs(service);
    await Promise.all(Array.from({ length: at }, () => listen(service.port, path, length, gap)));
    return (await cpuUs(service)) - before;
  };
  const short = await cost(1);
  return ((await cost(chunks)) - short) / (chunks * at);
}

async function bench(): Promise<void> {
  const source = await start("streaming.ts", ["upstream"]);
  const service = await start("parts.ts", ["service", String(source.port)]);
  const bare = await start("streaming.ts", ["floor", String(source.port)]);
  try {
    await new Promise((resolve) => get({ host: "127.0.0.1", port: service.port, path: "/healthz" }, resolve));
    for (const part of [service, bare])
      for (let round = 0; round < 5; round += 1) await perChunk(part, { name: "", path: CHAT, chunks: 1000, gap: 0, at: 4 });
    console.log(
      `first piece, sent to heard: direct ${await firstBytes(source.port, "/openai/v1/chat/completions")}; through the service ${await firstBytes(service.port, "/v1/chat/completions")}`,
    );
    for (const setting of SETTINGS) {
      const pairs: [number, number][] = [];
      for (let round = 0; round < 3; round += 1)
        pairs.push([await perChunk(service, setting), await perChunk(bare, { ...setting, path: CHAT })]);
      const middle = (values: number[]): number => quantile(values, 0.5);
      const own = middle(pairs.map(([ours, least]) => ours - least)).toFixed(1);
      const [ours, least] = [0, 1].map((index) => middle(pairs.map((pair) => pair[index] ?? 0)).toFixed(1));
      console.log(`CPU by chunk, ${setting.name}: in all ${ours} µs, a bare relay ${least} µs, our own ${own} µs (medians of 3 pairs)`);
    }
  } finally {
    source.child.disconnect();
    service.child.disconnect();
    bare.child.disconnect();
  }
}

const [role, argument] = process.argv.slice(2);
if (role === undefined) await bench();
else {
  if (role === "upstream") upstream();
  else floor(Number(argument));
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuUs: user + system });
  });
  process.on("disconnect", () => process.exit());
}
