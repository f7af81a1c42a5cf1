/** Ollama: its native API through the `ollama` package's browser build, always streaming; also asked what it really runs. */
import { Ollama } from "ollama/browser";
import type { Endpoint } from "../egress/egress.ts";
import { facts, JSON_HEADERS, LOCAL_TIMEOUT_MS, requestJson, type AdapterSettings } from "./adapter.ts";
import { exchangeChat, type Exchange } from "./exchange.ts";
import { CallFailure, fail } from "./failure.ts";
import { guessThinking, thinkingOf } from "./models.ts";
import { aboutOllama } from "./ollama-about.ts";
import { failedProof, readProof } from "./ollama-proof.ts";
import { buildOllama, KEEP_ALIVE, takeOllama } from "./ollama-wire.ts";
import type { CallIo, ChatCall, Failure, LocalProof, Provider } from "./provider.ts";
import { asArray, asCount, asName, asObject, type JsonObject } from "./shape.ts";

/**
 * One client per call: the package can abort only all streams of a client at once. It only sees that something was accepted;
 * status, errors (which it would print) and stream are read by us.
 */
async function send(host: string, body: JsonObject, io: CallIo): Promise<Response> {
  let response: Response | null = null;
  const client = new Ollama({
    host,
    fetch: async (_url, init) => {
      // the package writes default ports into its URL
      response = await io.fetch(`${host}/api/chat`, { method: "POST", headers: JSON_HEADERS, body: init?.body, signal: io.signal });
      return { ok: true, status: 200, body: {} } as Response;
    },
  });
  await client.chat({ ...(body as unknown as Parameters<Ollama["chat"]>[0]), stream: true });
  return response ?? fail("unavailable", "nothing was sent");
}

/** A 403 without a word is Ollama's check of the Host header, not of a key. */
function revise(failed: Failure, body: string): Failure {
  if (failed.status === 403 && body === "") return { ...failed, detail: "Ollama refused the Host header of the request" };
  return failed;
}

/** `llama3.2` and `llama3.2:latest` are one model. */
const withTag = (model: string): string => (model.slice(model.lastIndexOf("/") + 1).includes(":") ? model : `${model}:latest`);

async function models(endpoint: Endpoint, io: CallIo): Promise<{ id: string; contextTokens: number | null }[]> {
  const list = asArray(asObject(await requestJson(endpoint, "/api/tags", io))?.["models"]);
  return (list ?? fail("bad-response", "the list of models has the wrong shape")).flatMap((item) => {
    const model = asObject(item);
    const id = asName(model?.["name"]) ?? asName(model?.["model"]);
    return id === null ? [] : [{ id, contextTokens: asCount(asObject(model?.["details"])?.["context_length"]) }];
  });
}
async function loaded(endpoint: Endpoint, model: string, io: CallIo): Promise<boolean | null> {
  try {
    const list = asArray(asObject(await requestJson(endpoint, "/api/ps", io))?.["models"]);
    if (list === null) return null;
    return list
      .map(asObject)
      .some((one) => [one?.["name"], one?.["model"]].some((name) => name !== undefined && withTag(String(name)) === withTag(model)));
  } catch (error) {
    if (error instanceof CallFailure) return null;
    throw error;
  }
}
async function warm(endpoint: Endpoint, model: string, numCtx: number | undefined, io: CallIo): Promise<void> {
  const options = numCtx === undefined ? {} : { num_ctx: numCtx };
  await requestJson(endpoint, "/api/chat", io, { model, messages: [], stream: false, options, keep_alive: KEEP_ALIVE, shift: false });
}

export function createOllama(settings: AdapterSettings): Provider {
  const { endpoint, clock = null } = settings;
  /** models whose proof named their capabilities: whether they think */
  const thinks = new Map<string, boolean>();

  /** Unset means on for a model that thinks; to ask for it is an error on one that does not. */
  function think(call: ChatCall): boolean | "low" | undefined {
    if (!(thinks.get(call.model) ?? guessThinking(call.model))) return undefined;
    return thinkingOf(call.model) === "levels" ? "low" : false;
  }
  const exchange: Exchange = {
    dialect: {
      framing: "ndjson",
      alwaysStreams: true,
      build: (call, streaming) => buildOllama(call, streaming, think(call)),
      take: takeOllama,
      revise,
    },
    send: (body, io) => send(endpoint.baseUrl, body, io),
    local: endpoint.local,
    clock,
  };

  async function prove(model: string, io: CallIo): Promise<LocalProof> {
    try {
      const proof = readProof(model, await requestJson(endpoint, "/api/show", io, { model }));
      if (proof.proved && proof.capabilities.length > 0) thinks.set(model, proof.capabilities.includes("thinking"));
      return proof;
    } catch (error) {
      if (error instanceof CallFailure) return failedProof(error.failure);
      throw error;
    }
  }
  return {
    ...facts({ ...settings, timeoutMs: settings.timeoutMs ?? LOCAL_TIMEOUT_MS, maxConcurrency: settings.maxConcurrency ?? 1 }),
    chat: (call, io) => exchangeChat(exchange, call, io),
    models: (io) => models(endpoint, io),
    prove,
    about: (io) => aboutOllama(endpoint, io),
    loaded: (model, io) => loaded(endpoint, model, io),
    warm: (model, numCtx, io) => warm(endpoint, model, numCtx, io),
  };
}
