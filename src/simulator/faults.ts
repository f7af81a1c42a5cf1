/** The catalogue of faults: every way an HTTP server can misbehave that the engine must survive, by name. */
import { Problem } from "../core/problem.ts";
import type { Fault } from "./faults/fault.ts";

export const FAULTS: readonly Fault[] = [
  { name: "refused", doc: "The port is closed.", expects: "unavailable", closed: true, play: () => undefined },
];

/** The fault of this name, if this provider can have it; else a Problem that lists the accepted names. */
export function findFault(name: string, provider: string): Fault {
  const possible = FAULTS.filter((fault) => !fault.only || fault.only.some((only) => only === provider));
  const found = possible.find((fault) => fault.name === name);
  if (found) return found;
  const message = `no fault of this name for ${provider}; accepted are null and ${possible.map((fault) => fault.name).join(", ")}`;
  throw new Problem("validation-failed", message, { errors: [{ pointer: "/fault", code: "unknown-fault", message }] });
}
