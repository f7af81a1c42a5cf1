/** Keeps the history that reliability is learned from in memory, and learns again when it grew. Holds no prompt and no answer. */
import { type AnswerKind, type Learned, learnReliability } from "../../adjudicator/index.ts";
import type { Clock, Log } from "../core/ports.ts";
import { within } from "../core/within.ts";
import type { HistoryRow, ReportStore } from "../store/store.ts";

export type { Learned } from "../../adjudicator/index.ts";

/** Runs of one kind that are looked at. */
const MAX_ROWS = 500;
/** Another process may have added runs: read again after this. */
const STALE_MS = 60_000;
/** Beyond this many runs, one more changes little: learn again after 2 % of growth. */
const ALWAYS_BELOW = 50;
const GROWTH = 1.02;
const MAX_PANELS = 64;

/** What a slow store may take of a run that has not begun; past it the run goes on with what is known. */
const READ_MS = 200;
const READ_SHARE = 0.05;

export interface Learning {
  /** `deadlineMs`: of the run that waits for it */
  of(kind: AnswerKind, members: string[], deadlineMs?: number): Promise<Learned>;
  /** a finished run; takes effect with the next */
  add(row: HistoryRow): void;
  /** feedback was stored: everything of this kind is read again */
  forget(): void;
}

interface Shelf {
  /** newest first */
  rows: HistoryRow[];
  readAt: number;
  /** by panel: what was learned, and from how many runs */
  learned: Map<string, { learned: Learned; from: number }>;
  added: number;
}

export function createLearning(deps: { reports: ReportStore | null; clock: Clock; log: Log }): Learning {
  const shelves = new Map<string, Shelf>();
  const read = async (kind: string, known: Shelf | undefined, ms: number): Promise<Shelf> => {
    try {
      const { reports, clock } = deps;
      const rows = reports === null ? (known?.rows ?? []) : await within(clock, reports.history(kind, MAX_ROWS), ms);
      if (rows === "late") throw new Error("the history was not read in time");
      return { rows, readAt: deps.clock.now(), learned: new Map(), added: rows.length };
    } catch {
      deps.log("warn", "history-unreadable", { kind });
      return { rows: known?.rows ?? [], readAt: deps.clock.now(), learned: new Map(), added: known?.rows.length ?? 0 };
    }
  };
  const shelfOf = async (kind: string, ms: number): Promise<Shelf> => {
    const known = shelves.get(kind);
    if (known && deps.clock.now() - known.readAt < STALE_MS) return known;
    const shelf = await read(kind, known, ms);
    shelves.set(kind, shelf);
    return shelf;
  };
  return {
    async of(kind, members, deadlineMs = Number.POSITIVE_INFINITY) {
      const shelf = await shelfOf(kind, Math.min(READ_MS, READ_SHARE * deadlineMs));
      const panel = members.join("\n");
      const known = shelf.learned.get(panel);
      const fresh = known && (shelf.added === known.from || (shelf.added >= ALWAYS_BELOW && shelf.added < known.from * GROWTH));
      if (fresh) return known.learned;
      const learned = learnReliability(shelf.rows, { kind, members });
      if (shelf.learned.size >= MAX_PANELS) shelf.learned.clear();
      shelf.learned.set(panel, { learned, from: shelf.added });
      return learned;
    },
    add(row) {
      const shelf = shelves.get(row.kind);
      if (!shelf) return;
      shelf.rows.unshift(row);
      if (shelf.rows.length > MAX_ROWS) shelf.rows.pop();
      shelf.added += 1;
    },
    forget() {
      shelves.clear();
    },
  };
}
