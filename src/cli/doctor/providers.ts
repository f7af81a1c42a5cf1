/** What a visit says of a provider: whether it is there, takes the key, and is what it should be. Pure. */
import type { EmbeddedEngine } from "../ports.ts";
import { type Check, checksOf } from "./check.ts";
import { hintFor, keyHint } from "./hints.ts";
import type { Survey } from "./survey.ts";
import type { Visit } from "./visit.ts";

type Known = EmbeddedEngine["settings"]["providers"][number];
const { ok, warn, fail, skip } = checksOf("provider");

/** Below it: heap contents could be read through model files (CVE-2026-7482). */
const OLLAMA_FLOOR = [0, 17, 1];

const isRuntime = ({ about, proofs }: Visit): boolean => about !== null || proofs.size > 0;

function versionCheck({ provider, about }: Visit): Check[] {
  if (about === null) return [];
  if (!about.ok) return [warn(provider, `does not tell its version: ${about.failure.detail}`, "check what answers at this address")];
  const { version } = about.value;
  const parts = (version ?? "").split(/[.-]/, 3).map(Number);
  const floor = OLLAMA_FLOOR.join(".");
  if (version === null || parts.length < 3 || parts.some(Number.isNaN))
    return [warn(provider, "its version cannot be read", `update Ollama to ${floor} or later`)];
  const at = OLLAMA_FLOOR.findIndex((least, index) => least !== parts[index]);
  const old = at !== -1 && (parts[at] ?? 0) < (OLLAMA_FLOOR[at] ?? 0);
  if (old) return [warn(provider, `version ${version} lets others read its memory (CVE-2026-7482)`, `update Ollama to ${floor} or later`)];
  return [ok(provider, `version ${version}`)];
}

const whereFrom = (survey: Survey): string =>
  survey.ollamaHost === "auto" ? " (found by OLLAMA_HOST=auto)" : survey.ollamaHost === "set" ? " (from OLLAMA_HOST)" : "";

function reachCheck(known: Known, visit: Visit, survey: Survey): Check {
  const { provider, origin, models, skipped, local } = visit;
  const where = `${origin}${known.name === "ollama" ? whereFrom(survey) : ""}`;
  if (skipped === "offline") return skip(provider, `${where}: not asked (--offline)`);
  if (skipped === "local-only") return skip(provider, `${where}: not asked, this configuration is local-only`);
  if (models === null) return skip(provider, `${where}: has no list to ask for`);
  if (!models.ok) return fail(provider, `${where}: ${models.failure.reason}, ${models.failure.detail}`, hintFor(models.failure, visit));
  const key = isRuntime(visit) || local ? "" : ", key accepted";
  return ok(provider, `${where}: reachable${key}, lists ${models.value.length} models`, models.ms);
}

/** `seated`: some member of it is in the panel or a ladder. */
export function providerChecks(known: Known, visit: Visit | null, survey: Survey, seated: boolean): Check[] {
  if (visit === null) {
    if (!seated) return [];
    return [
      fail(known.name, "has no key, though members of it are seated", `${keyHint(known.name)}, or take its members out of the panel`),
    ];
  }
  return [reachCheck(known, visit, survey), ...versionCheck(visit)];
}
