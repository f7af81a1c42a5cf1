/** Plays one edge world: process after process over the same rows, callers at the door, and a record of all that an outsider could see. */
import { createVirtualClock } from "../../kit/clock.ts";
import { onOneThread } from "../ambient.ts";
import { Recorder } from "../play.ts";
import { createScript } from "../upstream.ts";
import { conduct, type Visit } from "./callers.ts";
import { createLife, type Life } from "./life.ts";
import { createRows, type Rows } from "./rows.ts";
import type { SqlRow } from "../../../src/store/store.ts";
import type { EdgeWorld } from "./world.ts";

export interface EdgePlayed {
  world: EdgeWorld;
  lives: Life[];
  visits: Visit[];
  rows: Pick<Rows, "changes" | "struck" | "steps">;
  /** jobs whose row no disk had confirmed when their 202 had left */
  undurable: string[];
  /** rows at the end */
  jobs: SqlRow[];
  reports: { id: string; json: string }[];
  runaway: boolean;
  hash: number;
  trace: string[];
}
/** Virtual ms after which a world that has not come to rest is given up. */
const PATIENCE_MS = 300_000;
const MOST_ENDS = 4;

export const playEdge = (world: EdgeWorld, options: { trace?: boolean } = {}): Promise<EdgePlayed> =>
  onOneThread(() => playAlone(world, options));

async function playAlone(world: EdgeWorld, options: { trace?: boolean }): Promise<EdgePlayed> {
  const clock = createVirtualClock();
  const { tell, trace, ...recorder } = recorderOf(() => clock.now(), options.trace === true);
  const rows = await createRows({ seed: world.base.seed, mood: world.store, now: () => clock.now(), tell });
  const script = createScript(world.base, {}, { now: () => clock.now(), wall: () => clock.wall() });
  const lives: Life[] = [];
  let front: Life | null = null;
  const start = (): void => {
    const number = lives.length;
    tell(`begin ${number}`);
    const trouble = world.troubles[number] ?? null;
    const life = createLife({ world, number, clock, rows, script, trouble, tell, onTrouble });
    lives.push(life);
    front = life;
    if (trouble !== null && trouble.step === null) clock.timer(trouble.at, () => clock.now() < world.calmAt && onTrouble(life));
  };
  const onTrouble = (life: Life): void => {
    const trouble = world.troubles[life.number];
    if (trouble === undefined || life.diedAt !== null || life.stop !== null) return;
    const next = (): void => void clock.timer(trouble.pause, start);
    switch (trouble.how) {
      case "crash":
        life.kill();
        return next();
      case "power":
        life.kill();
        rows.losePower();
        return next();
      case "term":
        return void life.term(next);
      case "freeze":
        front = null;
        life.freeze(trouble.freeze.ms);
        clock.timer(trouble.freeze.ms + trouble.freeze.rest, life.kill);
        return next();
      default:
        trouble.how satisfies never;
    }
  };
  const undurable: string[] = [];
  const visits = world.posts.map((post): Visit => ({ post, tries: [], final: null, job: null, cancels: [], polls: [], isOver: false }));
  start();
  for (const visit of visits)
    void conduct(
      world,
      visit,
      {
        async send(ask, leaveAfter) {
          const life = front;
          if (life === null) return { life: null, met: { kind: "refused" } };
          const met = await life.send(ask, leaveAfter);
          if (met.kind === "reply" && met.reply.status === 202) {
            const job = (met.reply.headers["location"] ?? "").replace("/jobs/", "");
            if (!rows.isDurable(job)) undurable.push(job);
          }
          return { life: life.number, met };
        },
      },
      clock,
    );
  const areJobsOver = (): boolean => rows.read("SELECT 1 FROM jobs WHERE state IN ('queued', 'running') LIMIT 1").length === 0;
  const isGone = ({ diedAt, stop }: Life): boolean => diedAt !== null || stop?.endedAt != null;
  // who is frozen may still accept when it thaws, and somebody must be there to work that off
  const isAtRest = (): boolean => lives.slice(0, -1).every(isGone) && visits.every(({ isOver }) => isOver) && areJobsOver();
  const until = async (isDone: () => boolean, latest: number): Promise<boolean> => {
    while (!isDone()) {
      if (clock.now() > latest || clock.pending() === 0) return false;
      await clock.advance(Math.max(1, clock.untilNext()));
    }
    return true;
  };
  await clock.flush();
  let runaway = false;
  // what was accepted while the last one stopped waits for the next
  for (let round = 0; round < MOST_ENDS; round += 1) {
    if (round > 0) start();
    await until(isAtRest, Math.max(world.calmAt, clock.now()) + PATIENCE_MS);
    const last = lives.at(-1);
    if (last !== undefined && !isGone(last)) void last.term();
    runaway ||= last === undefined || !(await until(() => isGone(last), clock.now() + 40_000));
    if (areJobsOver()) break;
  }
  const reports = rows.read("SELECT id FROM reports ORDER BY id").map(({ id }) => String(id));
  const textOf = (id: string): string =>
    rows
      .read("SELECT text FROM texts WHERE id = ? ORDER BY part", id)
      .map(({ text }) => String(text))
      .join("");
  const played = {
    world,
    lives,
    visits,
    rows: { changes: rows.changes, struck: rows.struck, steps: rows.steps },
    undurable,
    jobs: rows.read("SELECT * FROM jobs ORDER BY id"),
    reports: reports.map((id) => ({ id, json: textOf(id) })),
    runaway,
    hash: recorder.hash(),
    trace,
  };
  rows.close();
  return played;
}

function recorderOf(now: () => number, keep: boolean): { tell(line: string): void; trace: string[]; hash(): number } {
  const recorder = new Recorder(now, keep);
  return { tell: recorder.tell, trace: recorder.trace, hash: () => recorder.hash };
}
