/** The whole surface of a served instance as a list of `local-only` requests: each kind is one way in, and says whether it was answered. */
import { type Answer, type Client, pick, sleep } from "./kit.ts";

export interface Visit {
  kind: string;
  /** an answer of a model came back */
  answered: boolean;
  /** a refusal in the service's own words (a problem), with this status */
  refused: number | null;
  /** every report seen, as text: where it went stands in it */
  reports: string[];
  /** neither an answer nor a refusal */
  odd: string | null;
}
type Kind = (client: Client, at: Shape) => Promise<Omit<Visit, "kind">>;
export interface Shape {
  index: number;
  strategy: string;
  panel: unknown;
  answer: object;
  deadlineMs: number;
  /** `request`: the request says local-only; `operator`: the configuration does, and the request may say what it wants */
  bound: "request" | "operator";
}

const STRATEGIES = ["auto", "vote", "pick", "merge", "rank", "cascade", "fallback"];
const ANSWERS = [{ type: "text" }, { type: "number" }, { type: "json" }, { type: "exact" }, { type: "choice", choices: ["yes", "no"] }];
const PANELS = [
  undefined,
  ["ollama/llama3.2"],
  ["together/a", "ollama/llama3.2", "ollama/qwen3:4b"],
  ["openai/c", "named/m", { model: "ollama/qwen3:4b", samples: 2 }, "ollama/llama3.2"],
  undefined,
  ["groq/b", "relay/m"],
];
const OPERATOR_PRIVACY = [undefined, "cloud-allowed", "auto", "local-only"];

/** Members of fault-struck rounds are other models, so that one fault's breaker does not answer for the next. */
export const shapeOf = (index: number, deadlineMs: number, bound: Shape["bound"], tag = ""): Shape => ({
  index,
  strategy: pick(STRATEGIES, index),
  panel: JSON.parse(JSON.stringify(pick(PANELS, Math.floor(index / 7)) ?? null).replaceAll("ollama/llama3.2", `ollama/llama3.2${tag}`)),
  answer: pick(ANSWERS, Math.floor(index / 3)),
  deadlineMs,
  bound,
});

const privacyOf = ({ bound, index }: Shape): string | undefined => (bound === "request" ? "local-only" : pick(OPERATOR_PRIVACY, index));
const promptOf = ({ index }: Shape): string =>
  `Were there failed logins in night ${index}? jane@mail.example asks, from 203.0.113.${index % 250}; is 17 + ${index} even?`;
const given = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
const own = (at: Shape): Record<string, unknown> =>
  given({
    panel: at.panel,
    strategy: at.strategy,
    privacy: privacyOf(at),
    deadline_ms: at.deadlineMs,
    adjudicators: at.index % 4 === 0 ? ["groq/b", "relay/m", "ollama/llama3.2"] : undefined,
  });
const bodyOf = (at: Shape): Record<string, unknown> => ({ prompt: promptOf(at), answer: at.answer, ...own(at) });

const problem = /"type":"\/problems\/[a-z-]+"|"code":"[a-z-]+"/;
const reportOf = (text: string): string[] => (text.includes('"consensus.report/1"') ? [text] : []);
const refusal = ({ status, text }: Answer): Omit<Visit, "kind"> => ({
  answered: false,
  refused: status,
  reports: reportOf(text),
  odd: status >= 400 && problem.test(text) ? null : `${status} ${text.slice(0, 300)}`,
});
const fine = (...texts: string[]): Omit<Visit, "kind"> => ({ answered: true, refused: null, reports: texts.flatMap(reportOf), odd: null });
const plain = (reply: Answer, mark: string): Omit<Visit, "kind"> =>
  reply.status === 200 && reply.text.includes(mark) ? fine(reply.text) : refusal(reply);
/** Ended by its own rules, a cut answer included; a stream has accepted with 200 before it fails: its last event tells. */
const streamed = (reply: Answer, end: RegExp, failed: string): Omit<Visit, "kind"> => {
  if (reply.status !== 200) return refusal(reply);
  const lines = reply.text.split("\n").filter((line) => line.startsWith("data: "));
  if (end.test(reply.text)) return fine(...lines.slice(-1));
  return {
    answered: false,
    refused: 200,
    reports: lines.slice(-1).flatMap(reportOf),
    odd: reply.text.includes(failed) ? null : reply.text.slice(-300),
  };
};
const SSE = { accept: "text/event-stream" };
const MCP = { accept: "application/json, text/event-stream" };

const viaMcp =
  (name: string): Kind =>
  async (client, at) => {
    const params = { name, arguments: bodyOf(at) };
    const reply = await client.ask({ path: "/mcp", json: { jsonrpc: "2.0", id: at.index, method: "tools/call", params }, headers: MCP });
    if (reply.status !== 200) return refusal(reply);
    if (/"isError":true/.test(reply.text)) return { ...refusal({ ...reply, status: 400 }), refused: 200 };
    return reply.text.includes("consensus.report/1") ? fine(reply.text) : { ...refusal(reply), odd: reply.text.slice(0, 300) };
  };

async function job(client: Client, at: Shape): Promise<Omit<Visit, "kind">> {
  const accepted = await client.ask({ path: "/consensus", json: bodyOf(at), headers: { prefer: "respond-async" } });
  if (accepted.status !== 202) return accepted.status === 200 ? fine(accepted.text) : refusal(accepted);
  for (let tries = 0; tries < 400; tries += 1) {
    const state = await client.ask({ method: "GET", path: String(accepted.headers["location"]) });
    const view = JSON.parse(state.text) as { state: string; report: string | null; problem: object | null };
    if (view.state === "queued" || view.state === "running") {
      await sleep(25);
      continue;
    }
    const report = view.report === null ? "" : (await client.ask({ method: "GET", path: view.report })).text;
    if (view.state === "done") return fine(report);
    return {
      answered: false,
      refused: 200,
      reports: reportOf(report),
      odd: view.problem === null && view.report === null ? state.text : null,
    };
  }
  return { answered: false, refused: null, reports: [], odd: "the job did not end" };
}

async function again(client: Client, at: Shape): Promise<Omit<Visit, "kind">> {
  const first = await client.ask({ path: "/consensus", json: bodyOf(at) });
  if (first.status !== 200) return refusal(first);
  const { id } = JSON.parse(first.text) as { id: string };
  const strategy = pick(["pick", "merge", "rank", "vote", "auto"], at.index);
  const change = { strategy, adjudicators: ["groq/b", "named/m", "openai/c", "ollama/llama3.2"], deadline_ms: at.deadlineMs };
  const second = await client.ask({ path: `/reports/${id}/adjudicate`, json: change });
  if (second.status !== 200) return refusal(second);
  const read = await client.ask({
    method: "GET",
    path: `/reports/${id}`,
    headers: { accept: pick(["text/html", "text/markdown"], at.index) },
  });
  await client.ask({ path: `/reports/${id}/feedback`, json: { useful: true } });
  return read.status === 200 ? fine(first.text, second.text) : refusal(read);
}

async function twice(client: Client, at: Shape): Promise<Omit<Visit, "kind">> {
  const headers = { "idempotency-key": `night-${at.bound}-${at.deadlineMs}-${at.index}` };
  const first = await client.ask({ path: "/consensus", json: bodyOf(at), headers });
  const second = await client.ask({ path: "/consensus", json: bodyOf(at), headers });
  if (first.status !== 200) return refusal(first);
  return second.text === first.text ? fine(first.text) : { ...fine(first.text), odd: "the second reply differs" };
}

const openAi = (at: Shape): Record<string, unknown> =>
  at.index % 5 === 0 && at.bound === "operator"
    ? { model: pick(["consensus", "consensus:pick", "groq/b", "ollama/llama3.2"], at.index / 5) }
    : { model: "consensus", consensus: { ...own(at), answer: at.answer } };
const chat = (at: Shape, stream: boolean) => ({ ...openAi(at), messages: [{ role: "user", content: promptOf(at) }], stream });
const responses = (at: Shape, stream: boolean) => ({ ...openAi(at), input: promptOf(at), stream });

export const KINDS: Readonly<Record<string, Kind>> = {
  json: async (client, at) => plain(await client.ask({ path: "/consensus", json: bodyOf(at) }), "consensus.report/1"),
  sse: async (client, at) =>
    streamed(await client.ask({ path: "/consensus", json: bodyOf(at), headers: SSE }), /event: run-end/, "event: error"),
  job,
  chat: async (client, at) => plain(await client.ask({ path: "/v1/chat/completions", json: chat(at, false) }), '"choices"'),
  "chat stream": async (client, at) =>
    streamed(await client.ask({ path: "/v1/chat/completions", json: chat(at, true) }), /"finish_reason":"/, '"error"'),
  responses: async (client, at) => plain(await client.ask({ path: "/v1/responses", json: responses(at, false) }), '"output"'),
  "responses stream": async (client, at) =>
    streamed(
      await client.ask({ path: "/v1/responses", json: responses(at, true) }),
      /event: response\.(?:completed|incomplete)/,
      "response.failed",
    ),
  "mcp consensus": viaMcp("consensus"),
  "mcp compare_models": viaMcp("compare_models"),
  idempotent: twice,
  "adjudicate again": again,
};
const NAMES = Object.keys(KINDS);

export async function visit(client: Client, at: Shape): Promise<Visit> {
  const kind = pick(NAMES, at.index);
  try {
    return { kind, ...(await (KINDS[kind] as Kind)(client, at)) };
  } catch (error) {
    return { kind, answered: false, refused: null, reports: [], odd: error instanceof Error ? error.message : "?" };
  }
}
/** A look around between requests. */
export async function lookAround(client: Client): Promise<void> {
  for (const path of ["/status", "/readyz", "/healthz", "/metrics", "/v1/models", "/reports", "/openapi.json", "/docs", "/"])
    await client.ask({ method: "GET", path });
}

/** Hosts that reports say were sent something. */
export function hostsIn(reports: readonly string[]): string[] {
  const lists = reports.flatMap((text) => [...text.matchAll(/"hosts":\[([^\]]*)\]/g)].map(([, list]) => list ?? ""));
  return [
    ...new Set(
      lists.flatMap((list) =>
        list
          .split(",")
          .filter((host) => host !== "")
          .map((host) => host.replaceAll('"', "")),
      ),
    ),
  ];
}
