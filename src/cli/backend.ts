/** Who does the work of a command: the engine in this process, or a running service. Both look alike from here. */
import type { Command } from "commander";
import { Problem } from "../core/problem.ts";
import type { ConsensusEvent, Report } from "../core/report.ts";
import { StoreError, type ReportRow } from "../store/store.ts";
import type { CliPorts } from "./ports.ts";
import { openRemote } from "./remote.ts";

export interface Backend {
  /** throws Problem before the first event for what is refused */
  run(body: unknown): AsyncGenerator<ConsensusEvent, void, void>;
  reports(limit: number): Promise<ReportRow[]>;
  /** throws Problem `not-found` */
  report(id: string): Promise<Report>;
  close(): Promise<void>;
  /** false: what is sent to it leaves this machine and its listed neighbours */
  local: boolean;
}
export interface BackendOptions {
  server?: string;
  key?: string;
}

export const addServerOptions = (command: Command): Command =>
  command
    .option("--server <url>", "use a running service instead of the engine in this process")
    .option("--key <key>", "bearer key of that service (better: the variable GEKRO_API_KEY)");

/** The command line has one user: reports of the embedded engine belong to nobody in particular. */
const OWNER = "";

async function openEmbedded(ports: CliPorts): Promise<Backend> {
  const engine = await ports.openEngine({ store: true });
  const { clock, random, signal } = ports;
  const reading = async <T>(work: (reports: NonNullable<typeof engine.reports>) => Promise<T>): Promise<T> => {
    if (engine.reports === null) throw new Problem("store-unavailable", "no store is configured");
    try {
      return await work(engine.reports);
    } catch (error) {
      throw error instanceof StoreError ? new Problem("store-unavailable", error.message) : error;
    }
  };
  return {
    local: true,
    run: (body) => {
      const context = { owner: OWNER, requestId: `req_${random.hex(8)}`, acceptedAt: clock.now(), signal, live: false };
      return engine.consensus.run(engine.parse(body), context);
    },
    reports: async (limit) => (await reading((reports) => reports.list(OWNER, { limit, cursor: null }))).data,
    report: async (id) => {
      const json = await reading((reports) => reports.get(OWNER, id));
      if (json === null) throw new Problem("not-found", "there is no report of this id");
      return JSON.parse(json) as Report;
    },
    close: engine.close,
  };
}

export async function openBackend(ports: CliPorts, { server, key }: BackendOptions): Promise<Backend> {
  if (server === undefined) return openEmbedded(ports);
  const { run, reports, report, local } = openRemote(ports, { server, key });
  return { run, reports, report, local, close: async () => {} };
}
