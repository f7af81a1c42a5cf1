/** The guard: what it refuses never reaches the transport, what it lets through carries the key and nothing of the caller's. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Fetch, Meter } from "../../src/core/ports.ts";
import { createSecret } from "../../src/core/secret.ts";
import { EgressError, type Endpoint, type Passage, type TransportInit } from "../../src/egress/egress.ts";
import { createEgress } from "../../src/egress/guard.ts";
import { createGlobalTransport } from "../../src/egress/global-transport.ts";

const key = await createSecret("sk-made-up-key-0123456789");
const groq: Endpoint = {
  provider: "groq",
  baseUrl: "https://api.groq.com/openai/v1",
  local: false,
  auth: { header: "authorization", scheme: "Bearer", key },
};
const ollama: Endpoint = { provider: "ollama", baseUrl: "http://127.0.0.1:11434", local: true, auth: null };

interface Call {
  url: string;
  init: TransportInit;
}
function setup(endpoints: Endpoint[], options: { localAddresses?: string[]; reply?: Fetch; reportsSent?: boolean } = {}) {
  const calls: Call[] = [];
  const counts: string[] = [];
  const meter: Meter = { count: (name, labels) => counts.push(`${name} ${Object.values(labels).join()}`), observe: () => undefined };
  const reply: Fetch = options.reply ?? (() => Promise.resolve(new Response("{}")));
  const fetch: Fetch = (url, init) => {
    calls.push({ url: String(url), init: init ?? {} });
    return reply(url, init);
  };
  const transport = { fetch, close: () => Promise.resolve(), reportsSent: options.reportsSent };
  const egress = createEgress({ endpoints, localAddresses: options.localAddresses ?? [], transport, meter, log: () => undefined });
  return { egress, calls, counts };
}
const passage = (privacy: Passage["privacy"]): Passage => ({ privacy, hosts: new Set() });
const why = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "allowed",
    (error: unknown) => (error instanceof EgressError ? error.why : String(error)),
  );
const whySync = (open: () => unknown): string => {
  try {
    open();
    return "allowed";
  } catch (error) {
    return error instanceof EgressError ? error.why : String(error);
  }
};

const corpus = resolve(import.meta.dirname, "../../../shared/attacks/own/ssrf_urls.json");
const present = existsSync(corpus);
interface Row {
  id: string;
  url: string;
  cloud_allowed: string;
  local_only: string;
}
const rows: Row[] = present ? JSON.parse(readFileSync(join(corpus), "utf8")).items : [];

test.skipIf(!present)(
  `every spelling of the SSRF table is decided as listed${present ? "" : " (skipped: corpus not present)"}`,
  async () => {
    const configured = rows
      .filter((row) => row.cloud_allowed === "allow")
      .map((row) => ({ provider: row.id, baseUrl: row.url.replace(/\/$/, ""), local: row.local_only === "allow", auth: null }));
    const { egress, calls } = setup([...configured, groq]);
    const wrong: string[] = [];
    for (const row of rows)
      for (const [privacy, expected] of [
        ["cloud-allowed", row.cloud_allowed],
        ["local-only", row.local_only],
      ] as const) {
        if (egress.permits(row.url, privacy) !== (expected === "allow")) wrong.push(`${row.id} ${row.url} ${privacy} permits`);
        const asBase: Endpoint = { provider: row.id, baseUrl: row.url, local: true, auth: null };
        const listed = configured.some((one) => one.baseUrl === row.url);
        if (!listed && whySync(() => egress.open(asBase, passage(privacy), { carriesPrompt: true })) === "allowed")
          wrong.push(`${row.id} open`);
        const viaGroq = await why(egress.open(groq, passage("cloud-allowed"), { carriesPrompt: true })(row.url));
        if (viaGroq === "allowed") wrong.push(`${row.id} request`);
      }
    expect(rows.length).toBeGreaterThan(40);
    expect(wrong).toEqual([]);
    expect(calls).toEqual([]);
  },
);

describe("the address of a request", () => {
  const { egress, calls, counts } = setup([groq, ollama]);
  const fetch = egress.open(groq, passage("cloud-allowed"), { carriesPrompt: true });
  test.each([
    ["https://api.groq.com/openai/v1/chat/completions", "allowed"],
    ["https://api.groq.com:443/openai/v1/models", "allowed"],
    ["https://api.groq.com/openai/v1/models?limit=2", "allowed"],
    ["https://api.groq.com/openai/v10/chat", "origin"],
    ["https://api.groq.com/openai/v1/../../x", "form"],
    ["https://api.groq.com/openai/v1/%2e%2e/x", "form"],
    ["https://api.groq.com/openai/v1\\x", "form"],
    ["http://api.groq.com/openai/v1/models", "origin"],
    ["https://api.groq.com:444/openai/v1/models", "origin"],
    ["https://user@api.groq.com/openai/v1/models", "origin"],
    ["https://API.groq.com/openai/v1/models", "form"],
  ])("%s is %s", async (url, expected) => {
    const before = calls.length;
    expect(await why(fetch(url))).toBe(expected);
    expect(calls.length - before).toBe(expected === "allowed" ? 1 : 0);
  });
  test("refusals are counted by their reason", () => {
    expect(counts).toContain("egress_refused origin");
    expect(counts).toContain("egress_refused form");
  });
  test("a Request object is refused, since its parts were not checked", async () => {
    expect(await why(fetch(new Request("https://api.groq.com/openai/v1/models")))).toBe("form");
  });
});

test("whatever text is asked for, what reaches the transport is https, on the configured host, below the configured path", async () => {
  const { egress, calls } = setup([groq, ollama]);
  const fetch = egress.open(groq, passage("cloud-allowed"), { carriesPrompt: true });
  const piece = fc.constantFrom(
    "https://", "http:", "//", "/", "\\", "@", ":", "?", "#", "%2e", "..", ".", "%2f", "\t", "\n", "%00", "[::1]", "127.0.0.1", "evil.example",
    "api.groq.com", ":443", ":8443", "/openai/v1", "openai", "v1", "/chat/completions", "user", "％", "。", "ⓔ", " ", ";",
  ); // prettier-ignore
  const text = fc
    .tuple(fc.constantFrom("", groq.baseUrl, "https://api.groq.com"), fc.array(piece, { maxLength: 8 }))
    .map(([head, pieces]) => head + pieces.join(""));
  await fc.assert(
    fc.asyncProperty(text, async (url) => {
      const before = calls.length;
      await why(fetch(url));
      for (const { url: sent } of calls.slice(before)) {
        const seen = new URL(sent);
        expect([seen.protocol, seen.host, seen.username, seen.hash]).toEqual(["https:", "api.groq.com", "", ""]);
        expect(`${seen.pathname}/`.startsWith("/openai/v1/")).toBe(true);
      }
    }),
    { numRuns: 3_000 },
  );
  expect(calls.length).toBeGreaterThan(0);
});

describe("local-only", () => {
  test("a remote endpoint throws at once, before any request exists", () => {
    const { egress, counts } = setup([groq, ollama]);
    expect(whySync(() => egress.open(groq, passage("local-only"), { carriesPrompt: false }))).toBe("privacy");
    expect(counts).toEqual(["egress_refused privacy"]);
    expect(whySync(() => egress.open(ollama, passage("local-only"), { carriesPrompt: true }))).toBe("allowed");
  });
  test.each([
    ["http://192.168.1.20:11434", ["192.168.1.0/24"], "allowed"],
    ["http://192.168.2.20:11434", ["192.168.1.0/24"], "privacy"],
    ["http://[fd00::1]:11434", ["fd00::/8"], "allowed"],
    ["http://[::1]:11434", [], "allowed"],
    ["http://127.8.9.1:11434", [], "allowed"],
    ["http://localhost:11434", [], "privacy"],
    ["http://pi.lan:11434", ["192.168.1.0/24"], "privacy"],
  ])("an endpoint that calls itself local at %s with %j is %s", (baseUrl, localAddresses, expected) => {
    const endpoint: Endpoint = { provider: "ollama", baseUrl, local: true, auth: null };
    const { egress } = setup([endpoint], { localAddresses });
    expect(whySync(() => egress.open(endpoint, passage("local-only"), { carriesPrompt: true }))).toBe(expected);
  });
  test("an address alone does not make an endpoint local", () => {
    const relay: Endpoint = { provider: "together", baseUrl: "http://127.0.0.1:4000/v1", local: false, auth: null };
    expect(whySync(() => setup([relay]).egress.open(relay, passage("local-only"), { carriesPrompt: true }))).toBe("privacy");
  });
});

test("an endpoint that is not configured, or claims more than was configured, is refused", () => {
  const { egress } = setup([groq]);
  expect(whySync(() => egress.open(ollama, passage("cloud-allowed"), { carriesPrompt: true }))).toBe("origin");
  expect(whySync(() => egress.open({ ...groq, local: true }, passage("cloud-allowed"), { carriesPrompt: true }))).toBe("origin");
});

test.each([301, 302, 303, 307, 308])("a %i is refused and its target never asked", async (status) => {
  const reply: Fetch = () => Promise.resolve(new Response(null, { status, headers: { location: "http://127.0.0.1:1/" } }));
  const { egress, calls, counts } = setup([groq], { reply });
  expect(await why(egress.open(groq, passage("cloud-allowed"), { carriesPrompt: true })(groq.baseUrl))).toBe("redirect");
  expect(calls.map((call) => call.init.redirect)).toEqual(["manual"]);
  expect(counts).toEqual(["egress_refused redirect"]);
});

describe("headers", () => {
  const given = {
    Authorization: "Bearer from-the-environment",
    "X-API-Key": "another",
    Origin: "http://evil.example",
    Cookie: "a=b",
    "X-Forwarded-For": "10.0.0.1",
    "OpenAI-Organization": "org",
    "X-Stainless-OS": "Linux",
    "Content-Type": "application/json",
    "anthropic-version": "2026-10-21",
  };
  test.each([
    ["an object", given],
    ["Headers", new Headers(given)],
    ["pairs", Object.entries(given)],
  ])("given as %s: only the listed ones leave, with our key in place of any other", async (_form, headers) => {
    const { egress, calls } = setup([groq]);
    await egress.open(groq, passage("cloud-allowed"), { carriesPrompt: true })(groq.baseUrl, {
      method: "POST",
      headers: headers as HeadersInit,
    });
    expect(calls[0]?.init.headers).toEqual({
      "accept-encoding": "identity",
      "content-type": "application/json",
      "anthropic-version": "2026-10-21",
      authorization: `Bearer ${key.reveal()}`,
    });
  });
  test("without a key none is sent, not even the library's own", async () => {
    const { egress, calls } = setup([ollama]);
    await egress.open(ollama, passage("local-only"), { carriesPrompt: true })(ollama.baseUrl, { headers: given });
    expect(JSON.stringify(calls[0]?.init.headers)).not.toMatch(/authorization|api-key/i);
  });
  test("x-api-key and Basic forms", async () => {
    const anthropic: Endpoint = { ...groq, auth: { header: "x-api-key", scheme: null, key } };
    const tunnel: Endpoint = { ...groq, auth: { header: "authorization", scheme: "Basic", key: await createSecret("üser:pw") } };
    const sent = async (endpoint: Endpoint): Promise<unknown> => {
      const { egress, calls } = setup([endpoint]);
      await egress.open(endpoint, passage("cloud-allowed"), { carriesPrompt: true })(groq.baseUrl);
      return calls[0]?.init.headers;
    };
    expect(await sent(anthropic)).toMatchObject({ "x-api-key": key.reveal() });
    expect(await sent(tunnel)).toMatchObject({ authorization: `Basic ${Buffer.from("üser:pw").toString("base64")}` });
  });
});

describe("hosts of the report", () => {
  test("a call without a prompt names no host, one with a prompt names host and port as in the URL", async () => {
    const { egress } = setup([groq, ollama]);
    const run = passage("cloud-allowed");
    await egress.open(groq, run, { carriesPrompt: false })(groq.baseUrl);
    expect([...run.hosts]).toEqual([]);
    await egress.open(groq, run, { carriesPrompt: true })(groq.baseUrl);
    await egress.open(ollama, run, { carriesPrompt: true })(`${ollama.baseUrl}/api/chat`);
    expect([...run.hosts]).toEqual(["api.groq.com", "127.0.0.1:11434"]);
  });
  test("where the transport reports sending, a call that never connected names no host", async () => {
    const { egress } = setup([groq], { reportsSent: true, reply: () => Promise.reject(new Error("refused")) });
    const run = passage("cloud-allowed");
    await why(egress.open(groq, run, { carriesPrompt: true })(groq.baseUrl));
    expect([...run.hosts]).toEqual([]);
  });
});

describe("the transport over a runtime's own fetch", () => {
  const endless = (): Response => {
    const piece = new Uint8Array(64 * 1024);
    return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(piece) }, { highWaterMark: 0 }));
  };
  test("cuts an endless body at the cap and counts it", async () => {
    const counts: string[] = [];
    const meter: Meter = { count: (name, labels) => counts.push(`${name} ${Object.values(labels).join()}`), observe: () => undefined };
    const transport = createGlobalTransport(() => Promise.resolve(endless()));
    const egress = createEgress({ endpoints: [groq], localAddresses: [], transport, meter, log: () => undefined });
    const response = await egress.open(groq, passage("cloud-allowed"), { carriesPrompt: true })(groq.baseUrl);
    await expect(response.text()).rejects.toThrow("longer than");
    expect(counts).toEqual(["bytes_capped groq"]);
  });
  test("turns a failure into a network error and leaves an abort as it is", async () => {
    const { fetch } = createGlobalTransport(() => Promise.reject(new Error("boom")));
    await expect(fetch("http://127.0.0.1/")).rejects.toMatchObject({ name: "NetworkError", phase: "headers" });
    const controller = new AbortController();
    controller.abort();
    await expect(fetch("http://127.0.0.1/", { signal: controller.signal })).rejects.toThrow("boom");
  });
});
