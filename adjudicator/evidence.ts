/** Past runs folded into patterns (who agreed with whom, what feedback said), so that learning costs by patterns and not by runs. Draws no conclusion. */

/** One past run: holds no prompt and no answer text. */
export interface PastRun {
  /** ms since 1970 */
  at: number;
  /** answer type, or `tool-calls` */
  kind: string;
  /** member → class number within this run; null = abstained */
  ballots: Record<string, number | null>;
  /** class that won, null = none */
  winner: number | null;
  /** class that feedback named as right; -1 = none of them; null = no feedback */
  right: number | null;
}

/** Runs that look alike: the same members in the same classes with the same feedback. */
export interface Pattern {
  /** class of each member of `Evidence.members`, numbered by first occurrence; -1 = abstained or not asked */
  classes: number[];
  size: number;
  voices: number;
  /** class that was right, -1 = none of them; null = unknown */
  right: number | null;
  /** sum of the faded weights of these runs, and their number */
  weight: number;
  runs: number;
}

export interface Evidence {
  members: string[];
  patterns: Pattern[];
  counts(member: string): { runs: number; labelled: number };
  /** runs in which all of these took part */
  comparable(taking: string[]): number;
}

/** A run counts half after this time against the newest one: models and prompts change behind the same name. */
const HALF_LIFE_MS = 60 * 24 * 3_600_000;
const MAX_RUNS = 2_000;

export function gather(rows: PastRun[], members: string[]): Evidence {
  const newest = rows.reduce((latest, row) => Math.max(latest, row.at), 0);
  const patterns = new Map<string, Pattern>();
  const recent = rows.slice(0, MAX_RUNS);
  for (const row of recent) {
    const found = patternOf(row, members);
    if (found.voices === 0) continue;
    const name = `${found.classes.join(",")};${found.right}`;
    const known = patterns.get(name) ?? found;
    known.weight += 2 ** (-Math.max(0, newest - row.at) / HALF_LIFE_MS);
    known.runs += 1;
    patterns.set(name, known);
  }
  const list = [...patterns.values()];
  return {
    members,
    patterns: list,
    counts: (member) => countRuns(list, members.indexOf(member)),
    comparable: comparableIn(recent),
  };
}

/** Who took part together hardly changes between two runs: the last answer is kept. */
function comparableIn(rows: PastRun[]): Evidence["comparable"] {
  let asked = "";
  let found = 0;
  return (taking) => {
    const name = taking.toSorted().join("\n");
    if (name !== asked) {
      asked = name;
      found = rows.filter((row) => taking.every((member) => Object.hasOwn(row.ballots, member))).length;
    }
    return found;
  };
}

function patternOf(row: PastRun, members: string[]): Pattern {
  const numbers = new Map<number, number>();
  const classes = members.map((member) => {
    const given = Object.hasOwn(row.ballots, member) ? (row.ballots[member] ?? null) : null;
    if (given === null) return -1;
    const number = numbers.get(given) ?? numbers.size;
    numbers.set(given, number);
    return number;
  });
  const right = row.right === null ? null : (numbers.get(row.right) ?? -1);
  const voices = classes.reduce((sum, found) => sum + (found >= 0 ? 1 : 0), 0);
  return { classes, size: numbers.size, voices, right, weight: 0, runs: 0 };
}

/** An unlabelled run is evidence where three or more spoke: of two that differ, nobody knows who erred. */
function countRuns(patterns: Pattern[], index: number): { runs: number; labelled: number } {
  let runs = 0;
  let labelled = 0;
  for (const pattern of patterns) {
    if ((pattern.classes[index] ?? -1) < 0) continue;
    if (pattern.right !== null) labelled += pattern.runs;
    else if (pattern.voices > 2) runs += pattern.runs;
  }
  return { runs: runs + labelled, labelled };
}
