/** Hands finished runs to an OTLP/HTTP collector, through the guard; off without an endpoint. Adds nothing to a run but a look at its last event, and never fails one. */
import type { Consensus } from "../consensus/consensus.ts";
import type { Clock, Log, Random } from "../core/ports.ts";
import type { ConsensusEvent, Report } from "../core/report.ts";
import { within } from "../core/within.ts";
import type { Egress, Endpoint } from "../egress/egress.ts";
import { attributes, type ServerOf, spansOf } from "./spans.ts";

/** Name of the collector among the guard's endpoints. */
const COLLECTOR = "otel-collector";
/** Runs that wait for the collector; beyond it the oldest are let go. */
const MAX_WAITING = 256;
const SEND_MS = 5000;

export interface Traces {
  /** the same run, seen to its end */
  watch(consensus: Consensus): Consensus;
  /** sends what waits, for a moment */
  close(): Promise<void>;
}
export interface TracePorts {
  endpoint: Endpoint;
  egress: Egress;
  clock: Clock;
  random: Random;
  log: Log;
  version: string;
  serverOf: ServerOf;
}

export const collectorAt = (baseUrl: string, local: boolean): Endpoint => ({ provider: COLLECTOR, baseUrl, local, auth: null });

const reportOf = (event: ConsensusEvent): Report | null => {
  if (event.type === "run-end") return event.data;
  return event.type === "error" ? (event.data.report ?? null) : null;
};

export function createTraces({ endpoint, egress, clock, random, log, version, serverOf }: TracePorts): Traces {
  const waiting: Report[] = [];
  let sending: Promise<void> | null = null;
  const resource = { attributes: attributes({ "service.name": "gekro-consensus", "service.version": version }) };

  /** One class at a time: what a private run left behind goes only where that run itself might have gone. */
  async function post(reports: Report[], privacy: Report["privacy"]["class"]): Promise<void> {
    const fetch = egress.open(endpoint, { privacy, hosts: new Set() }, { carriesPrompt: false, maxBodyBytes: 64 * 1024 });
    const spans = reports.flatMap((report) => spansOf(report, serverOf, () => random.hex(8)));
    const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "gekro-consensus", version }, spans }] }] });
    const limit = new AbortController();
    const cancel = clock.timer(SEND_MS, () => limit.abort());
    try {
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${endpoint.baseUrl}/v1/traces`, { method: "POST", headers, body, signal: limit.signal });
      await response.text();
      if (!response.ok) log("warn", "traces-refused", { status: response.status, runs: reports.length });
    } finally {
      cancel();
    }
  }
  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const all = waiting.splice(0);
      for (const privacy of ["local-only", "cloud-allowed"] as const) {
        const mine = all.filter((report) => report.privacy.class === privacy);
        if (mine.length === 0) continue;
        await post(mine, privacy).catch((error: unknown) =>
          log("warn", "traces-failed", { runs: mine.length, error: error instanceof Error ? error.name : "unknown" }),
        );
      }
    }
    sending = null;
  }
  function add(report: Report): void {
    if (!egress.permits(endpoint.baseUrl, report.privacy.class)) return;
    if (waiting.length >= MAX_WAITING) waiting.shift();
    waiting.push(report);
    sending ??= drain();
  }
  return {
    watch: ({ run }) => ({
      async *run(request, context) {
        const see = (event: ConsensusEvent): ConsensusEvent => {
          const report = reportOf(event);
          if (report) add(report);
          return event;
        };
        const { onEvent } = context;
        const seen = onEvent ? { ...context, onEvent: (event: ConsensusEvent) => onEvent(see(event)) } : context;
        for await (const event of run(request, seen)) yield see(event);
      },
    }),
    async close() {
      if (sending) await within(clock, sending, SEND_MS);
    },
  };
}
