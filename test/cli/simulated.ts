/** The command line in this process on the real engine, against simulated providers on loopback. */
import { openEngine } from "../../src/runtimes/engine.ts";
import { readSettings } from "../../src/runtimes/config.ts";
import { systemClock, systemRandom } from "../../src/runtimes/ports.ts";
import { surveyOf, type SurveyPorts } from "../../src/runtimes/survey.ts";
import type { CliPorts, EmbeddedEngine, EngineOptions } from "../../src/cli/ports.ts";
import { gekro, type Scene } from "./kit.ts";

export type Env = Record<string, string>;
/** not WSL, whatever machine runs the tests */
const PLAIN: SurveyPorts = { wsl: { procVersion: "Linux version 6.1", osRelease: "6.1", route: "", env: {} }, askMode: async () => null };

export async function openOn(env: Env, { store, wrap }: EngineOptions): Promise<EmbeddedEngine> {
  const settings = await readSettings({ LOG_LEVEL: "error", ...env }, { version: "test", simulated: true });
  const { composed, close } = await openEngine(settings, { keeps: store, wrap });
  return { ...composed, reports: composed.engine.reports, close };
}

export function gekroOn(env: Env, argv: string[], survey: SurveyPorts = PLAIN, more: Partial<CliPorts> = {}): Promise<Scene> {
  const ports: Partial<CliPorts> = {
    // the day on which the table of retired models was checked
    clock: { ...systemClock, wall: () => Date.parse("2026-11-22") },
    random: systemRandom,
    openEngine: (options) => openOn(env, options),
    survey: () => surveyOf(env, env["CONSENSUS_DB"] ?? ":memory:", survey),
    ...more,
  };
  return gekro(argv, { ports });
}
