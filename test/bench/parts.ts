/** The processes that the benchmark compares: an upstream, a bare floor that makes the same 3 + 1 calls, and the service. Each answers its parent with its own CPU time and memory. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Pool } from "undici";
import { readSettings } from "../../src/runtimes/config.ts";
import { serve } from "../../src/runtimes/serve.ts";

const ANSWER = "There were forty-two failed logins, most of them from one address, between two and four in the morning. ".repeat(4);

const chat = (text: string): string =>
  JSON.stringify({
    id: "c1",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: text } }],
    usage: { prompt_tokens: 120, completion_tokens: 90, total_tokens: 210 },
  });
const native = (text: string): string =>
  `${JSON.stringify({ model: "llama3.2", created_at: "2026-01-01T00:00:00Z", message: { role: "assistant", content: text }, done: true, done_reason: "stop", prompt_eval_count: 120, eval_count: 90 })}\n`;

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
const port = (server: ReturnType<typeof createServer>): Promise<number> =>
  new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));

/** Three voices that differ, and a judge that names its first candidate. */
async function upstream(delayMs: number): Promise<number> {
  const reply = (request: IncomingMessage, body: string): string => {
    const { url = "" } = request;
    if (url === "/api/show")
      return JSON.stringify({ model_info: { "general.architecture": "llama", "llama.context_length": 131_072 }, capabilities: [] });
    if (url === "/api/ps") return JSON.stringify({ models: [{ name: "llama3.2", model: "llama3.2" }] });
    if (body.includes("winner")) return chat('{"winner":"A","reason":"clear"}');
    return url === "/api/chat" ? native(`Locally: ${ANSWER}`) : chat(`${url.startsWith("/openai") ? "Groq" : "Together"}: ${ANSWER}`);
  };
  const server = createServer((request, response: ServerResponse) => {
    void bodyOf(request).then((body) => {
      const text = reply(request, body);
      const send = (): void => {
        response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) }).end(text);
      };
      if (delayMs === 0 || request.url === "/api/show" || request.url === "/api/ps") send();
      else setTimeout(send, delayMs);
    });
  });
  server.keepAliveTimeout = 60_000;
  return port(server);
}

/** What the job costs with nothing around it: parse, three calls at once, one more, one JSON reply. */
async function floor(upstreamPort: number): Promise<number> {
  const pool = new Pool(`http://127.0.0.1:${upstreamPort}`, { connections: 512 });
  const call = async (path: string, body: unknown): Promise<unknown> => {
    const reply = await pool.request({ path, method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    return reply.body.json();
  };
  const server = createServer((request, response) => {
    void bodyOf(request).then(async (text) => {
      const { prompt } = JSON.parse(text) as { prompt: string };
      const messages = [{ role: "user", content: prompt }];
      const paths = ["/v1/chat/completions", "/openai/v1/chat/completions", "/v1/chat/completions"];
      const outcomes = await Promise.all(paths.map((path) => call(path, { model: "m", messages })));
      const judged = await call("/v1/chat/completions", {
        model: "m",
        messages: [{ role: "user", content: `winner ${JSON.stringify(outcomes)}` }],
      });
      const reply = JSON.stringify({ outcomes, judged });
      response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(reply) }).end(reply);
    });
  });
  return port(server);
}

async function ours(upstreamPort: number): Promise<number> {
  const base = `http://127.0.0.1:${upstreamPort}`;
  const env = {
    PORT: "0",
    CONSENSUS_DB: join(mkdtempSync(join(tmpdir(), "consensus-bench-")), "bench.db"),
    LOG_LEVEL: "error",
    TOGETHER_API_KEY: "bench-together-key",
    TOGETHER_BASE_URL: `${base}/v1`,
    GROQ_API_KEY: "bench-groq-key",
    GROQ_BASE_URL: base,
    OLLAMA_HOST: base,
    CONSENSUS_MODELS: JSON.stringify({
      "ollama/llama3.2": { max_concurrency: 256 },
      "groq/openai/gpt-oss-120b": { max_concurrency: 256 },
      "together/meta-llama/Llama-3.3-70B-Instruct-Turbo": { max_concurrency: 256 },
    }),
  };
  const { url } = await serve(await readSettings(env, { version: "bench" }));
  return Number(new URL(url).port);
}

const [role, argument] = process.argv.slice(2);
const value = Number(argument ?? 0);
const bound = role === "upstream" ? upstream(value) : role === "floor" ? floor(value) : ours(value);
process.send?.({ port: await bound });
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuUs: user + system, rss: process.memoryUsage().rss });
});
process.on("disconnect", () => process.exit());
