/** Plays world after world and counts: runs, twins, premises, violations, faults. One process, one thread; ends early only when told to. */
import { checkAll } from "./checks/index.ts";
import { Book, type Finding } from "./checks/tally.ts";
import { tryCaps, watchHeap } from "./heap.ts";
import { tryParsers } from "./parsers.ts";
import { checkEdge } from "./edge/checks.ts";
import { type EdgePlayed, playEdge } from "./edge/play.ts";
import { hasEdge, makeEdgeWorld } from "./edge/world.ts";
import { play, type Played } from "./play.ts";
import { tryRim } from "./rim/index.ts";
import { playTwin } from "./twins.ts";
import { makeWorld } from "./world.ts";

export interface CampaignOrder {
  seed: number;
  /** runs at least: a world is always played whole */
  runs: number;
  /** every how many-th seed is this one's */
  step?: number;
  /** false = only the checks on single engine worlds */
  twins?: boolean;
  /** told now and then; true = stop here */
  onWorld?: (sums: Sums) => boolean;
}
export interface Sums {
  worlds: number;
  runs: number;
  twins: number;
  /** worlds of processes that end, beside the engine's */
  edges: number;
  calls: number;
  held: Record<string, number>;
  faults: Record<string, number>;
  places: Record<string, number>;
  findings: Finding[];
}

const bump = (into: Record<string, number>, name: string): void => void (into[name] = (into[name] ?? 0) + 1);

/** Faults that truly struck: on the wire, at the store, at the clock, by the caller, by an adjudicator's word. */
function countFaults(played: Played, into: Record<string, number>): void {
  for (const call of played.calls) {
    if (call.plan.fault !== null) bump(into, call.plan.fault);
    if (call.judge && call.plan.answer !== null) bump(into, `judge-${played.world.judges[call.member]?.mood ?? "none"}`);
    if (call.kind === "warm") bump(into, "cold-load");
  }
  for (const fault of played.store?.struck ?? []) bump(into, fault);
  for (const run of played.runs) if (run.leftAt !== null) bump(into, `leaves-${run.plan.leave?.how ?? ""}`);
  if (played.world.jumps.length > 0) bump(into, "clock-jump");
}

/** How processes ended, and on which side of what the store failed. */
function countTroubles({ world, lives, rows }: EdgePlayed, into: Record<string, number>): void {
  for (const { number, stop, diedAt } of lives) {
    const how = world.troubles[number]?.how;
    if (how !== undefined && (stop !== null || diedAt !== null)) bump(into, `process-${how}`);
  }
  for (const side of new Set(rows.struck.map((one) => one.side))) bump(into, `store-fails-${side}`);
}

/** One edge world, now and then twice: the same seed must give the same trace here too. */
async function playAtEdge(seed: number, book: Book, faults: Record<string, number>): Promise<void> {
  const world = makeEdgeWorld(seed);
  const played = await playEdge(world);
  checkEdge(played, book);
  countTroubles(played, faults);
  if (seed % AGAIN !== 0) return;
  book.hold("I35");
  if ((await playEdge(world)).hash !== played.hash) book.fail("I35", null, "one seed, two traces of its edge");
}
const AGAIN = 20;

export async function campaign({ seed, runs, step = 1, twins = true, onWorld }: CampaignOrder): Promise<Sums> {
  const book = new Book();
  const sums: Sums = { worlds: 0, runs: 0, twins: 0, edges: 0, calls: 0, held: {}, faults: {}, places: {}, findings: [] };
  const settle = (): Sums => ({
    ...sums,
    held: Object.fromEntries(book.held),
    places: Object.fromEntries(book.places),
    findings: book.findings,
  });
  const watch = watchHeap();
  for (let next = seed; sums.runs < runs; next += step) {
    book.seed = next;
    const world = makeWorld(next);
    const played = await play(world);
    checkAll(played, book);
    countFaults(played, sums.faults);
    sums.worlds += 1;
    sums.runs += played.runs.length;
    sums.calls += played.calls.length;
    if (twins && hasEdge(next)) {
      await playAtEdge(next, book, sums.faults);
      sums.edges += 1;
    }
    if (twins && (await playTwin(world, book)) !== null) sums.twins += 1;
    await tryRim(world, book);
    await tryParsers(next, book);
    await tryCaps(next, book);
    await watch(sums.worlds, book);
    if (onWorld?.({ ...sums, findings: book.findings, places: Object.fromEntries(book.places) }) === true) break;
  }
  return settle();
}

export function merge(parts: readonly Sums[]): Sums {
  const add = (pick: (part: Sums) => Record<string, number>): Record<string, number> => {
    const all: Record<string, number> = {};
    for (const part of parts) for (const [name, count] of Object.entries(pick(part))) all[name] = (all[name] ?? 0) + count;
    return all;
  };
  const total = (pick: (part: Sums) => number): number => parts.reduce((sum, part) => sum + pick(part), 0);
  return {
    worlds: total((part) => part.worlds),
    runs: total((part) => part.runs),
    twins: total((part) => part.twins),
    edges: total((part) => part.edges),
    calls: total((part) => part.calls),
    held: add((part) => part.held),
    faults: add((part) => part.faults),
    places: add((part) => part.places),
    findings: parts.flatMap((part) => part.findings),
  };
}
