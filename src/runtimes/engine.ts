/** The engine on Node with its store and network, without a rim: what the service, the command line and the library all run. */
import type { Log, Meter } from "../core/ports.ts";
import type { Transport } from "../egress/egress.ts";
import { createReportStore } from "../store/reports.ts";
import type { SqlPort } from "../store/store.ts";
import { compose, type Composed } from "./compose.ts";
import { createLog } from "./log.ts";
import { createNodeTransport } from "./node-transport.ts";
import { locateOllama, surveyMachine } from "./ollama-auto.ts";
import { silentMeter, systemClock, systemRandom } from "./ports.ts";
import type { Settings } from "./settings.ts";
import { openSqlite } from "./sqlite.ts";

export interface NodeEngine {
  composed: Composed;
  sql: SqlPort;
  close(): Promise<void>;
}
export interface EngineOptions {
  meter?: Meter;
  log?: Log;
  /** false: no report is kept and nothing is remembered */
  keeps?: boolean;
  /** sees every request on its way to the network, below the guard */
  wrap?: (transport: Transport) => Transport;
}
const asIs = (transport: Transport): Transport => transport;

/** Throws ConfigError when the store's file cannot be used. */
export async function openEngine(
  given: Settings,
  { meter = silentMeter, log = createLog(given.logLevel), keeps = true, wrap = asIs }: EngineOptions = {},
): Promise<NodeEngine> {
  const sql = await openSqlite(keeps ? given.db : ":memory:");
  const clock = systemClock;
  const bare = wrap(createNodeTransport({ localAddresses: given.localAddresses }));
  const { settings, transport, watch } = await locateOllama(given, { transport: bare, clock, log }, (privacy) =>
    surveyMachine(process.env, privacy, clock),
  );
  const reports = keeps ? createReportStore(sql) : null;
  const composed = compose(settings, { clock, random: systemRandom, log, meter, transport, reports });
  const ollama = composed.providers.get("ollama");
  if (ollama) watch(ollama.endpoint);
  return {
    composed,
    sql,
    close: async () => {
      await composed.close();
      await sql.close();
    },
  };
}
