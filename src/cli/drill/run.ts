/** Runs the drill: an engine of its own for each row, so that no breaker and no memory of one row, or of the service, meets another. */
import { providerOf } from "../../core/member.ts";
import { Problem } from "../../core/problem.ts";
import type { Report } from "../../core/report.ts";
import { isBelow, parseBase } from "../../egress/urls.ts";
import type { CliPorts, EmbeddedEngine } from "../ports.ts";
import { type DrillRow, type DrillStrategy, judge, refusedRow } from "./judge.ts";
import { createPoison, type DrillFault } from "./poison.ts";

export interface DrillOrder {
  fault: DrillFault;
  prompt: string | null;
  deadlineMs: number | null;
}
export interface Baseline {
  healthy: string[];
  silent: { member: string; reason: string }[];
  /** what is poisoned one after another: a name, and the base URLs behind it */
  targets: Target[];
}
interface Target {
  name: string;
  baseUrls: string[];
}
type Ports = Pick<CliPorts, "clock" | "random" | "signal" | "openEngine">;

/** counted, so that two equal answers need no adjudicator */
const CANARY = { prompt: "What is 17 + 25? Answer with the number alone.", answer: { type: "number" } };
const MOST_SEATS = 16;
const STRATEGIES: readonly DrillStrategy[] = ["auto", "fallback"];

function bodyOf({ prompt, deadlineMs }: DrillOrder, more: object): object {
  const canary = prompt === null ? CANARY : { prompt };
  return { ...canary, ...(deadlineMs === null ? {} : { deadline_ms: deadlineMs }), ...more };
}

/** The report, of a failed run too. Throws Problem for what is refused before any call. */
async function reportOf({ clock, random, signal }: Ports, engine: EmbeddedEngine, body: object): Promise<Report> {
  const context = { owner: "", requestId: `req_${random.hex(8)}`, acceptedAt: clock.now(), signal, live: false };
  for await (const event of engine.consensus.run(engine.parse(body), context)) {
    if (event.type === "run-end") return event.data;
    if (event.type === "error" && event.data.report) return event.data.report;
  }
  signal.throwIfAborted();
  throw new Error("the run ended without a report");
}

/** Services that share an address die together. */
function targetsOf({ providers, settings }: EmbeddedEngine, seated: readonly string[]): Target[] {
  const names = [...new Set(seated.map(providerOf))];
  const usable = names.flatMap((name) => providers.get(name) ?? []).filter(({ local }) => local || settings.privacy !== "local-only");
  const cloud = usable.filter(({ local }) => !local);
  const each = usable.map(({ name, endpoint }) => ({ name, baseUrls: [endpoint.baseUrl] }));
  return cloud.length < 2 ? each : [...each, { name: "all cloud", baseUrls: cloud.map(({ endpoint }) => endpoint.baseUrl) }];
}

/** Everybody is asked once, unpoisoned: who is silent now proves nothing later. */
export async function measureBaseline(ports: Ports, order: DrillOrder): Promise<Baseline> {
  const engine = await ports.openEngine({ store: false });
  try {
    const seated = [...new Set([...engine.settings.panel, ...engine.settings.fallback])];
    const baseline: Baseline = { healthy: [], silent: [], targets: targetsOf(engine, seated) };
    for (let from = 0; from < seated.length; from += MOST_SEATS) {
      const panel = seated.slice(from, from + MOST_SEATS);
      const { outcomes } = await reportOf(ports, engine, bodyOf(order, { panel, strategy: "auto", stop: "all", adjudicators: [] }));
      for (const outcome of outcomes) {
        if (outcome.status === "answered") baseline.healthy.push(outcome.member);
        else baseline.silent.push({ member: outcome.member, reason: outcome.status === "dropped" ? outcome.reason : outcome.status });
      }
    }
    return baseline;
  } finally {
    await engine.close();
  }
}

async function drillRow(ports: Ports, order: DrillOrder, target: Target, strategy: DrillStrategy, healthy: string[]): Promise<DrillRow> {
  const poison = createPoison(order.fault);
  const engine = await ports.openEngine({ store: false, wrap: poison.wrap });
  try {
    poison.kill(target.baseUrls);
    const dead = target.baseUrls.map(parseBase).filter((base) => base !== null);
    const isPoisoned = (member: string): boolean => {
      const at = engine.providers.get(providerOf(member))?.endpoint.baseUrl;
      return at !== undefined && dead.some((base) => isBelow(new URL(at), base));
    };
    const report = await reportOf(ports, engine, bodyOf(order, { strategy }));
    const deadlineMs = order.deadlineMs ?? engine.settings.deadlineMs;
    return judge({ poisoned: target.name, strategy, fault: order.fault, deadlineMs, isPoisoned, healthy, report });
  } catch (error) {
    if (error instanceof Problem) return refusedRow(target.name, strategy, error.slug);
    throw error;
  } finally {
    await engine.close();
  }
}

export const rowCount = ({ targets }: Baseline): number => targets.length * STRATEGIES.length;

/** One row after another: the drill is a light load. */
export async function* drillRows(ports: Ports, order: DrillOrder, { targets, healthy }: Baseline): AsyncGenerator<DrillRow, void, void> {
  for (const target of targets) for (const strategy of STRATEGIES) yield await drillRow(ports, order, target, strategy, healthy);
}
