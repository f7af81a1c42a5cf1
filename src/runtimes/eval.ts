/** Lends an evaluation its files and a whole service on a free loopback port, with a store in memory; recorded answers come from a player of their own. */
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { UsageError } from "../cli/exits.ts";
import { type EvalPorts, type EvalService, type Recorded, REPLAY } from "../cli/eval/ports.ts";
import { startReplayUpstream } from "../simulator/replay.ts";
import { readSettings } from "./config.ts";
import type { Environment } from "./config.ts";
import { VERSION } from "./root.ts";
import { serve, type Service } from "./serve.ts";
import type { Settings } from "./settings.ts";

const why = (error: unknown): string => {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "is a folder" : (code ?? "cannot be used");
};
const named = (path: string) => (error: unknown) => {
  throw new UsageError(`${basename(path)}: ${why(error)}`);
};

/** Reachable from this machine only, for one caller, and forgotten at the end. */
const aside = (settings: Settings): Settings => ({
  ...settings,
  host: "127.0.0.1",
  port: 0,
  apiKeys: [],
  allowedHosts: ["127.0.0.1"],
  rateLimitRpm: null,
  db: ":memory:",
  storeContent: true,
});

const lendable = ({ url, composed, stop }: Service): EvalService => ({
  url,
  panel: composed.settings.panel,
  forget: () => composed.learning.forget(),
  close: stop,
});

async function openRecorded(rows: readonly Recorded[], keeps: boolean): Promise<EvalService> {
  const player = await startReplayUpstream(rows);
  const [first = "none"] = player.models;
  const env: Environment = {
    CONSENSUS_PROVIDERS: JSON.stringify({ replay: { base_url: player.url, local: true } }),
    CONSENSUS_PANEL: `${REPLAY}${first}`,
    CONSENSUS_PRIVACY: "local-only",
    LOG_LEVEL: "error",
  };
  const service = lendable(await serve(aside(await readSettings(env, { version: VERSION })), { keeps }));
  return {
    ...service,
    close: async () => {
      await service.close();
      await player.close();
    },
  };
}

async function openLive(env: Environment, keeps: boolean): Promise<EvalService> {
  return lendable(await serve(aside(await readSettings({ LOG_LEVEL: "error", ...env }, { version: VERSION })), { keeps }));
}

/** `env`: the operator's configuration, for live members. */
export const evalPorts = (env: Environment): EvalPorts => ({
  read: (path) => readFile(path, "utf8").catch(named(path)),
  cpuMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  write: (path, text) => writeFile(path, text).catch(named(path)),
  open: (rows, { keeps }) => (rows === null ? openLive(env, keeps) : openRecorded(rows, keeps)),
});
