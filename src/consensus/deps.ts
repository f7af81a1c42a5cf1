/** What the run is lent: the panel below it, the store, the operator's settings, and the ports. Holds types only. */
import type { Clock, Log, Meter, PrivacyClass, Random } from "../core/ports.ts";
import type { Panel } from "../panel/panel.ts";
import type { ModelFacts } from "../providers/provider.ts";
import type { ReportStore } from "../store/store.ts";

export interface ConsensusDeps {
  panel: Panel;
  /** null = a provider by this name is not known; `configured` = it has the key it needs */
  provider(name: string): { local: boolean; configured: boolean } | null;
  /** facts of `provider/model`, overrides applied */
  facts(member: string): ModelFacts;
  /** null = nothing is stored (library use) */
  reports: ReportStore | null;
  /** kinds of personal data seen in a text; null = the brake is not fitted */
  findPersonalData: ((text: string) => { kind: string; count: number }[]) | null;
  clock: Clock;
  random: Random;
  meter: Meter;
  log: Log;
  settings: {
    /** the operator's order of members: the last tie rule */
    panel: string[];
    privacy: PrivacyClass | "auto";
    storeContent: boolean;
    simulated: boolean;
  };
}

/** Milliseconds that storing a report may hold up its answer. */
export const STORE_SLICE_MS = 1000;
