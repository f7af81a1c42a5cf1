/** OLLAMA_HOST=auto: the first candidate that speaks as Ollama wins, in parallel, in bounded time, and never under a class that forbids it. */
import { expect, test } from "vitest";
import type { Clock } from "../../src/core/ports.ts";
import { createAddressBook } from "../../src/egress/addresses.ts";
import type { Endpoint, Transport } from "../../src/egress/egress.ts";
import { createEgress } from "../../src/egress/guard.ts";
import { createOllamaProbe, ollamaCandidates } from "../../src/runtimes/ollama-probe.ts";

const wsl = { wsl: true, distribution: "Debian", gateway: "172.20.0.1" };
const clock: Clock = {
  wall: () => 0,
  now: () => performance.now(),
  timer: (ms, fire) => {
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
};
const hang = (signal: AbortSignal | null | undefined): Promise<Response> =>
  new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted"))));

function setup(answer: (host: string, signal: AbortSignal | null | undefined) => Promise<Response>, localAddresses: string[] = []) {
  const asked: string[] = [];
  const transport: Transport = {
    fetch: (url, init) => {
      const { host } = new URL(String(url));
      asked.push(host);
      return answer(host, init?.signal);
    },
    close: () => Promise.resolve(),
  };
  const candidates = ollamaCandidates({ wsl, dockerHost: "192.168.65.254" }, createAddressBook(localAddresses), null);
  const meter = { count: () => undefined, observe: () => undefined };
  const egress = createEgress({ endpoints: candidates, localAddresses, transport, meter, log: () => undefined });
  const probe = (privacy: "local-only" | "cloud-allowed") => createOllamaProbe(candidates, { egress, clock, privacy });
  return { asked, probe };
}
const version = (): Promise<Response> => Promise.resolve(Response.json({ version: "0.32.9" }));
const url = (endpoint: Endpoint | null): string | undefined => endpoint?.baseUrl;

test("loopback is preferred, the gateway is next, and all are asked at once", async () => {
  const both = setup(version);
  expect(url(await both.probe("cloud-allowed").find())).toBe("http://127.0.0.1:11434");
  expect(both.asked).toEqual(["127.0.0.1:11434", "172.20.0.1:11434", "192.168.65.254:11434"]);
  const gateway = setup((host, signal) => (host.startsWith("172") ? version() : hang(signal)));
  const start = performance.now();
  expect(await gateway.probe("cloud-allowed").find()).toMatchObject({ baseUrl: "http://172.20.0.1:11434", local: false });
  expect(performance.now() - start).toBeLessThan(600);
});
test("what does not answer as Ollama does is passed over", async () => {
  const other = setup((host) => Promise.resolve(host.startsWith("127") ? new Response("<html>") : Response.json({ version: 3 })));
  expect(await other.probe("cloud-allowed").find()).toBe(null);
});
test("under local-only an unlisted gateway is not even asked; a listed one is local", async () => {
  const unlisted = setup(version);
  await unlisted.probe("local-only").find();
  expect(unlisted.asked).toEqual(["127.0.0.1:11434"]);
  const listed = setup((host) => (host.startsWith("172") ? version() : Promise.reject(new Error("refused"))), ["172.16.0.0/12"]);
  expect(await listed.probe("local-only").find()).toMatchObject({ baseUrl: "http://172.20.0.1:11434", local: true });
});
test("a find is remembered until it is forgotten, a miss is not", async () => {
  let up = false;
  const server = setup((host) => (up && host.startsWith("127") ? version() : Promise.reject(new Error("refused"))));
  const probe = server.probe("cloud-allowed");
  expect(await probe.find()).toBe(null);
  up = true;
  expect(url(await probe.find())).toBe("http://127.0.0.1:11434");
  const before = server.asked.length;
  await probe.find();
  expect(server.asked.length).toBe(before);
  probe.forget();
  await probe.find();
  expect(server.asked.length).toBe(before + 3);
});
