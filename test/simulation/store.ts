/** A report store in memory with the faults of a real one: it rejects, hangs or is slow, by the world's mood. */
import type { Json } from "../../adjudicator/index.ts";
import type { Clock } from "../../src/core/ports.ts";
import { type HistoryRow, type ReportStore, StoreError } from "../../src/store/store.ts";
import { chance } from "./seeded.ts";
import type { World } from "./world.ts";

export interface Saved {
  id: string;
  json: string;
  owner: string;
  excerpt: string;
}
export interface FakeStore extends ReportStore {
  saved: Saved[];
  /** how every save ended: for the checker */
  ends: Map<string, "saved" | "failed" | "hanging" | "slow">;
  memory: Map<string, Json>;
  /** faults that struck */
  struck: Set<string>;
}
/** Longer than a save may hold up an answer. */
const SLOW_MS = 10_000;

export function createFakeStore(world: World, clock: Clock, tell: (what: string) => void): FakeStore {
  const mood = world.store;
  const history: HistoryRow[] = [];
  const memory = new Map<string, Json>();
  const saved: Saved[] = [];
  const ends: FakeStore["ends"] = new Map();
  const struck = new Set<string>();
  let reads = 0;
  const wait = (ms: number): Promise<void> => new Promise((resolve) => void clock.timer(ms, resolve));
  const read = async <T>(value: () => T): Promise<T> => {
    if (mood !== null && chance(world.seed, "read", reads++).odds(mood.read.share)) {
      struck.add(`store-read-${mood.read.how}`);
      if (mood.read.how === "rejects") throw new StoreError("locked");
      await wait(SLOW_MS);
    }
    return value();
  };
  const save: ReportStore["save"] = (entry) => {
    const { id } = entry.row;
    const luck = chance(world.seed, "save", ends.size);
    const how = mood !== null && luck.odds(mood.save.share) ? mood.save.how : null;
    tell(`save ${how ?? "fine"}`);
    const write = (): void => {
      saved.push({ id, json: entry.json, owner: entry.owner, excerpt: entry.row.excerpt });
      if (entry.history) history.unshift(entry.history);
    };
    if (how !== null) struck.add(`store-save-${how}`);
    switch (how) {
      case null:
        write();
        ends.set(id, "saved");
        return Promise.resolve();
      case "rejects":
        ends.set(id, "failed");
        return Promise.reject(new StoreError("disk full"));
      case "slow":
        ends.set(id, "slow");
        return wait(SLOW_MS).then(write);
      case "hangs":
        ends.set(id, "hanging");
        return new Promise(() => undefined);
      default:
        return how satisfies never;
    }
  };
  return {
    saved,
    ends,
    memory,
    struck,
    save,
    get: (_owner, id) => read(() => saved.find((one) => one.id === id)?.json ?? null),
    list: () => read(() => ({ data: [], next_cursor: null })),
    remove: () => read(() => false),
    history: (kind, limit) => read(() => history.filter((row) => row.kind === kind).slice(0, limit)),
    pastRun: (_owner, run) => read(() => history.find((row) => row.run === run) ?? null),
    teach: () => read(() => false),
    remember: (name, value) => read(() => void memory.set(name, value)),
    recall: (name) => read(() => memory.get(name) ?? null),
    health: () => read(() => null).catch(() => "the database cannot be used"),
  };
}
