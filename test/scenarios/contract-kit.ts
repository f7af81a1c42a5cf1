/** A whole service on Node before upstreams that answer as the test says, on the three real wire formats; holds no test. */
import type { ServerResponse } from "node:http";
import type { ProblemDocument, Report } from "../../src/core/report.ts";
import { readSettings } from "../../src/runtimes/config.ts";
import { serve } from "../../src/runtimes/serve.ts";
import { startUpstream, type Upstream } from "../../src/simulator/upstream.ts";

export interface Shown {
  label: string;
  text: string;
}
/** What a model answers: a text, or a status; after `afterMs`. */
export interface Scripted {
  text?: string;
  status?: number;
  afterMs?: number;
}
/** By `provider/model`. */
export type Script = (member: string) => Scripted | string;
/** What an adjudicator says to the candidates it is shown; `writes` when it is asked for a merge. */
export type Judge = (shown: Shown[], asked: { member: string; writes: boolean }) => Scripted | string;

interface Asked {
  model: string;
  stream?: boolean;
  messages: { content: string }[];
}
const candidatesIn = (text: string): Shown[] =>
  [...text.matchAll(/--- candidate ([A-P]) begins \w+ ---\n([^]*?)\n--- candidate/g)].map(([, label = "", body = ""]) => ({
    label,
    text: body.replace(/^\w{4}\| ?/gm, ""),
  }));
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
const chat = (model: string, content: string): object => ({
  id: "c",
  object: "chat.completion",
  created: 1,
  model,
  choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
});
const ollamaChat = (model: string, content: string): object => ({
  model,
  created_at: "2026-01-01T00:00:00Z",
  message: { role: "assistant", content },
  done: true,
  done_reason: "stop",
  prompt_eval_count: 10,
  eval_count: 5,
});
const ABOUT: Record<string, object> = {
  "/api/version": { version: "0.13.0" },
  "/api/ps": { models: [] },
  "/api/show": { details: { family: "llama" }, model_info: { "llama.context_length": 131072 }, capabilities: ["completion"] },
};

export interface World {
  ask(request: object): Promise<{ status: number; ms: number; report: Report; problem: ProblemDocument | null }>;
  /** models asked for an answer, in order, as `provider/model` */
  asked: string[];
  script: Script;
  judge: Judge;
  url: string;
  close(): Promise<void>;
}

export async function openWorld(env: Record<string, string> = {}): Promise<World> {
  const upstreams = await Promise.all(["together", "groq", "ollama"].map((provider) => startUpstream(answerOf(provider))));
  const [together, groq, ollama] = upstreams as [Upstream, Upstream, Upstream];
  const own = { TOGETHER_API_KEY: "t", TOGETHER_BASE_URL: `${together.url}/v1`, GROQ_API_KEY: "g", GROQ_BASE_URL: groq.url };
  const given = { ...own, OLLAMA_HOST: ollama.url, CONSENSUS_DB: ":memory:", PORT: "0", LOG_LEVEL: "error", ...env };
  const service = await serve(await readSettings(given, { version: "test" }));
  function answerOf(provider: string): Upstream["reply"] {
    return async (seen, response) => {
      const about = ABOUT[seen.path];
      if (about) return send(response, 200, about);
      const { model, messages } = seen.json as Asked;
      const member = `${provider}/${model}`;
      world.asked.push(member);
      const prompt = messages.at(-1)?.content ?? "";
      const shown = candidatesIn(prompt);
      const said = shown.length > 0 ? world.judge(shown, { member, writes: !prompt.includes('"winner"') }) : world.script(member);
      const { text = "", status = 200, afterMs = 0 } = typeof said === "string" ? { text: said } : said;
      await sleep(afterMs);
      if (status !== 200) return send(response, status, { error: { message: "scripted" } });
      send(response, 200, provider === "ollama" ? ollamaChat(model, text) : chat(model, text));
    };
  }
  const world: World = {
    url: service.url,
    asked: [],
    script: () => "It is 42.",
    judge: ([first]) => `{"winner":"${first?.label}"}`,
    async ask(request) {
      const from = performance.now();
      const body = JSON.stringify({ stop: "all", ...request });
      const response = await fetch(`${service.url}/consensus`, { method: "POST", headers: { "content-type": "application/json" }, body });
      const json: unknown = await response.json();
      const ms = performance.now() - from;
      const problem = response.ok ? null : (json as ProblemDocument);
      return { status: response.status, ms, report: (problem ? problem.report : json) as Report, problem };
    },
    async close() {
      await service.stop();
      for (const upstream of upstreams) await upstream.close();
    },
  };
  return world;
}
