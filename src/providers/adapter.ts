/** The parts that every adapter is put together from: its settings, its model list, its bare requests. Knows no service by name. */
import type { Clock } from "../core/ports.ts";
import type { Endpoint } from "../egress/egress.ts";
import { readWhole } from "./body.ts";
import { failureOfStatus } from "./errors.ts";
import { CallFailure, fail } from "./failure.ts";
import type { CallIo } from "./provider.ts";
import { asArray, asCount, asName, asObject, type JsonObject } from "./shape.ts";
import { parseStrict } from "./strict-json.ts";
import { failureOfThrown } from "./thrown.ts";

export interface AdapterSettings {
  name: string;
  endpoint: Endpoint;
  /** per-attempt limit of its seats; default by place: cloud 10 s, local 120 s */
  timeoutMs?: number;
  /** default 16, for Ollama 1 */
  maxConcurrency?: number;
  /** reads HTTP dates where the server tells no time of its own, and lets finished streams close by themselves */
  clock?: Clock;
}

const CLOUD_TIMEOUT_MS = 10_000;
export const LOCAL_TIMEOUT_MS = 120_000;
const CLOUD_CONCURRENCY = 16;

/** What every SDK is given as key; the guard puts the real one on the request. */
export const KEY_PLACEHOLDER = "held-by-egress";
/** Deadlines are the caller's: no SDK timer may strike first. Largest delay of a timer, in ms. */
export const NO_TIMEOUT_MS = 2_147_483_647;

export const JSON_HEADERS = { accept: "application/json, text/event-stream", "content-type": "application/json" };

/** The facts of a provider that do not depend on its dialect. */
export function facts(settings: AdapterSettings): {
  name: string;
  endpoint: Endpoint;
  local: boolean;
  timeoutMs: number;
  maxConcurrency: number;
} {
  const { name, endpoint, timeoutMs, maxConcurrency } = settings;
  const { local } = endpoint;
  return {
    name,
    endpoint,
    local,
    timeoutMs: timeoutMs ?? (local ? LOCAL_TIMEOUT_MS : CLOUD_TIMEOUT_MS),
    maxConcurrency: maxConcurrency ?? CLOUD_CONCURRENCY,
  };
}

/** A request without prompt (lists, proofs): the parsed body, or rejects with CallFailure. */
export async function requestJson(
  endpoint: Endpoint,
  path: string,
  io: CallIo,
  body?: JsonObject,
  headers: Record<string, string> = JSON_HEADERS,
): Promise<unknown> {
  try {
    const init = body === undefined ? { method: "GET" } : { method: "POST", body: JSON.stringify(body) };
    const response = await io.fetch(`${endpoint.baseUrl}${path}`, { ...init, headers, signal: io.signal });
    io.onHeaders?.();
    const text = await readWhole(response);
    if (response.status < 200 || response.status > 299)
      throw new CallFailure(failureOfStatus(response.status, response.headers, text, null));
    return parseStrict(text) ?? fail("bad-response", "the reply is not valid JSON");
  } catch (error) {
    throw error instanceof CallFailure ? error : new CallFailure(failureOfThrown(error, io.signal, false, endpoint.local));
  }
}

const CONTEXT_FIELDS = ["context_length", "context_window", "max_model_len", "max_input_tokens", "max_context_length"] as const;

/** `{data:[…]}`, or the bare array that Together sends. */
export async function listModels(
  endpoint: Endpoint,
  path: string,
  io: CallIo,
  headers?: Record<string, string>,
): Promise<{ id: string; contextTokens: number | null }[]> {
  const reply = await requestJson(endpoint, path, io, undefined, headers);
  const items = asArray(reply) ?? asArray(asObject(reply)?.["data"]) ?? fail("bad-response", "the list of models has the wrong shape");
  return items.flatMap((item) => {
    const model = asObject(item);
    const id = asName(model?.["id"]);
    if (model === null || id === null) return [];
    const context = CONTEXT_FIELDS.map((field) => asCount(model[field])).find((count) => count !== null && count > 0);
    return [{ id, contextTokens: context ?? null }];
  });
}
