/** The campaign on private requests in small: every way into a served instance, with sinks in the place of every other service. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { readSettings } from "../../src/runtimes/config.ts";
import { serve, type Service } from "../../src/runtimes/serve.ts";
import { startSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { type Client, createClient, spread } from "../campaign/kit.ts";
import { startCloudOfSinks } from "../campaign/sinks.ts";
import { hostsIn, KINDS, lookAround, shapeOf, type Visit, visit } from "../campaign/surface.ts";
import { readTrace } from "../campaign/trace.ts";

let simulator: Simulator;
let cloud: Awaited<ReturnType<typeof startCloudOfSinks>>;
const services: Service[] = [];
const clients: Record<string, Client> = {};
beforeAll(async () => {
  simulator = await startSimulator({ providers: ["ollama"], latencyMs: 0, pace: 0.02 });
  cloud = await startCloudOfSinks();
  for (const [bound, privacy] of [
    ["request", "cloud-allowed"],
    ["operator", "local-only"],
  ] as const) {
    const env = {
      ...cloud.env,
      ...simulator.environment(),
      PORT: "0",
      LOG_LEVEL: "error",
      CONSENSUS_DB: ":memory:",
      CONSENSUS_PRIVACY: privacy,
    };
    const service = await serve(await readSettings(env, { version: "test" }));
    services.push(service);
    clients[bound] = createClient(service.url, 4);
  }
});
afterAll(async () => {
  await Promise.all(Object.values(clients).map((client) => client.close()));
  await Promise.all(services.map((service) => service.stop()));
  await cloud.close();
  await simulator.close();
});

const connects = (): number => cloud.sinks.reduce((sum, sink) => sum + sink.connects, 0);
async function visitAll(bound: "request" | "operator", count: number, deadlineMs: number, tag: string): Promise<Visit[]> {
  const client = clients[bound] as Client;
  const visits: Visit[] = [];
  await spread(count, 4, async (index) => {
    visits.push(await visit(client, shapeOf(index, deadlineMs, bound, tag)));
  });
  await lookAround(client);
  return visits;
}

test.each(["request", "operator"] as const)(
  "local-only said by the %s: every way in is answered or refused, and nobody else hears of it",
  async (bound) => {
    const visits = await visitAll(bound, 84, 10_000, "");
    expect(visits.map(({ odd }) => odd).filter((odd) => odd !== null)).toEqual([]);
    expect(new Set(visits.filter(({ answered }) => answered).map(({ kind }) => kind))).toEqual(new Set(Object.keys(KINDS)));
    const hosts = hostsIn(visits.flatMap(({ reports }) => reports));
    expect(hosts).toEqual([new URL(simulator.urls.ollama ?? "").host]);
    expect(connects()).toBe(0);
  },
);

test.each(["503", "reset", "stall-headers", "redirect-307", "not-ollama", "ollama-relay"])(
  "with %s at the local server nobody else is asked in its place",
  async (fault) => {
    await simulator.fault("ollama", fault);
    const visits = await visitAll("request", 22, 300, `-${fault}`);
    await simulator.fault("ollama", null);
    expect(visits.map(({ odd }) => odd).filter((odd) => odd !== null)).toEqual([]);
    expect(connects()).toBe(0);
  },
);

test("the sinks would have seen it", async () => {
  await clients["request"]?.ask({ path: "/consensus", json: { prompt: "Hello?", panel: ["groq/b"], deadline_ms: 300 } });
  expect(connects()).toBeGreaterThan(0);
});

test("a trace is read for whom it connects to", () => {
  const trace = [
    '12 connect(21, {sa_family=AF_INET, sin_port=htons(11434), sin_addr=inet_addr("127.0.0.1")}, 16) = -1 EINPROGRESS',
    '12 connect(22, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT',
    '13 sendto(23, "x", 40, MSG_NOSIGNAL, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("192.0.2.1")}, 16) = 40',
    '13 connect(24, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "2001:db8::1", &sin6_addr), sin6_scope_id=0}, 28) = 0',
  ].join("\n");
  const { calls, connects: seen, unix, dns, foreign } = readTrace(trace);
  expect([calls, [...seen], [...unix.values()], dns, foreign.length]).toEqual([
    4,
    [
      ["127.0.0.1:11434", 1],
      ["2001:db8::1:443", 1],
    ],
    [1],
    1,
    2,
  ]);
});
