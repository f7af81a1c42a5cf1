/** Reads the table of expected figures out of the README beside the recordings, in shares; what is not there is not compared. Pure. */

export interface Published {
  best: number;
  plurality: number;
  /** plurality with ties to the best member */
  tiesToBest: number;
  learned: number;
  oracle: number;
  /** questions on which all agree, and how many of those are right */
  allShare: number;
  allRight: number;
}

/** `| task | group | n | best | plurality | ties to the best | Dawid-Skene | oracle | share / accuracy |` → by `task/group`. */
export function readPublished(text: string): Map<string, Published> {
  const found = new Map<string, Published>();
  for (const line of text.split("\n")) {
    const cells = line.split("|").map((cell) => cell.trim());
    if (cells.length !== 11) continue;
    const [, task = "", group = "", n = "", ...figures] = cells;
    const [best, plurality, tiesToBest, learned, oracle, allShare, allRight] = figures
      .slice(0, 6)
      .flatMap((cell) => cell.split("/"))
      .map((cell) => (cell.trim() === "" ? Number.NaN : Number(cell) / 100));
    const all = { best, plurality, tiesToBest, learned, oracle, allShare, allRight };
    if (!/^\d+$/.test(n) || Object.values(all).some((one) => one === undefined || Number.isNaN(one))) continue;
    found.set(`${task}/${group}`, all as Published);
  }
  return found;
}
