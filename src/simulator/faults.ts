/** The catalogue of faults: every way an HTTP server can misbehave that the engine must survive, by name. */
import { Problem } from "../core/problem.ts";
import { BODY_FAULTS } from "./faults/bodies.ts";
import { CONNECTION_FAULTS } from "./faults/connections.ts";
import { CONTENT_FAULTS } from "./faults/contents.ts";
import type { Fault } from "./faults/fault.ts";
import { JUDGE_FAULTS } from "./faults/judges.ts";
import { LIMIT_FAULTS } from "./faults/limits.ts";
import { OLLAMA_FAULTS } from "./faults/ollama.ts";
import { STATUS_FAULTS } from "./faults/statuses.ts";
import { STREAM_FAULTS } from "./faults/streams.ts";

export const FAULTS: readonly Fault[] = [
  ...STATUS_FAULTS,
  ...LIMIT_FAULTS,
  ...BODY_FAULTS,
  ...STREAM_FAULTS,
  ...CONNECTION_FAULTS,
  ...CONTENT_FAULTS,
  ...OLLAMA_FAULTS,
  ...JUDGE_FAULTS,
];

/** The faults that this provider can have. */
export const faultsOf = (provider: string): readonly Fault[] =>
  FAULTS.filter((fault) => !fault.only || fault.only.some((name) => name === provider));

/** The fault of this name, if this provider can have it; else a Problem that lists the accepted names. */
export function findFault(name: string, provider: string): Fault {
  const possible = faultsOf(provider);
  const found = possible.find((fault) => fault.name === name);
  if (found) return found;
  const message = `no fault of this name for ${provider}; accepted are null and ${possible.map((fault) => fault.name).join(", ")}`;
  throw new Problem("validation-failed", message, { errors: [{ pointer: "/fault", code: "unknown-fault", message }] });
}
