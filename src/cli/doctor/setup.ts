/** What can be said without asking anybody: variables, the panel, the store. Pure. */
import type { ConfigError } from "../../core/problem.ts";
import type { EmbeddedEngine } from "../ports.ts";
import { type Check, checksOf } from "./check.ts";
import type { Survey } from "./survey.ts";

const { ok, warn, fail } = checksOf("configuration");

export function variableChecks({ set, unknown }: Survey, refused: ConfigError | null): Check[] {
  const typos = unknown.map((name) =>
    warn(name, "is set, but nothing reads it", "see the configuration table in the README for the names"),
  );
  if (refused !== null) {
    const said = refused.message.slice(refused.variable.length + 2);
    return [fail(refused.variable, said, "change or unset it; nothing else can be checked before"), ...typos];
  }
  return [ok("variables", set.length === 0 ? "none is set: defaults everywhere" : `taken: ${set.join(", ")}`), ...typos];
}

type Settings = EmbeddedEngine["settings"];

export function panelChecks({ panel, quorum, privacy }: Settings): Check[] {
  const members = new Set(panel).size;
  const say = `${members} member${members === 1 ? "" : "s"}, quorum ${Math.min(quorum, members)}, ${privacy}`;
  if (members === 0) return [fail("panel", "nobody is seated", "set a provider's key, or CONSENSUS_PANEL")];
  if (members > 1) return [ok("panel", say)];
  return [warn("panel", `${say}: nothing can be compared, and nobody steps in`, "seat a second provider in CONSENSUS_PANEL")];
}

export function storeCheck({ store: { path, state, detail } }: Survey): Check {
  const store = checksOf("store");
  const said = `${path}: ${detail}`;
  switch (state) {
    case "ready":
    case "new":
      return store.ok("store", said);
    case "memory":
      return store.warn("store", said, "set CONSENSUS_DB to a file");
    case "unusable":
      return store.fail("store", said, "set CONSENSUS_DB to a file that this user can write, or mend this one");
    default:
      return state satisfies never;
  }
}
