/** One provider of one dialect against one scripted upstream on loopback, through the real guard and the real transport. */
import type { ServerResponse } from "node:http";
import type { Clock } from "../../src/core/ports.ts";
import { createSecret } from "../../src/core/secret.ts";
import type { Endpoint } from "../../src/egress/egress.ts";
import { createEgress } from "../../src/egress/guard.ts";
import { createProvider, type DialectName } from "../../src/providers/index.ts";
import { factsOf } from "../../src/providers/models.ts";
import type { CallIo, ChatCall, ChatReply, ChatResult, Failure, Provider } from "../../src/providers/provider.ts";
import { createNodeTransport } from "../../src/runtimes/node-transport.ts";
import { startUpstream, type Reply, type Upstream } from "../../src/simulator/upstream.ts";

export const KEY = "sk-test-4f9a1c77e0";

export interface Room {
  upstream: Upstream;
  provider: Provider;
  endpoint: Endpoint;
  io(more?: Partial<CallIo>): CallIo;
  call(more?: Partial<ChatCall>): ChatCall;
  ask(reply: Reply, call?: Partial<ChatCall>, io?: Partial<CallIo>): Promise<ChatResult>;
  inFlight(): number;
  close(): Promise<void>;
}
export interface RoomOptions {
  dialect: DialectName;
  /** path below the origin that the base URL ends in */
  basePath?: string;
  /** another origin than the upstream's */
  origin?: string;
  model?: string;
}

const clock: Clock = {
  wall: () => Date.now(),
  now: () => performance.now(),
  timer(ms, fire) {
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
};

export async function openRoom({ dialect, basePath = "", origin, model = "some-model" }: RoomOptions): Promise<Room> {
  const upstream = await startUpstream((_seen, response) => void response.end());
  const header = dialect === "anthropic" ? "x-api-key" : "authorization";
  const auth = { header, scheme: header === "x-api-key" ? null : "Bearer", key: await createSecret(KEY) } as const;
  const endpoint: Endpoint = { provider: dialect, baseUrl: `${origin ?? upstream.url}${basePath}`, local: true, auth };
  const transport = createNodeTransport({ localAddresses: [] });
  const meter = { count: () => undefined, observe: () => undefined };
  const egress = createEgress({ endpoints: [endpoint], localAddresses: [], transport, meter, log: () => undefined });
  const provider = createProvider({ dialect, name: dialect, endpoint, clock });
  const passage = { privacy: "cloud-allowed", hosts: new Set<string>() } as const;
  const io = (more: Partial<CallIo> = {}): CallIo => ({
    fetch: egress.open(endpoint, passage, { carriesPrompt: true }),
    signal: new AbortController().signal,
    ...more,
  });
  const call = (more: Partial<ChatCall> = {}): ChatCall => ({
    model,
    messages: [{ role: "user", content: "How many?" }],
    facts: factsOf(dialect, model),
    ...more,
  });
  return {
    upstream,
    provider,
    endpoint,
    io,
    call,
    ask(reply, callMore, ioMore) {
      upstream.reply = reply;
      return provider.chat(call(callMore), io(ioMore));
    },
    inFlight: () => transport.inFlight(),
    async close() {
      await egress.close();
      await upstream.close();
    },
  };
}

/** A reply of this status, type and body. */
export const answer =
  (status: number, type: string, body: string | Buffer, headers: Record<string, string | string[]> = {}): Reply =>
  (_seen, response) => {
    response.writeHead(status, { "content-type": type, ...headers });
    response.end(body);
  };
export const json = (status: number, value: unknown, headers: Record<string, string | string[]> = {}): Reply =>
  answer(status, "application/json", JSON.stringify(value), headers);

/** Writes each piece on its own, then ends. */
export const inPieces =
  (type: string, pieces: readonly (string | Uint8Array)[]): Reply =>
  async (_seen, response) => {
    response.writeHead(200, { "content-type": type });
    for (const piece of pieces) {
      if (piece.length === 0) continue;
      response.write(piece);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    response.end();
  };
/** Writes these and never ends. */
export const hanging =
  (type: string, pieces: readonly string[], started?: (response: ServerResponse) => void): Reply =>
  (_seen, response) => {
    response.writeHead(200, { "content-type": type });
    response.flushHeaders();
    for (const piece of pieces) response.write(piece);
    started?.(response);
  };

export function replyOf(result: ChatResult): ChatReply {
  if (!result.ok) throw new Error(`failed: ${JSON.stringify(result.failure)}`);
  return result.reply;
}
export function failureOf(result: ChatResult): Failure {
  if (result.ok) throw new Error(`answered: ${JSON.stringify(result.reply)}`);
  return result.failure;
}
