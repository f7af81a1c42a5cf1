/** What `/api/show` shows of a model: whether it runs here, how much it can read, what it can do. Sends nothing. */
import type { Failure, LocalProof } from "./provider.ts";
import { asArray, asCount, asName, asObject, type JsonObject } from "./shape.ts";

/** Names that Ollama itself relays to its cloud. */
const isCloudName = (model: string): boolean => /[:-]cloud$/i.test(model);

/** `model_info["<architecture>.context_length"]` */
function trainedContext(shown: JsonObject): number | null {
  const info = asObject(shown["model_info"]);
  const architecture = asName(info?.["general.architecture"]);
  return architecture === null ? null : asCount(info?.[`${architecture}.context_length`]);
}

export function readProof(model: string, reply: unknown): LocalProof {
  const shown = asObject(reply);
  const known = shown !== null && ["details", "model_info", "capabilities", "modelfile"].some((field) => field in shown);
  if (shown === null || !known) return { proved: false, reason: "misconfigured", detail: "what answers there is not an Ollama" };
  const relays = asName(shown["remote_host"]) !== null || asName(shown["remote_model"]) !== null;
  if (relays || isCloudName(model)) return { proved: false, reason: "privacy-excluded", detail: "Ollama relays this model to a cloud" };
  const capabilities = (asArray(shown["capabilities"]) ?? []).map(asName).filter((name) => name !== null);
  return { proved: true, contextTokens: trainedContext(shown), capabilities };
}

export function failedProof(failed: Failure): LocalProof {
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
