/** What the MCP rim is lent. Holds types only. */
import type { Consensus, RunRequest } from "../consensus/consensus.ts";
import type { Clock, Log, Meter } from "../core/ports.ts";
import type { Owner, ReportStore } from "../store/store.ts";

export interface McpDeps {
  consensus: Consensus;
  /** throws Problem `validation-failed` */
  parse(body: unknown): RunRequest;
  reports: ReportStore | null;
  clock: Clock;
  meter: Meter;
  log: Log;
  version: string;
}

/** A run's signal, counted in and out by whoever lends it. */
export interface CallLife {
  signal: AbortSignal;
  cancel(): void;
  /** may be called twice */
  end(): void;
}

/** Who is at the other end: of one HTTP request, or of one connection over stdio. */
export interface Caller {
  owner: Owner;
  requestId: string;
  /** throws Problem `overloaded` */
  begin(): CallLife;
  /** remembers how to cancel the call with this JSON-RPC id, where a cancellation comes by another way than this one; returns the undoing */
  cancellable?(id: string | number, cancel: () => void): () => void;
}
