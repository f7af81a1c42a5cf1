/** What jobs are lent, and for how long a worker holds one. */
import type { Consensus } from "../consensus/consensus.ts";
import type { Clock, Log, Meter, Random } from "../core/ports.ts";
import type { JobStore, ReportStore } from "../store/store.ts";

/** Renewed at a third of it; a worker that is silent for longer is taken for dead. */
export const LEASE_MS = 9_000;

export interface JobDeps {
  store: JobStore;
  /** finds what an earlier try of a job has left; absent = every try runs */
  reports?: Pick<ReportStore, "get"> | null;
  consensus: Consensus;
  clock: Clock;
  random: Random;
  meter: Meter;
  log: Log;
}
