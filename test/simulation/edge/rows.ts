/** The durable rows of an edge world: the project's own SQL on SQLite in memory, each step with a latency, faults, and a place before and behind it to die at. */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { D1Database } from "@cloudflare/workers-types";
import type { Clock } from "../../../src/core/ports.ts";
import { d1Port } from "../../../src/runtimes/d1.ts";
import { type SqlPort, type SqlRow, type SqlValue, type Statement, StoreError } from "../../../src/store/store.ts";
import { migrate } from "../../../src/store/migrate.ts";
import { chance } from "../seeded.ts";
import type { StoreMood } from "./world.ts";

/** What one process lends to its way into the rows. */
export interface Gate {
  life: number;
  clock: Clock;
  alive(): boolean;
  /** whether the process dies at its n-th step, and on which side of it */
  deathAt(step: number): "before" | "after" | null;
  die(): void;
}
/** One change of one job, as the rows themselves show it. */
export interface JobChange {
  at: number;
  life: number;
  id: string;
  from: SqlRow | null;
  to: SqlRow;
}
export interface Rows {
  port(gate: Gate): SqlPort;
  /** the process is gone: what it had under way took effect or did not */
  crash(life: number): void;
  /** the machine lost its power: what no disk has confirmed may be gone, the newest first */
  losePower(): void;
  /** the checker's look: no step, no fault */
  read(sql: string, ...params: SqlValue[]): SqlRow[];
  changes: JobChange[];
  /** steps that failed, with what they would have written or read */
  struck: { at: number; life: number; sql: string; side: "before" | "after" }[];
  /** a disk has confirmed everything up to the row of this job */
  isDurable(job: string): boolean;
  steps: number;
  close(): void;
}
interface Pending {
  life: number;
  apply(): void;
}

const isWrite = ({ sql }: Statement): boolean => !/^\s*(?:SELECT|PRAGMA)/i.test(sql);

/** One database, as a file would be: it outlives every process. */
class Disk {
  #database = new DatabaseSync(":memory:");
  #prepared = new Map<string, StatementSync>();
  /** every transaction that wrote */
  #journal: Statement[][] = [];
  /** transactions that a loss of power cannot take */
  confirmed = 0;
  #statement(sql: string): StatementSync {
    let made = this.#prepared.get(sql);
    if (made === undefined) this.#prepared.set(sql, (made = this.#database.prepare(sql)));
    return made;
  }
  get written(): number {
    return this.#journal.length;
  }
  all = ({ sql, params }: Statement): SqlRow[] => this.#statement(sql).all(...params) as SqlRow[];
  run = ({ sql, params }: Statement): { changes: number } => ({ changes: Number(this.#statement(sql).run(...params).changes) });
  transact<T>(statements: Statement[], work: () => T): T {
    const many = statements.length > 1;
    if (many) this.#database.exec("BEGIN IMMEDIATE");
    try {
      const value = work();
      if (many) this.#database.exec("COMMIT");
      if (statements.some(isWrite)) this.#journal.push(statements);
      if (statements.some(({ durable }) => durable)) this.confirmed = this.#journal.length;
      return value;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw new StoreError(error instanceof Error ? error.message : "refused");
    }
  }
  /** Begins anew with the first `kept` transactions. */
  rewind(kept: number): void {
    const journal = this.#journal.slice(0, kept);
    this.close();
    this.#database = new DatabaseSync(":memory:");
    this.#prepared.clear();
    this.#journal = [];
    for (const statements of journal) this.transact(statements, () => statements.forEach((one) => this.all(one)));
    this.confirmed = this.#journal.length;
  }
  close(): void {
    this.#database.close();
  }
}

export interface RowsPorts {
  seed: number;
  mood: StoreMood;
  now(): number;
  tell(line: string): void;
}

export async function createRows({ seed, mood, now, tell }: RowsPorts): Promise<Rows> {
  const disk = new Disk();
  const changes: JobChange[] = [];
  const struck: Rows["struck"] = [];
  const insertedAt = new Map<string, number>();
  const pending = new Set<Pending>();
  const counts = new Map<number, number>();
  let known = new Map<string, SqlRow>();
  let steps = 0;

  const jobs = (): Map<string, SqlRow> =>
    new Map(disk.all({ sql: "SELECT * FROM jobs ORDER BY id", params: [] }).map((row) => [String(row["id"]), row]));
  const look = (life: number): void => {
    const rows = jobs();
    for (const [id, to] of rows) {
      const from = known.get(id) ?? null;
      if (JSON.stringify(from) === JSON.stringify(to)) continue;
      if (from === null) insertedAt.set(id, disk.written);
      changes.push({ at: now(), life, id, from, to });
      tell(`job ${id} ${String(from?.["state"] ?? "-")} → ${String(to["state"])} fence ${String(to["fence"])}`);
    }
    known = rows;
  };
  const effect = <T>(life: number, statements: Statement[], work: () => T): T => {
    const value = disk.transact(statements, work);
    if (statements.some((one) => isWrite(one) && /\bjobs\b/.test(one.sql))) look(life);
    return value;
  };

  /** Takes its time, may fail or be the last thing that its process did, on either side of its effect. */
  function step<T>(gate: Gate, statements: Statement[], work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      // the dead wait for ever
      if (!gate.alive()) return;
      steps += 1;
      const { life } = gate;
      const nth = (counts.get(life) ?? 0) + 1;
      counts.set(life, nth);
      const luck = chance(seed, "step", life, nth);
      const wait = (): number => (mood.latency === null ? 0 : luck.between(...mood.latency));
      const after = (ms: number, fire: () => void): void => (ms === 0 ? fire() : void gate.clock.timer(ms, fire));
      const death = gate.deathAt(nth);
      const draw = luck.next();
      const isSick = now() < mood.until && draw < mood.share;
      const side = draw < mood.share / 2 ? ("before" as const) : ("after" as const);
      const [first] = statements;
      const fails = (): void => {
        struck.push({ at: now(), life, sql: first?.sql ?? "", side });
        tell(`step ${nth} of life ${life} fails ${side} ${first?.sql.slice(0, 30) ?? ""}`);
        reject(new StoreError("the database refused"));
      };
      let value: T;
      const mine: Pending = { life, apply: () => void (value = effect(life, statements, work)) };
      pending.add(mine);
      after(wait(), () => {
        if (death === "before") return gate.die();
        pending.delete(mine);
        if (isSick && side === "before") return fails();
        try {
          mine.apply();
        } catch (error) {
          return reject(error as Error);
        }
        if (death === "after") return gate.die();
        after(wait(), () => (isSick ? fails() : resolve(value)));
      });
    });
  }

  const direct = (gate: Gate): SqlPort => ({
    all: (statement) => step(gate, [statement], () => disk.all(statement)),
    run: (statement) => step(gate, [statement], () => disk.run(statement)),
    batch: (statements) => step(gate, statements, () => statements.map(disk.run)),
    close: () => Promise.resolve(),
  });
  /** The port of the other runtime, over a database of the form that it expects. */
  function overD1(gate: Gate): SqlPort {
    type Bound = Statement & { all(): Promise<unknown>; run(): Promise<unknown> };
    const bound = (sql: string, params: SqlValue[]): Bound => {
      // a database behind a network confirms what it has written
      const statement = { sql, params, durable: true };
      return {
        ...statement,
        all: async () => ({ results: await step(gate, [statement], () => disk.all(statement)) }),
        run: async () => ({ meta: await step(gate, [statement], () => disk.run(statement)) }),
      };
    };
    const database = {
      prepare: (sql: string) => ({ bind: (...params: SqlValue[]) => bound(sql, params) }),
      batch: async (statements: Bound[]) =>
        (await step(gate, statements, () => statements.map((one) => disk.run(one)))).map((meta) => ({ meta })),
    };
    return d1Port(database as unknown as D1Database, gate.clock);
  }
  const atOnce = <T>(statements: Statement[], work: () => T): Promise<T> => Promise.resolve(disk.transact(statements, work));
  await migrate({
    all: (statement) => atOnce([statement], () => disk.all(statement)),
    run: (statement) => atOnce([statement], () => disk.run(statement)),
    batch: (statements) => atOnce(statements, () => statements.map(disk.run)),
    close: () => Promise.resolve(),
  });
  disk.confirmed = disk.written;
  return {
    port: (gate) => (mood.isRemote ? overD1(gate) : direct(gate)),
    crash(life) {
      const luck = chance(seed, "crash", life, counts.get(life) ?? 0);
      for (const one of pending) {
        if (one.life !== life) continue;
        pending.delete(one);
        if (!luck.odds(0.5)) continue;
        try {
          one.apply();
        } catch {
          // refused as it would have been
        }
      }
    },
    losePower() {
      const kept = chance(seed, "power", steps).between(disk.confirmed, disk.written);
      tell(`power lost, ${disk.written - kept} transactions with it`);
      disk.rewind(kept);
      known = jobs();
    },
    read: (sql, ...params) => disk.all({ sql, params }),
    changes,
    struck,
    isDurable: (job) => (insertedAt.get(job) ?? Number.POSITIVE_INFINITY) <= disk.confirmed,
    get steps() {
      return steps;
    },
    close: () => disk.close(),
  };
}
