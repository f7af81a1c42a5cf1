/** The engine in the caller's own process: the same runs and reports as the service, without a socket to listen on. */
import type { RunContext } from "../consensus/consensus.ts";
import type { WireRequest } from "../consensus/schema.ts";
import { Problem, type ProblemSlug } from "../core/problem.ts";
import type { ConsensusEvent, Report } from "../core/report.ts";
import type { Log } from "../core/ports.ts";
import { readSettings, type Environment } from "./config.ts";
import { openEngine } from "./engine.ts";
import { systemClock, systemRandom } from "./ports.ts";
import { VERSION } from "./root.ts";

/** The body of `POST /consensus`. */
export type ConsensusRequest = WireRequest;

export interface ConsensusOptions {
  /** the configuration table's variables; default: this process's environment (no .env file is read). Reports are kept only where CONSENSUS_DB is set */
  env?: Environment;
  /** one event of the engine's own, never with a prompt, an answer or a key; default: silence */
  log?: Log;
}
export interface AskOptions {
  /** ends the run, and every call of it */
  signal?: AbortSignal;
}
export interface RunOptions extends AskOptions {
  /** true: the answer also comes in pieces (`answer-delta`) where it can */
  live?: boolean;
}

export interface ConsensusClient {
  /**
   * Resolves to the report of every run that began, failed ones included (`status: "failed"`, `answer: null`, `problem`).
   * Rejects with a Problem for what is refused before any call, and with the signal's reason when it was aborted.
   */
  ask(request: ConsensusRequest, options?: AskOptions): Promise<Report>;
  /** The run's events as they happen; the last is `run-end` or `error`. Leaving the loop early cancels the run. */
  run(request: ConsensusRequest, options?: RunOptions): AsyncGenerator<ConsensusEvent, void, void>;
  /** closes connections and the store; runs in flight should have ended */
  close(): Promise<void>;
}

const OWNER = "";

function lastOf(event: ConsensusEvent): Report | null {
  if (event.type === "run-end") return event.data;
  if (event.type !== "error") return null;
  if (event.data.report) return event.data.report;
  throw new Problem(event.data.type.replace("/problems/", "") as ProblemSlug, event.data.detail, { errors: event.data.errors });
}

/** Throws ConfigError for a variable that cannot be taken. */
export async function createConsensus({ env = process.env, log = () => {} }: ConsensusOptions = {}): Promise<ConsensusClient> {
  const settings = await readSettings(env, { version: VERSION });
  const { composed, close } = await openEngine(settings, { log, keeps: Boolean(env["CONSENSUS_DB"]) });
  const never = new AbortController().signal;
  const contextOf = ({ signal = never, live = false }: RunOptions): RunContext => {
    const requestId = `req_${systemRandom.hex(8)}`;
    return { owner: OWNER, requestId, acceptedAt: systemClock.now(), signal, live };
  };
  const run: ConsensusClient["run"] = async function* (request, options = {}) {
    yield* composed.consensus.run(composed.parse(request), contextOf(options));
  };
  return {
    run,
    async ask(request, options = {}) {
      for await (const event of run(request, options)) {
        const report = lastOf(event);
        if (report) return report;
      }
      options.signal?.throwIfAborted();
      throw new Error("the run ended without a report");
    },
    close,
  };
}
