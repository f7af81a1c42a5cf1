/** Draws the board of a run as lines: one per seat, cut to the terminal's width, and one that says what is going on. Pure. */
import type { Board, Row } from "./board.ts";
import { seconds } from "./format.ts";
import type { Ink, Style } from "./ports.ts";
import { safeLine } from "./safe.ts";
import { fitted, padded, widthOf } from "./width.ts";

const SPINNER = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧"];
const FRAME_MS = 100;
const MOST_NAME_COLUMNS = 44;
const TIME_COLUMNS = 8;

interface Look {
  mark: string;
  ink: Ink;
  word: string;
  time: string;
  more: string;
}

function lookOf(row: Row, elapsedMs: number): Look {
  switch (row.state) {
    case "waiting": {
      const mark = SPINNER[Math.floor(elapsedMs / FRAME_MS) % SPINNER.length] ?? "·";
      return { mark, ink: "cyan", word: "waiting", time: seconds(elapsedMs), more: "" };
    }
    case "answered":
      return { mark: "✓", ink: "green", word: "answered", time: seconds(row.atMs), more: row.said };
    case "dropped": {
      // stopped because the verdict was decided: no loss
      const ink = row.reason === "late" ? "dim" : "red";
      return { mark: "✗", ink, word: "dropped", time: seconds(row.atMs), more: `${row.reason}: ${row.detail}` };
    }
    case "not-asked":
      return { mark: "–", ink: "dim", word: "not asked", time: "", more: "" };
    default:
      return row satisfies never;
  }
}

/** Fits the width whatever the names are: the name gives way first, then the rest of the line. */
function drawRow(row: Row, elapsedMs: number, nameColumns: number, width: number, style: Style): string {
  const { mark, ink, word, time, more } = lookOf(row, elapsedMs);
  const head = ` ${mark} ${padded(safeLine(row.member), nameColumns)} `;
  const state = `${padded(word, 9)} ${time.padStart(TIME_COLUMNS)}`;
  const used = widthOf(head) + widthOf(state);
  if (used > width) return style(ink, fitted(head + state, width));
  const said = width - used > 4 ? `  ${fitted(safeLine(more), width - used - 2)}` : "";
  return `${style(ink, head + state)}${row.state === "answered" ? said : style("dim", said)}`;
}

/** `width` columns at most; the elapsed time moves the spinner, nothing else does. */
export function drawBoard(board: Board, elapsedMs: number, width: number, style: Style): string[] {
  const longest = Math.max(0, ...board.rows.map(({ member }) => widthOf(member)));
  const nameColumns = Math.max(8, Math.min(longest, MOST_NAME_COLUMNS, width - 24));
  const rows = board.rows.map((row) => drawRow(row, elapsedMs, nameColumns, width, style));
  return [...rows, style("dim", fitted(` ${board.phase} · ${seconds(elapsedMs)}`, width))];
}

/** One finished seat as a plain line, for logs and pipes. */
export function plainRow(row: Row): string {
  const { word, time, more } = lookOf(row, 0);
  return `${safeLine(row.member)}  ${word}  ${time}  ${fitted(safeLine(more), 160)}`.trimEnd();
}
