/** OLLAMA_HOST=auto end to end below the engine: the found address is filled in, and followed when it moves within its class. */
import { expect, test } from "vitest";
import { type Endpoint, NetworkError, type Transport } from "../../src/egress/egress.ts";
import { readSettings } from "../../src/runtimes/config.ts";
import { locateOllama } from "../../src/runtimes/ollama-auto.ts";
import { createVirtualClock } from "../kit/clock.ts";

const machine = (gateway: string | null) => () =>
  Promise.resolve({ wsl: { wsl: gateway !== null, distribution: null, gateway }, dockerHost: null });
function network(): { up: Set<string>; asked: string[]; transport: Transport } {
  const up = new Set<string>();
  const asked: string[] = [];
  const fetch: Transport["fetch"] = (url) => {
    const { host } = new URL(String(url));
    asked.push(host);
    return up.has(host)
      ? Promise.resolve(Response.json({ version: "0.32.9" }))
      : Promise.reject(new NetworkError("connect", "ECONNREFUSED", false));
  };
  return { up, asked, transport: { fetch, close: () => Promise.resolve() } };
}
const locate = async (env: Record<string, string>, net: ReturnType<typeof network>, gateway: string | null) => {
  const settings = await readSettings(env, { version: "0" });
  return locateOllama(settings, { transport: net.transport, clock: createVirtualClock(), log: () => undefined }, machine(gateway));
};
const ollama = (located: Awaited<ReturnType<typeof locate>>) => located.settings.providers.find((one) => one.name === "ollama");

test("a configured address is left alone and nobody is asked", async () => {
  const net = network();
  const located = await locate({ OLLAMA_HOST: "127.0.0.1:1" }, net, "172.20.0.1");
  expect(ollama(located)?.baseUrl).toBe("http://127.0.0.1:1");
  expect(net.asked).toEqual([]);
});
test("what answers is filled in, local only where it is listed", async () => {
  const net = network();
  net.up.add("172.20.0.1:11434");
  expect(ollama(await locate({ OLLAMA_HOST: "auto" }, net, "172.20.0.1"))).toMatchObject({
    baseUrl: "http://172.20.0.1:11434",
    local: false,
  });
  const listed = { OLLAMA_HOST: "auto", CONSENSUS_LOCAL_ADDRESSES: "172.16.0.0/12", CONSENSUS_PRIVACY: "local-only" };
  expect(ollama(await locate(listed, net, "172.20.0.1"))).toMatchObject({ baseUrl: "http://172.20.0.1:11434", local: true });
});
test("where nothing answers yet, loopback stands in", async () => {
  expect(ollama(await locate({ OLLAMA_HOST: "auto" }, network(), null))).toMatchObject({ baseUrl: "http://127.0.0.1:11434", local: true });
});
test("a server that stops answering is looked for again, and followed within its class", async () => {
  const net = network();
  net.up.add("127.0.0.1:11434");
  const env = { OLLAMA_HOST: "auto", CONSENSUS_LOCAL_ADDRESSES: "172.16.0.0/12" };
  const located = await locate(env, net, "172.20.0.1");
  const endpoint: Endpoint = { provider: "ollama", baseUrl: ollama(located)?.baseUrl ?? "", local: true, auth: null };
  located.watch(endpoint);
  net.up.clear();
  net.up.add("172.20.0.1:11434");
  await expect(located.transport.fetch(`${endpoint.baseUrl}/api/chat`)).rejects.toThrow("ECONNREFUSED");
  for (let turn = 0; turn < 50 && endpoint.baseUrl.includes("127."); turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(endpoint.baseUrl).toBe("http://172.20.0.1:11434");
});
