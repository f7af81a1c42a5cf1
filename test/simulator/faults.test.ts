/** Every fault of the catalogue, looked at on the wire with a client that hides nothing: bytes, ends of connections, times. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DROPOUT_REASONS } from "../../src/core/reasons.ts";
import { PROVIDERS, type ProviderName } from "../../src/simulator/asked.ts";
import { DIALECTS } from "../../src/simulator/dialects/index.ts";
import { FAULTS, faultsOf, findFault } from "../../src/simulator/faults.ts";
import { startSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { parseReply, rawRequest, type HttpReply, type RawReply } from "./raw-client.ts";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ providers: PROVIDERS, latencyMs: 0, pace: 0.01, redirectTo: "http://127.0.0.1:9/elsewhere" });
});
afterAll(() => simulator.close());

const QUESTION = "Tell me about garbage collectors in busy servers";
interface Sent {
  raw: RawReply;
  http: HttpReply;
  text: string;
  stream: boolean;
  provider: ProviderName;
}
async function send(provider: ProviderName, stream: boolean, more: Partial<Parameters<typeof rawRequest>[0]> = {}): Promise<Sent> {
  const port = Number(new URL(simulator.urls[provider] ?? "").port);
  const body = JSON.stringify({
    model: "m1",
    stream,
    stream_options: { include_usage: true },
    max_tokens: 500,
    messages: [{ role: "user", content: QUESTION }],
  });
  const raw = await rawRequest({ port, path: DIALECTS[provider].chatPath, body, limitMs: 200, limitBytes: 300_000, ...more });
  const http = parseReply(raw.bytes);
  return { raw, http, text: http.body.toString("utf8"), stream, provider };
}

/** What must be seen of each fault, beside the status. `false` in `whole` = the reply was cut or left open. */
type Look = (sent: Sent) => void;
const status =
  (code: number, look: Look = () => undefined): Look =>
  (sent) => {
    expect(sent.http.status).toBe(code);
    expect(sent.http.whole).toBe(true);
    look(sent);
  };
const json = ({ text }: Sent): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
const says =
  (...words: string[]): Look =>
  ({ text }) => {
    for (const word of words) expect(text).toContain(word);
  };
const header =
  (name: string, value: string): Look =>
  ({ http }) =>
    expect(http.headers[name]).toBe(value);
/** A finished reply in the provider's own form; `words` stand in it. */
const answered =
  (...words: string[]): Look =>
  (sent) => {
    expect(sent.http.status).toBe(200);
    expect(sent.http.whole).toBe(true);
    expect(sent.text).toContain(FINISH[sent.provider][sent.stream ? 1 : 0]);
    for (const word of words) expect(sent.text).toContain(word);
  };
const FINISH: Record<ProviderName, [string, string]> = {
  together: ['"finish_reason":"', "data: [DONE]\n\n"],
  groq: ['"finish_reason":"', "data: [DONE]\n\n"],
  openai: ['"finish_reason":"', "data: [DONE]\n\n"],
  ollama: ['"done":true', '"done":true'],
  anthropic: ['"stop_reason":"', "event: message_stop"],
};
const unfinished: Look = ({ text, provider, stream }) => expect(text).not.toContain(FINISH[provider][stream ? 1 : 0]);
/** Exactly one piece of the reply is no strict JSON. */
const brokenJson: Look = ({ text, stream, http }) => {
  expect(http.status).toBe(200);
  const pieces = stream ? text.split("\n").flatMap((line) => (line.includes("{") ? [line.slice(line.indexOf("{"))] : [])) : [text];
  const bad = pieces.filter((piece) => {
    try {
      JSON.parse(piece);
      return false;
    } catch {
      return true;
    }
  });
  expect(bad).toHaveLength(1);
};
const open: Look = ({ raw, http }) => {
  expect(raw.end).toBe("open");
  expect(http.whole).toBe(false);
};
/** Healthy for adjudicators' faults, which this prompt does not meet. */
const untouched: Look = answered();

const LOOKS: Record<string, Look> = {
  ...Object.fromEntries(
    [408, 409, 410, 498, 500, 502, 503, 504, 529, 401, 402, 403].map((code) => [String(code), status(code, says("error"))]),
  ),
  ...Object.fromEntries([520, 521, 522, 523, 524, 525, 526].map((code) => [String(code), status(code, says("<html>", "cloudflare"))])),
  ...Object.fromEntries(
    [301, 302, 303, 307, 308].map((code) => [`redirect-${code}`, status(code, header("location", "http://127.0.0.1:9/elsewhere"))]),
  ),
  "400": status(400, says("top_p")),
  "404": status(404, says("m1")),
  "413": status(413, says("rate_limit_exceeded", '"tokens"')),
  "422": status(422, says("temperature")),
  "429": status(429, header("retry-after", "1")),
  "429-bare": status(429, ({ http }) => expect(http.headers["retry-after"]).toBeUndefined()),
  "429-negative": status(429, header("retry-after", "-5")),
  "429-huge": status(429, header("retry-after", "1000000000000")),
  "429-words": status(429, header("retry-after", "soon")),
  "429-float": status(429, header("retry-after", "0.5")),
  "429-past": status(429, header("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT")),
  "429-two": status(429, ({ http }) => expect(http.headerLines.filter((line) => /^retry-after/i.test(line))).toHaveLength(2)),
  "429-once": status(429, header("retry-after", "1")),
  "503-once": status(503),
  "429-money": status(429, ({ text }) => expect(text).toMatch(/credit_balance_exhausted|enforced_spend_limit_reached/)),
  decommissioned: status(400, says("model_decommissioned")),
  "context-overflow": ({ http, text }) => {
    expect([400, 403]).toContain(http.status);
    expect(text).toMatch(/context length|reduce the length|prompt is too long|exceed_context_size_error/);
  },
  "groq-json-validate": status(400, says("json_validate_failed", "failed_generation")),
  "groq-tool-use": status(400, says("tool_use_failed", "failed_generation")),
  "echo-key": status(401, (sent) => {
    says("sk-probe-key")(sent);
    expect(sent.http.headers["x-echo"]).toBe("sk-probe-key");
  }),
  "html-200": status(200, says("<!DOCTYPE html>")),
  "html-502": status(502, says("<!DOCTYPE html>")),
  "empty-200": status(200, ({ text }) => expect(text).toBe("")),
  "null-200": status(200, ({ text }) => expect(text).toBe("null")),
  "error-200": status(200, (sent) => expect(json(sent)["error"]).toBeDefined()),
  "error-200-rate": status(200, says("rate_limit")),
  "wrong-shape": status(200, says('"choices":"none"')),
  "cut-json": brokenJson,
  "malformed-json": brokenJson,
  "nan-json": (sent) => {
    brokenJson(sent);
    says("NaN")(sent);
  },
  "utf16-json": status(200, ({ http }) => expect(http.body.subarray(0, 2)).toEqual(Buffer.from([0xff, 0xfe]))),
  "deep-json": ({ text }) => expect(text.split("[[[[")).toHaveLength(25_001),
  "proto-json": answered('"__proto__":{"polluted":true}'),
  "duplicate-keys": (sent) => {
    const key = sent.provider === "anthropic" && sent.stream ? '"type":"content_block_start"' : '"model":"m1"';
    if (!(sent.provider === "anthropic" && sent.stream)) answered()(sent);
    const pieces = sent.stream ? sent.text.split("\n") : [sent.text];
    expect(pieces.some((piece) => piece.split(key).length === 3)).toBe(true);
  },
  "cut-stream": (sent) => {
    expect(sent.http).toMatchObject({ status: 200, whole: true });
    unfinished(sent);
  },
  "stall-headers": ({ raw }) => {
    expect(raw.end).toBe("open");
    expect(raw.bytes).toHaveLength(0);
  },
  stall: open,
  "keep-alive-comments": (sent) => {
    open(sent);
    // how many there are in a quarter of a second is up to the machine
    expect(sent.http.chunks.length).toBeGreaterThan(1);
    expect(sent.text.replaceAll(DIALECTS[sent.provider].keepAlive, "").trim()).toBe("");
  },
  "slow-drip": (sent) => {
    open(sent);
    expect(sent.http.chunks.length).toBeGreaterThan(3);
    expect(new Set(sent.http.chunks)).toEqual(new Set([1]));
  },
  endless: (sent) => {
    open(sent);
    expect(sent.http.body.length).toBeGreaterThan(250_000);
  },
  "huge-line": ({ text, http }) => {
    expect(http.whole).toBe(false);
    expect(text.slice(1000)).not.toContain("\n");
  },
  "huge-body": ({ http }) => {
    expect(http.whole).toBe(false);
    expect(http.body.length).toBeGreaterThan(250_000);
  },
  "error-event": (sent) => {
    expect(sent.http).toMatchObject({ status: 200, whole: true });
    unfinished(sent);
    says("error")(sent);
  },
  "error-event-unknown": (sent) => {
    unfinished(sent);
    says("odd weather upstream")(sent);
  },
  "groq-stream-error": (sent) => says(sent.stream ? '"x_groq":{"id":"req_x","error":"internal_server_error"}' : "server_error")(sent),
  "split-utf8": (sent) => {
    expect(new Set(sent.http.chunks)).toEqual(new Set([1]));
    expect(sent.text).toContain(sent.stream ? "東" : "Grüße — 東京 🗼🏽");
  },
  refused: ({ raw }) => expect(raw.end).toBe("refused"),
  reset: ({ raw }) => {
    expect(raw.end).toBe("reset");
    expect(raw.bytes).toHaveLength(0);
  },
  "reset-once": ({ raw }) => expect(raw.end).toBe("reset"),
  "reset-body": (sent) => {
    expect(sent.raw.end).toBe("reset");
    expect(sent.http.status).toBe(200);
    expect(sent.http.body.length).toBeGreaterThan(10);
    expect(sent.http.whole).toBe(false);
  },
  "stale-keep-alive": answered(),
  "short-body": ({ raw, http }) => {
    expect(raw.end).toBe("fin");
    expect(Number(http.headers["content-length"]) - http.body.length).toBe(100);
  },
  "length-and-chunked": ({ http }) => {
    expect(http.headers["content-length"]).toBe("5");
    expect(http.headers["transfer-encoding"]).toBe("chunked");
  },
  "huge-headers": (sent) => {
    answered()(sent);
    expect(sent.http.headerLines.join("\r\n").length).toBeGreaterThan(16 * 1024);
  },
  "early-hints": (sent) => {
    answered()(sent);
    expect(sent.raw.bytes.toString("latin1").split("HTTP/1.1 103 ")).toHaveLength(2001);
  },
  "unasked-bytes": answered(),
  "gzip-bomb": ({ http }) => {
    expect(http.headers["content-encoding"]).toBe("gzip");
    expect(http.body.subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
  },
  "stacked-encoding": status(200, ({ http }) => {
    expect(http.headers["content-encoding"]).toBe("gzip, gzip");
    expect(gunzipSync(gunzipSync(http.body)).toString()).toContain("m1");
  }),
  "unknown-encoding": status(200, header("content-encoding", "snappy-9")),
  refusal: answered(),
  "refusal-message": answered("I'm sorry"),
  blank: answered("\u200b"),
  dots: (sent) => answered(sent.stream ? "..." : "... !?")(sent),
  "only-reasoning": answered(),
  truncated: (sent) => answered(sent.provider === "anthropic" ? '"max_tokens"' : '"length"')(sent),
  "unasked-tool": answered("delete_everything"),
  "image-answer": answered("image_url"),
  "think-tags": (sent) => (sent.stream ? answered()(sent) : answered("</think>")(sent)),
  "odd-text": answered("\\u0000", "\\ud83d"),
  "usage-garbage": answered("-5", "1e+30"),
  "usage-missing": (sent) => {
    answered()(sent);
    expect(sent.text).not.toMatch(/"(?:completion_tokens|eval_count)"/);
    if (!sent.stream) expect(sent.text).not.toContain('"output_tokens"');
  },
  "wrong-model": answered("some-other-model-7b"),
  slow: answered(),
  laggard: ({ raw }) => expect(raw.ms).toBeGreaterThan(80),
  flap: status(503),
  "ollama-loading": ({ raw }) => expect(raw.bytes).toHaveLength(0),
  "ollama-oom": status(500, says("model runner has unexpectedly stopped")),
  "ollama-cut-prompt": answered('"prompt_eval_count":3,'),
  "ollama-relay": answered('"remote_host":"https://ollama.com:443"'),
  "ollama-unfinished": unfinished,
  "ollama-host-check": status(403, ({ text }) => expect(text).toBe("")),
  "not-ollama": status(404, says("<html>")),
  ...Object.fromEntries(FAULTS.filter(({ name }) => name.startsWith("judge-")).map(({ name }) => [name, untouched])),
};

test("every fault has a look of its own in this file, and the catalogue no name twice", () => {
  const names = FAULTS.map((fault) => fault.name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !LOOKS[name])).toEqual([]);
  expect(Object.keys(LOOKS).filter((name) => !names.includes(name))).toEqual([]);
});

test("every fault says in one sentence what it does and expects a reason of the closed list, or an answer", () => {
  for (const { name, doc, expects } of FAULTS) {
    expect(doc, name).toMatch(/^[A-Z1][^\n]{10,200}\.$/);
    if (expects !== null) expect(DROPOUT_REASONS, name).toContain(expects);
  }
});

describe.each(PROVIDERS)("%s", (provider) => {
  test.each(faultsOf(provider))(
    "$name: the bytes on the wire are what the catalogue says, whole and streamed, and healing works",
    async ({ name, cost }) => {
      // what never comes needs a limit, everything else as much time as a busy machine takes
      const limitMs = cost === "limit" ? 250 : 8000;
      const look = async (stream: boolean): Promise<void> => {
        const sent = await send(provider, stream, { limitMs });
        LOOKS[name]?.(sent);
        if (sent.raw.bytes.length > 0) expect(sent.http.headers["x-simulated"]).toBe("true");
      };
      await simulator.fault(provider, name);
      expect(simulator.current(provider)).toBe(name);
      if (cost === "limit") await Promise.all([look(false), look(true)]);
      else {
        await look(false);
        // afresh: some faults pass after the first request
        await simulator.fault(provider, name);
        await look(true);
      }
      await simulator.fault(provider, null);
      answered()(await send(provider, false, { limitMs: 8000 }));
    },
  );
});

test("faults that pass are well at the second request, and flapping fails three of four", async () => {
  for (const name of ["429-once", "503-once", "reset-once"]) {
    await simulator.fault("groq", name);
    await send("groq", false);
    answered()(await send("groq", false));
  }
  await simulator.fault("groq", "flap");
  const codes: number[] = [];
  for (let at = 0; at < 8; at += 1) codes.push((await send("groq", false)).http.status);
  expect(codes).toEqual([503, 503, 503, 200, 503, 503, 503, 200]);
  await simulator.fault("groq", null);
});

test("bytes that nobody asked for follow a good answer on the idle connection", async () => {
  await simulator.fault("together", "unasked-bytes");
  const { raw } = await send("together", false, { headers: { connection: "keep-alive" } });
  expect(raw.end).toBe("open");
  expect(raw.bytes.toString()).toContain('{"smuggled":"response"}');
  await simulator.fault("together", null);
});

test("a stale connection answers once and is reset at its second use", async () => {
  await simulator.fault("together", "stale-keep-alive");
  const first = await send("together", false, { headers: { connection: "keep-alive" } });
  expect(first.http.status).toBe(200);
  const port = Number(new URL(simulator.urls.together ?? "").port);
  const body = JSON.stringify({ model: "m1", messages: [{ role: "user", content: "hi" }] });
  const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer k\r\ncontent-type: application/json\r\n`;
  const tail = `${head}content-length: ${body.length}\r\n\r\n${body}`;
  // two requests on one socket: the second goes out behind the first
  const twice = await rawRequest({
    port,
    path: "/v1/chat/completions",
    body,
    headers: { connection: "keep-alive" },
    limitMs: 300,
    behind: tail,
  });
  expect(twice.end).toBe("reset");
  await simulator.fault("together", null);
});

test("the bomb unpacks to a GiB and its size on the wire is about one MiB", async () => {
  await simulator.fault("together", "gzip-bomb");
  const { raw } = await send("together", false, { limitBytes: 1 << 23, limitMs: 5000 });
  expect(raw.end).toBe("fin");
  expect(raw.bytes.length).toBeGreaterThan(900_000);
  expect(raw.bytes.length).toBeLessThan(1_300_000);
  expect(() => gunzipSync(parseReply(raw.bytes).body, { maxOutputLength: 64 << 20 })).toThrow(/larger than/);
  await simulator.fault("together", null);
});

test("the huge line is 64 MiB and the huge body 32 MiB", async () => {
  for (const [name, mib] of [
    ["huge-line", 64],
    ["huge-body", 32],
  ] as const) {
    await simulator.fault("ollama", name);
    const { http } = await send("ollama", true, { limitBytes: 1 << 28, limitMs: 10_000 });
    expect(http.whole).toBe(true);
    expect(Math.floor(http.body.length / (1 << 20))).toBe(mib);
  }
  await simulator.fault("ollama", null);
});

test("a cold model shows in no process list until its load is over, and then answers", async () => {
  await simulator.fault("ollama", "ollama-loading");
  const port = Number(new URL(simulator.urls.ollama ?? "").port);
  const loaded = async (): Promise<number> => {
    const reply = parseReply((await rawRequest({ port, method: "GET", path: "/api/ps" })).bytes);
    return (JSON.parse(reply.body.toString()) as { models: unknown[] }).models.length;
  };
  expect(await loaded()).toBe(0);
  await send("ollama", true, { limitMs: 50 });
  // the caller is gone, the load is not: 600 ms at this pace
  answered()(await send("ollama", true, { limitMs: 3000 }));
  expect(await loaded()).toBe(1);
  await simulator.fault("ollama", null);
});

test("a relay says so before the first prompt byte", async () => {
  await simulator.fault("ollama", "ollama-relay");
  const port = Number(new URL(simulator.urls.ollama ?? "").port);
  const reply = parseReply((await rawRequest({ port, path: "/api/show", body: '{"model":"llama3.2"}' })).bytes);
  expect(JSON.parse(reply.body.toString())).toMatchObject({ remote_host: "https://ollama.com:443", remote_model: "gpt-oss:120b" });
  await simulator.fault("ollama", null);
});

test("an unknown fault or provider is refused with the accepted names", async () => {
  await expect(simulator.fault("groq", "gremlins")).rejects.toMatchObject({
    slug: "validation-failed",
    detail: expect.stringContaining("503"),
  });
  await expect(simulator.fault("groq", "ollama-oom")).rejects.toMatchObject({ slug: "validation-failed" });
  await expect(simulator.fault("mistral", "503")).rejects.toMatchObject({ slug: "not-found", detail: expect.stringContaining("together") });
  expect(findFault("ollama-oom", "ollama").name).toBe("ollama-oom");
});

test("the table of faults in the README is the catalogue (UPDATE=1 rewrites it)", () => {
  const file = join(import.meta.dirname, "../../src/simulator/README.md");
  const rows = FAULTS.map(({ name, doc, expects, only }) => `| \`${name}\` | ${doc} | ${expects ?? "–"} | ${only?.join(", ") ?? "all"} |`);
  const table = ["| fault | what happens | drops as | providers |", "|---|---|---|---|", ...rows].join("\n");
  const text = readFileSync(file, "utf8");
  const [before = "", rest = ""] = text.split("<!-- faults -->\n");
  const [, after = ""] = rest.split("\n<!-- /faults -->");
  const fresh = `${before}<!-- faults -->\n${table}\n<!-- /faults -->${after}`;
  if (process.env["UPDATE"] === "1") writeFileSync(file, fresh);
  else expect(text).toBe(fresh);
});
