/** A bar for long work on standard error: redrawn in place on a terminal, a line at every tenth elsewhere. Never touches standard output. */
import type { CliPorts } from "./ports.ts";
import { safeLine } from "./safe.ts";
import { seconds } from "./format.ts";
import { fitted } from "./width.ts";

/** ms between two drawings */
const REDRAW_MS = 80;
const BAR_COLUMNS = 24;

export interface Progress {
  /** more of the work is done; `note` is shown behind the bar */
  advance(by?: number, note?: string): void;
  /** draws the last state and leaves it on the screen */
  end(): void;
}

function bar(share: number): string {
  const full = Math.round(share * BAR_COLUMNS);
  return "█".repeat(full) + "░".repeat(BAR_COLUMNS - full);
}

export function createProgress({ terminal, clock }: Pick<CliPorts, "terminal" | "clock">, label: string, total: number): Progress {
  const startedAt = clock.now();
  let count = 0;
  let note = "";
  let drawnAt = -Infinity;
  let tenth = 0;
  const share = (): number => (total <= 0 ? 1 : Math.min(1, count / total));
  const left = (): string => {
    const passed = clock.now() - startedAt;
    return share() >= 1 ? seconds(passed) : count === 0 ? "" : `${seconds((passed * (1 - share())) / share())} left`;
  };
  const line = (): string => `${label} ${bar(share())} ${count}/${total} ${left()} ${safeLine(note)}`.trimEnd();
  const draw = (): void => {
    drawnAt = clock.now();
    terminal.err(`\r\x1b[2K${fitted(line(), terminal.columns() - 1)}`);
  };
  const tell = (): void => {
    const reached = Math.floor(share() * 10);
    if (reached > tenth) terminal.err(`${label} ${count}/${total} ${left()}\n`);
    tenth = Math.max(tenth, reached);
  };
  return {
    advance(by = 1, said = "") {
      count += by;
      note = said;
      if (!terminal.errIsTty) tell();
      else if (clock.now() - drawnAt >= REDRAW_MS) draw();
    },
    end() {
      if (!terminal.errIsTty) return;
      draw();
      terminal.err("\n");
    },
  };
}
