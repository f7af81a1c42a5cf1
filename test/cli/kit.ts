/** The commands on fakes: a terminal that records, an engine whose run is a script. */
import { EXIT } from "../../src/cli/exits.ts";
import { main } from "../../src/cli/main.ts";
import type { CliPorts, EmbeddedEngine } from "../../src/cli/ports.ts";
import { parseRunRequest } from "../../src/consensus/request.ts";
import type { RunRequest } from "../../src/consensus/consensus.ts";
import type { AnsweredOutcome, ConsensusEvent, DroppedOutcome, Report } from "../../src/core/report.ts";
import { openSqlite } from "../../src/runtimes/sqlite.ts";
import { createReportStore } from "../../src/store/reports.ts";
import { createVirtualClock } from "../kit/clock.ts";

const facts = (member: string, seat: number) => ({
  member,
  provider: member.slice(0, member.indexOf("/")),
  model: member.slice(member.indexOf("/") + 1),
  seat,
  sample: 1,
  local: member.startsWith("ollama/"),
});
export const answered = (member: string, text: string, change: Partial<AnsweredOutcome> = {}): AnsweredOutcome => ({
  ...facts(member, 1),
  status: "answered",
  text,
  value: null,
  tool_calls: [],
  reasoning: null,
  finish_reason: { unified: "stop", raw: "stop" },
  served_model: null,
  usage: { input_tokens: 1, output_tokens: 1 },
  cost_usd: 0,
  latency_ms: 740,
  attempts: [],
  context_fit: null,
  ignored_parameters: [],
  flags: [],
  hedged_by: null,
  ...change,
});
export const dropped = (member: string, reason: DroppedOutcome["reason"], detail: string): DroppedOutcome => ({
  ...facts(member, 2),
  status: "dropped",
  reason,
  detail,
  retry_after_ms: null,
  latency_ms: 90,
  attempts: [],
  cost_usd: 0,
  usage: { input_tokens: null, output_tokens: null },
});

export const reportOf = (change: Partial<Report> = {}): Report => ({
  schema: "consensus.report/1",
  id: "run_00000000000000000000000000000001",
  created_at: "2026-11-22T02:00:00.000Z",
  status: "complete",
  mode: "consensus",
  simulated: false,
  problem: null,
  answer: "forty-two",
  value: null,
  tool_calls: [],
  verdict: {
    how: "agreed",
    winner: "groq/a",
    supporters: ["groq/a"],
    agreement: 1,
    confidence: null,
    rationale: null,
    dissents: [],
    weights: [],
  },
  outcomes: [answered("groq/a", "forty-two"), dropped("ollama/b", "unavailable", "the connection was refused")],
  quorum: { needed: 2, usable: 1, met: false },
  adjudication: null,
  degradations: [],
  privacy: { class: "cloud-allowed", hosts: [] },
  usage: { calls: 2, retries: 0, input_tokens: 1, output_tokens: 1, wasted_output_tokens: 0 },
  cost_usd: { total: 0.0002, members: 0.0002, adjudication: 0 },
  timing_ms: { total: 750, panel: 740, adjudication: 0, engine: 3 },
  storage: { stored: true },
  request: {},
  ...change,
});
export const degradedReport = (): Report =>
  reportOf({ status: "degraded", degradations: [{ code: "member-dropped", member: "ollama/b", detail: "unavailable" }] });

export function eventsOf(report: Report): ConsensusEvent[] {
  const outcomes = report.outcomes.flatMap((outcome): ConsensusEvent[] => {
    if (outcome.status === "answered") return [{ type: "candidate-arrived", data: outcome }];
    return outcome.status === "dropped" ? [{ type: "member-dropped", data: outcome }] : [];
  });
  const members = [...new Set(report.outcomes.map(({ member }) => member))];
  return [{ type: "run-start", data: { id: report.id, members } }, ...outcomes, { type: "run-end", data: report }];
}

export interface Scene {
  code: number;
  out: string;
  err: string;
  requests: RunRequest[];
}
export interface SceneOptions {
  events?: ConsensusEvent[];
  piped?: string;
  tty?: boolean;
  columns?: number;
  ports?: Partial<CliPorts>;
}
const defaults = {
  panel: ["groq/a", "ollama/b"],
  adjudicators: [],
  fallback: [],
  quorum: 2,
  deadlineMs: 60_000,
  graceMs: 5000,
  privacy: "cloud-allowed" as const,
};

async function engineOn(events: ConsensusEvent[], requests: RunRequest[]): Promise<EmbeddedEngine> {
  const reports = createReportStore(await openSqlite(":memory:"));
  const unused = {} as EmbeddedEngine;
  return {
    ...unused,
    consensus: {
      async *run(request) {
        requests.push(request);
        yield* events;
      },
    },
    parse: (body) => parseRunRequest(body, defaults),
    reports,
    providers: new Map(),
    settings: { ...defaults, providers: [], version: "0" },
    close: async () => {},
  };
}

/** One command line, from its first word to its exit code. */
export async function gekro(argv: string[], options: SceneOptions = {}): Promise<Scene> {
  const { events = eventsOf(reportOf()), piped, tty = false, columns = 80 } = options;
  const scene: Scene = { code: EXIT.ok, out: "", err: "", requests: [] };
  const ports: CliPorts = {
    terminal: {
      out: (text) => (scene.out += text),
      err: (text) => (scene.err += text),
      outIsTty: tty,
      errIsTty: tty,
      columns: () => columns,
      style: (_ink, text) => text,
    },
    piped: piped === undefined ? null : { read: async () => piped },
    env: () => undefined,
    clock: createVirtualClock(),
    random: { next: () => 0.5, hex: (bytes) => "0".repeat(bytes * 2) },
    signal: new AbortController().signal,
    fetch: () => Promise.reject(new TypeError("no network in this test")),
    openEngine: () => engineOn(events, scene.requests),
    survey: () => Promise.reject(new Error("no survey in this test")),
    start: async () => {},
    version: "0.0.0-test",
    ...options.ports,
  };
  scene.code = await main(argv, ports);
  return scene;
}
