/** Ollama: its native API through the `ollama` package's browser build, always streaming; also asked what it really runs. */
import { Ollama } from "ollama/browser";
import { facts, JSON_HEADERS, LOCAL_TIMEOUT_MS, requestJson, type AdapterSettings } from "./adapter.ts";
import { exchangeChat, type Exchange } from "./exchange.ts";
import { CallFailure, fail } from "./failure.ts";
import { guessThinking, thinkingOf } from "./models.ts";
import { buildOllama, KEEP_ALIVE, takeOllama } from "./ollama-wire.ts";
import type { CallIo, ChatCall, Failure, LocalProof, Provider } from "./provider.ts";
import { asArray, asCount, asName, asObject, type JsonObject } from "./shape.ts";

/** Names that Ollama itself relays to its cloud. */
const isCloudName = (model: string): boolean => /[:-]cloud$/i.test(model);

/**
 * One client per call: the package can abort only all streams of a client at once. It only sees that something was accepted;
 * status, errors (which it would print) and stream are read by us.
 */
async function send(host: string, body: JsonObject, io: CallIo): Promise<Response> {
  let response: Response | null = null;
  const client = new Ollama({
    host,
    fetch: async (url, init) => {
      response = await io.fetch(url as string, { method: "POST", headers: JSON_HEADERS, body: init?.body, signal: io.signal });
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

/** `model_info["<architecture>.context_length"]` */
function trainedContext(shown: JsonObject): number | null {
  const info = asObject(shown["model_info"]);
  const architecture = asName(info?.["general.architecture"]);
  return architecture === null ? null : asCount(info?.[`${architecture}.context_length`]);
}

function readProof(model: string, reply: unknown): LocalProof {
  const shown = asObject(reply);
  const known = shown !== null && ["details", "model_info", "capabilities", "modelfile"].some((field) => field in shown);
  if (shown === null || !known) return { proved: false, reason: "misconfigured", detail: "what answers there is not an Ollama" };
  const relays = asName(shown["remote_host"]) !== null || asName(shown["remote_model"]) !== null;
  if (relays || isCloudName(model)) return { proved: false, reason: "privacy-excluded", detail: "Ollama relays this model to a cloud" };
  const capabilities = (asArray(shown["capabilities"]) ?? []).map(asName).filter((name) => name !== null);
  return { proved: true, contextTokens: trainedContext(shown), capabilities };
}

function failedProof(failed: Failure): LocalProof {
  switch (failed.reason) {
    case "timeout":
    case "cancelled":
      return { proved: false, reason: "timeout", detail: failed.detail };
    case "privacy-excluded":
      return { proved: false, reason: "privacy-excluded", detail: failed.detail };
    case "unavailable":
    case "rate-limited":
      return { proved: false, reason: "unavailable", detail: failed.detail };
    default: {
      const isMissing = failed.modelGone;
      return {
        proved: false,
        reason: "misconfigured",
        detail: isMissing ? "the model is not installed" : "what answers there is not an Ollama",
      };
    }
  }
}

/** `llama3.2` and `llama3.2:latest` are one model. */
const withTag = (model: string): string => (model.slice(model.lastIndexOf("/") + 1).includes(":") ? model : `${model}:latest`);

export function createOllama(settings: AdapterSettings): Provider {
  const { endpoint, clock = null } = settings;
  /** models whose proof named their capabilities: whether they think */
  const thinks = new Map<string, boolean>();

  /** Unset means on for a model that thinks; to ask for it is an error on one that does not. */
  function think(call: ChatCall): boolean | "low" | undefined {
    if (thinkingOf(call.model) === "levels") return "low";
    return (thinks.get(call.model) ?? guessThinking(call.model)) ? false : undefined;
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
  async function models(io: CallIo): Promise<{ id: string; contextTokens: number | null }[]> {
    const list = asArray(asObject(await requestJson(endpoint, "/api/tags", io))?.["models"]);
    return (list ?? fail("bad-response", "the list of models has the wrong shape")).flatMap((item) => {
      const model = asObject(item);
      const id = asName(model?.["name"]) ?? asName(model?.["model"]);
      return id === null ? [] : [{ id, contextTokens: asCount(asObject(model?.["details"])?.["context_length"]) }];
    });
  }
  async function loaded(model: string, io: CallIo): Promise<boolean | null> {
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
  async function warm(model: string, numCtx: number | undefined, io: CallIo): Promise<void> {
    const options = numCtx === undefined ? {} : { num_ctx: numCtx };
    await requestJson(endpoint, "/api/chat", io, { model, messages: [], stream: false, options, keep_alive: KEEP_ALIVE, shift: false });
  }

  return {
    ...facts({ ...settings, timeoutMs: settings.timeoutMs ?? LOCAL_TIMEOUT_MS, maxConcurrency: settings.maxConcurrency ?? 1 }),
    chat: (call, io) => exchangeChat(exchange, call, io),
    models,
    prove,
    loaded,
    warm,
  };
}
