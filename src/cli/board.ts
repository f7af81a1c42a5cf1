/** What is known of a run while it goes: one row per seat, folded out of the run's events. Pure; draws nothing. */
import type { ConsensusEvent, Outcome, Report } from "../core/report.ts";

export type Row =
  | { state: "waiting"; member: string }
  | { state: "answered"; member: string; atMs: number; said: string }
  | { state: "dropped"; member: string; atMs: number; reason: string; detail: string }
  | { state: "not-asked"; member: string };

export interface Board {
  rows: Row[];
  /** what is going on, in words */
  phase: string;
}

export const emptyBoard = (): Board => ({ rows: [], phase: "starting" });

const label = ({ member, sample }: Outcome): string => (sample > 1 ? `${member} #${sample}` : member);

/** A value says more than the sentence around it. */
function saidBy(outcome: Extract<Outcome, { status: "answered" }>): string {
  const { value, text, tool_calls: calls } = outcome;
  if (calls.length > 0) return calls.map((call) => call.function.name).join(", ");
  return value === null ? text : typeof value === "string" ? value : JSON.stringify(value);
}

function rowOf(outcome: Outcome): Row {
  const member = label(outcome);
  switch (outcome.status) {
    case "answered":
      return { state: "answered", member, atMs: outcome.latency_ms, said: saidBy(outcome) };
    case "dropped":
      return { state: "dropped", member, atMs: outcome.latency_ms, reason: outcome.reason, detail: outcome.detail };
    case "not-asked":
      return { state: "not-asked", member };
    default:
      return outcome satisfies never;
  }
}

/** The row that waits for this member gets its outcome; further samples of it stand behind. */
function placed(rows: Row[], outcome: Outcome): Row[] {
  const row = rowOf(outcome);
  const waiting = rows.findIndex(({ state, member }) => state === "waiting" && member === outcome.member);
  if (waiting !== -1) return rows.with(waiting, row);
  const last = rows.findLastIndex(({ member }) => member === outcome.member || member.startsWith(`${outcome.member} #`));
  return rows.toSpliced(last === -1 ? rows.length : last + 1, 0, row);
}

const settled = (report: Report | undefined, { rows }: Board): Row[] => (report ? report.outcomes.map(rowOf) : rows);

export function fold(board: Board, event: ConsensusEvent): Board {
  switch (event.type) {
    case "run-start": {
      const rows = event.data.members.map((member): Row => ({ state: "waiting", member }));
      return { rows, phase: `asking ${rows.length} member${rows.length === 1 ? "" : "s"}` };
    }
    case "candidate-arrived":
    case "member-dropped":
      return { ...board, rows: placed(board.rows, event.data) };
    case "agreement-measured":
      return { ...board, phase: "deciding" };
    case "answer-delta":
      return board;
    case "verdict-reached":
      return { ...board, phase: event.data.how };
    case "run-end":
      return { rows: settled(event.data, board), phase: event.data.verdict?.how ?? event.data.status };
    case "error":
      return { rows: settled(event.data.report, board), phase: "failed" };
    default:
      return event satisfies never;
  }
}
