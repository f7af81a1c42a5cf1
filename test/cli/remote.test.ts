/** A running service seen from the command line: streams cut anywhere, keys kept from plain lines, foreign servers told apart. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readEvents } from "../../src/cli/events.ts";
import type { CliPorts } from "../../src/cli/ports.ts";
import { frameEvent } from "../../src/http/sse.ts";
import { degradedReport, eventsOf, gekro, reportOf } from "./kit.ts";

const streamOf = (chunks: Uint8Array[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
const bytesOf = (events = eventsOf(degradedReport())): Uint8Array =>
  new TextEncoder().encode(events.map((event, at) => `: keep-alive\n\n${frameEvent(at + 1, event)}`).join(""));
async function collect(body: ReadableStream<Uint8Array>): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const event of readEvents(body)) events.push(event);
  return events;
}

test("events come out as they went in, wherever the stream is cut", async () => {
  const report = reportOf({ answer: "日本語 👍\n\nnext" });
  const bytes = bytesOf(eventsOf(report));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 20 }), async (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const chunks = at.slice(1).map((end, index) => bytes.slice(at[index], end));
      expect(await collect(streamOf(chunks))).toEqual(eventsOf(report));
    }),
    { numRuns: 50 },
  );
});
test("a stream that comes byte by byte is read like one that comes whole", async () => {
  const bytes = bytesOf();
  expect(await collect(streamOf(Array.from(bytes, (byte) => Uint8Array.of(byte))))).toEqual(eventsOf(degradedReport()));
});
test("a stream that ends before its last event is an error, never a clean end", async () => {
  const bytes = bytesOf(eventsOf(reportOf()).slice(0, 2));
  await expect(collect(streamOf([bytes]))).rejects.toThrow("ended before the run did");
});
test("an event that is not JSON is an error", async () => {
  await expect(collect(streamOf([new TextEncoder().encode("event: run-end\ndata: {oops\n\n")]))).rejects.toThrow("not JSON");
});

interface Sent {
  url: string;
  headers: Headers;
  body: unknown;
}
function service(sent: Sent[], reply: () => Response): Partial<CliPorts> {
  const fetch: CliPorts["fetch"] = async (input, init) => {
    const body = typeof init?.body === "string" ? (JSON.parse(init.body) as unknown) : null;
    sent.push({ url: String(input), headers: new Headers(init?.headers), body });
    return reply();
  };
  const env = (name: string): string | undefined => (name === "GEKRO_API_KEY" ? "sesame" : undefined);
  return { fetch, env };
}
const problem = (slug: string, status: number): Response =>
  new Response(JSON.stringify({ type: `/problems/${slug}`, detail: "no" }), {
    status,
    headers: { "content-type": "application/problem+json" },
  });

describe("ask --server", () => {
  test("posts the request with the key of the environment, and follows the stream", async () => {
    const sent: Sent[] = [];
    const ports = service(sent, () => new Response(streamOf([bytesOf()])));
    const { code, out } = await gekro(["ask", "x", "--strict", "--server", "http://localhost:8787/"], { ports });
    expect([code, out]).toEqual([3, "forty-two\n"]);
    expect(sent.map(({ url, body }) => ({ url, body }))).toEqual([{ url: "http://127.0.0.1:8787/consensus", body: { prompt: "x" } }]);
    expect(sent[0]?.headers.get("authorization")).toBe("Bearer sesame");
  });
  test.each([
    ["a key in the clear over the network", ["--server", "http://192.168.1.9:8787"], "a key goes over plain http to local addresses only"],
    ["a local-only question to somewhere else", ["--server", "https://192.168.1.9", "--local-only"], "--local-only: the service's address"],
    ["an address with user info", ["--server", "http://me:pw@127.0.0.1"], "--server: write an http or https URL"],
  ])("refuses %s, and sends nothing", async (_title, words, said) => {
    const sent: Sent[] = [];
    const ports = service(sent, () => problem("internal", 500));
    const { code, err } = await gekro(["ask", "x", ...words], { ports });
    expect([code, sent.length]).toEqual([2, 0]);
    expect(err).toContain(said);
  });
  test("a problem of the service is told in its words, and ends like one of our own", async () => {
    const refused = await gekro(["ask", "x", "--server", "http://127.0.0.1:1"], {
      ports: service([], () => problem("unauthenticated", 401)),
    });
    expect([refused.code, refused.err]).toEqual([1, "gekro: unauthenticated: no\n"]);
    const invalid = await gekro(["ask", "x", "--server", "http://127.0.0.1:1"], {
      ports: service([], () => problem("validation-failed", 422)),
    });
    expect(invalid.code).toBe(2);
  });
  test("something else that answers there is not taken for a service", async () => {
    const ports = service([], () => new Response("<html>", { status: 404 }));
    expect((await gekro(["ask", "x", "--server", "http://127.0.0.1:1"], { ports })).err).toContain("no Gekro Consensus (HTTP 404)");
  });
  test("nobody there is one clear line", async () => {
    const { code, err } = await gekro(["ask", "x", "--server", "http://127.0.0.1:1"]);
    expect(code).toBe(1);
    expect(err).toContain("nobody answers at http://127.0.0.1:1");
  });
});

describe("jobs", () => {
  test("a service without a list of jobs is told so", async () => {
    const { code, err } = await gekro(["jobs", "--server", "http://127.0.0.1:1"], { ports: service([], () => problem("not-found", 404)) });
    expect(code).toBe(1);
    expect(err).toContain("keeps no list of jobs");
  });
  test("one job is shown", async () => {
    const job = { id: "job_1", state: "running", created_at: "2026-11-22T02:00:00.000Z", report: null };
    const { out } = await gekro(["jobs", "job_1", "--server", "http://127.0.0.1:1"], { ports: service([], () => Response.json(job)) });
    expect(out).toContain("job_1  running  2026-11-22T02:00:00.000Z  –");
  });
});
