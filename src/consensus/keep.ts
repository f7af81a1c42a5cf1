/** Puts a finished report into the store, inside its slice of time; a store that fails is a degradation, never an error. */
import type { Agreement, AnswerKind } from "../../adjudicator/index.ts";
import type { Report } from "../core/report.ts";
import { sha256Hex } from "../core/sha256.ts";
import { jsonOf } from "../core/spelled.ts";
import { within } from "../core/within.ts";
import type { HistoryRow, Owner, ReportRow } from "../store/store.ts";
import { withoutContent } from "./content.ts";
import { type ConsensusDeps, STORE_SLICE_MS } from "./deps.ts";

const EXCERPT_CHARACTERS = 160;

const rowOf = (report: Report, storeContent: boolean): ReportRow => ({
  id: report.id,
  created_at: report.created_at,
  status: report.status,
  mode: report.mode,
  how: report.verdict?.how ?? null,
  agreement: report.verdict?.agreement ?? null,
  excerpt: storeContent
    ? Array.from((report.answer ?? "").slice(0, EXCERPT_CHARACTERS * 2))
        .slice(0, EXCERPT_CHARACTERS)
        .join("")
    : "",
  cost_usd: report.cost_usd.total,
  total_ms: report.timing_ms.total,
});

const KEY_DIGITS = 8;
/** Salted by the run, so that equal answers of two runs do not look alike. */
export const keyDigest = (run: string, key: string): string => sha256Hex(`${run} ${key}`).slice(0, KEY_DIGITS);

/** Who stood with whom, without a word of what was said; null when fewer than two members could be compared. */
export function historyOf(report: Report, kind: AnswerKind, agreement: Agreement | null, at: number): HistoryRow | null {
  if (agreement === null || agreement.classes.length === 0) return null;
  const ballots: Record<string, number | null> = Object.fromEntries(agreement.abstained.map((member) => [member, null]));
  agreement.classes.forEach((group, index) => group.members.forEach((member) => (ballots[member] = index)));
  if (Object.keys(ballots).length < 2) return null;
  const supporters = report.verdict?.supporters ?? [];
  const winner = agreement.classes.findIndex((group) => group.members.some((member) => supporters.includes(member)));
  const keys = agreement.classes.map(({ key }) => keyDigest(report.id, key));
  return { run: report.id, at, kind, ballots, winner: winner === -1 ? null : winner, right: null, keys };
}

/** Mutates nothing; resolves to the report as stored, or as it must be handed on when it could not be stored. Never rejects. */
export async function keep(
  deps: ConsensusDeps,
  owner: Owner,
  report: Report,
  history: HistoryRow | null,
  sliceMs: number,
): Promise<Report> {
  if (deps.reports === null) return report;
  const stored: Report = { ...report, storage: { stored: true } };
  const { storeContent } = deps.settings;
  const json = jsonOf(storeContent ? stored : withoutContent(stored));
  const save = deps.reports.save({ owner, row: rowOf(stored, storeContent), json, history });
  const saved = await within(deps.clock, save, Math.min(sliceMs, STORE_SLICE_MS)).catch((error: unknown) => {
    deps.log("error", "store-failed", { run: report.id, error: error instanceof Error ? error.name : "unknown" });
    return "failed" as const;
  });
  if (saved !== "failed" && saved !== "late") return stored;
  deps.meter.count("store_errors", { op: "save" });
  const detail = saved === "late" ? "the report was not stored in time" : "the report could not be stored";
  const degradations = [...report.degradations, { code: "store-failed" as const, member: null, detail }];
  return { ...report, status: report.status === "complete" ? "degraded" : report.status, degradations };
}
