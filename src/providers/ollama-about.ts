/** What an Ollama server says of itself: its version, and what it holds in memory with which window. Sends no prompt. */
import type { Endpoint } from "../egress/egress.ts";
import { requestJson } from "./adapter.ts";
import type { CallIo, LocalRuntime } from "./provider.ts";
import { asArray, asCount, asName, asObject } from "./shape.ts";

/** `context_length` is the window that was allocated, not what the weights allow; older servers leave it out. */
export async function aboutOllama(endpoint: Endpoint, io: CallIo): Promise<LocalRuntime> {
  const [told, running] = await Promise.all([requestJson(endpoint, "/api/version", io), requestJson(endpoint, "/api/ps", io)]);
  const list = asArray(asObject(running)?.["models"]) ?? [];
  return {
    version: asName(asObject(told)?.["version"]),
    running: list.flatMap((item) => {
      const model = asObject(item);
      const id = asName(model?.["name"]) ?? asName(model?.["model"]);
      return id === null ? [] : [{ id, contextTokens: asCount(model?.["context_length"]) }];
    }),
  };
}
