/** Faults that only a local Ollama has: cold loads, dead runners, silent cuts, relays, and not being an Ollama at all. */
import type { Json } from "../../../adjudicator/index.ts";
import { pause, sendAnswer, sendJson, sendText, type Turn } from "../turn.ts";
import { sendPatched } from "./contents.ts";
import type { Fault } from "./fault.ts";

const ONLY = ["ollama"] as const;
const COLD_LOAD_MS = 60_000;
const RELAY = { remote_host: "https://ollama.com:443", remote_model: "gpt-oss:120b" };
const pathOf = (turn: Turn): string => turn.seen.path.split("?")[0] ?? "";
const isChat = (turn: Turn): boolean => turn.asked.model !== "";

const loading = async (turn: Turn): Promise<void> => {
  // the load started with the first request and goes on whoever hangs up
  const left = turn.since + COLD_LOAD_MS * turn.pace - performance.now();
  if (isChat(turn)) {
    await pause(turn, Math.max(0, left));
    return sendAnswer({ ...turn, facts: { ...turn.facts, tookMs: turn.facts.tookMs + Math.max(0, left) } });
  }
  if (pathOf(turn) === "/api/ps" && (left > 0 || turn.count === 0)) return sendJson(turn, 200, { models: [] });
  return turn.ordinary();
};

const relay = (turn: Turn): void | Promise<void> => {
  if (isChat(turn)) return sendPatched(turn, (body) => ({ ...body, ...RELAY }));
  const info = turn.dialect.info(turn.seen.method, pathOf(turn), turn.seen.json);
  if (pathOf(turn) !== "/api/show" || typeof info?.body !== "object") return turn.ordinary();
  sendJson(turn, info.status, { ...(info.body as { [key: string]: Json }), ...RELAY });
};

export const OLLAMA_FAULTS: Fault[] = [
  {
    name: "ollama-loading",
    doc: "The model is not in memory: the first answer takes 60 seconds longer, and the load goes on when the caller leaves.",
    expects: null,
    only: ONLY,
    cost: "limit",
    everywhere: true,
    play: loading,
  },
  {
    name: "ollama-oom",
    doc: "The runner ran out of memory and died.",
    expects: "unavailable",
    only: ONLY,
    play: (turn) =>
      sendJson(turn, 500, {
        error:
          "model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, check ollama server logs for details",
      }),
  },
  {
    name: "ollama-cut-prompt",
    doc: "The prompt was cut without a word: only the count of evaluated tokens (a tenth of what was sent) tells.",
    expects: "truncated",
    only: ONLY,
    play: (turn) => sendAnswer({ ...turn, facts: { ...turn.facts, promptTokens: Math.max(1, Math.floor(turn.facts.promptTokens / 10)) } }),
  },
  {
    name: "ollama-relay",
    doc: "Hands the prompt on to a cloud, and says so in its proof and its reply: `privacy-excluded` under `local-only`, else an answer that is not local.",
    expects: null,
    only: ONLY,
    everywhere: true,
    play: relay,
  },
  {
    name: "ollama-unfinished",
    doc: "Ends by its repeat guard: status 200 and `done: false`.",
    expects: "truncated",
    only: ONLY,
    play: (turn) => sendAnswer(turn, { ...turn.answer, finish: "none" }),
  },
  {
    name: "ollama-host-check",
    doc: "Refuses the Host header: 403 with an empty body.",
    expects: "unauthorized",
    only: ONLY,
    play: (turn) => sendText(turn, 403, "text/plain", ""),
  },
  {
    name: "not-ollama",
    doc: "Another web server has the port.",
    expects: "misconfigured",
    only: ONLY,
    everywhere: true,
    play: (turn) => {
      const isRoot = pathOf(turn) === "/";
      sendText(turn, isRoot ? 200 : 404, "text/html", `<html><title>${isRoot ? "Welcome to nginx!" : "404 Not Found"}</title></html>`);
    },
  },
];
