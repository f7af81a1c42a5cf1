/** Shows a run on standard error while it goes: redrawn in place on a terminal, a line for each outcome elsewhere. */
import type { ConsensusEvent } from "../core/report.ts";
import { emptyBoard, fold } from "./board.ts";
import type { CliPorts } from "./ports.ts";
import { drawBoard, plainRow } from "./table.ts";

/** ms between two drawings */
const REDRAW_MS = 100;
const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";

export interface Screen {
  show(event: ConsensusEvent): void;
  /** draws the last state, gives the cursor back; may be called twice */
  end(): void;
}

/** Nothing at all, for `--quiet`. */
export const noScreen: Screen = { show() {}, end() {} };

function terminalScreen({ terminal, clock }: Pick<CliPorts, "terminal" | "clock">): Screen {
  const startedAt = clock.now();
  let board = emptyBoard();
  let drawn = 0;
  let cancel = (): void => {};
  let over = false;
  const draw = (): void => {
    const lines = drawBoard(board, clock.now() - startedAt, Math.max(20, terminal.columns() - 1), terminal.style);
    const up = drawn > 0 ? `\x1b[${drawn}A` : HIDE_CURSOR;
    terminal.err(`${up}${lines.map((line) => `\x1b[2K${line}\n`).join("")}\x1b[J`);
    drawn = lines.length;
  };
  const beat = (): void => {
    draw();
    cancel = clock.timer(REDRAW_MS, beat);
  };
  beat();
  return {
    show(event) {
      board = fold(board, event);
      if (!over) draw();
    },
    end() {
      if (over) return;
      over = true;
      cancel();
      draw();
      terminal.err(SHOW_CURSOR);
    },
  };
}

function plainScreen({ terminal }: Pick<CliPorts, "terminal">): Screen {
  return {
    show(event) {
      if (event.type !== "candidate-arrived" && event.type !== "member-dropped") return;
      const row = fold(emptyBoard(), event).rows[0];
      if (row) terminal.err(`${plainRow(row)}\n`);
    },
    end() {},
  };
}

export const openScreen = (ports: Pick<CliPorts, "terminal" | "clock">): Screen =>
  ports.terminal.errIsTty ? terminalScreen(ports) : plainScreen(ports);
