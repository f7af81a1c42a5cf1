/** One seeded edge world: an engine's world with a rim, rows that outlive processes, callers that repeat themselves, and ends of processes. Pure data, made by name. */
import { type Chance, chance } from "../seeded.ts";
import { makeWorld, type RunPlan, type World } from "../world.ts";

export interface StoreMood {
  /** ms on either side of a step's effect, least and most; null = at once, as a file on the same machine */
  latency: [number, number] | null;
  /** the database is behind a network, and its port is the one for that */
  isRemote: boolean;
  /** share of steps that fail, half of them after they took effect */
  share: number;
  /** virtual ms at which it is well again */
  until: number;
}
/** How a process ends, or stumbles: killed, its machine without power, told to stop, or frozen while another takes its place. */
export interface Trouble {
  how: "crash" | "power" | "term" | "freeze";
  /** at this step of the store, on this side of it; else at `at` */
  step: { nth: number; side: "before" | "after" } | null;
  /** ms after the process began */
  at: number;
  /** ms until the next process is there */
  pause: number;
  /** how long a frozen one stands still, and for how long it lives on beside its successor */
  freeze: { ms: number; rest: number };
}
export type Form = "json" | "stream" | "job";
export interface Post {
  index: number;
  at: number;
  /** the run whose prompt it carries; another body has another */
  mark: number;
  key: string | null;
  owner: number;
  form: Form;
  /** the same body with its fields in another order */
  isReordered: boolean;
  /** ms after which the caller leaves */
  leave: number | null;
  /** seconds that the caller of a job would wait for its end first */
  wait: number | null;
  /** ms between a 202 and its cancel */
  cancel: number | null;
}
export interface EdgeWorld {
  base: World;
  store: StoreMood;
  troubles: Trouble[];
  posts: Post[];
  /** nothing strikes after this */
  calmAt: number;
}

/** Bearer keys of two principals. */
export const OWNERS = ["edge-key-of-the-first-0001", "edge-key-of-the-second-0002"] as const;

const secretOf = (value: string, fingerprint: string) => ({
  fingerprint,
  reveal: () => value,
  toString: () => "secret",
  toJSON: () => "secret",
});

function bodyOf(rng: Chance, mark: number, members: string[], deadline: number): Record<string, unknown> {
  return {
    messages: [{ role: "user", content: `#r${mark}# How many logins failed on Tuesday?` }],
    panel: rng.some(members, rng.between(1, 3)),
    strategy: rng.one(["auto", "vote", "pick", "fallback", "cascade"]),
    answer: { type: rng.one(["text", "number", "exact"]) },
    adjudicators: rng.some(members, 1),
    quorum: 1,
    stop: rng.one(["decided", "all"]),
    deadline_ms: deadline,
    metadata: { about: "edge", mark: String(mark) },
  };
}

function runPlan(rng: Chance, mark: number, members: string[], deadline: number): RunPlan {
  const body = bodyOf(rng, mark, members, deadline);
  return {
    index: mark,
    at: 0,
    body,
    answerType: (body["answer"] as { type: string }).type,
    leave: null,
    live: false,
    skill: Object.fromEntries(members.map((member) => [member, rng.one([0.95, 0.6])])),
    injected: 0,
    hollow: 0,
  };
}

type Kind = Trouble["how"] | "calm";
const KINDS: readonly Kind[] = ["crash", "crash", "crash", "power", "term", "term", "freeze", "freeze", "calm"];
/** One in so many seeds has an edge world beside its engine's. */
const EVERY = 6;
export const hasEdge = (seed: number): boolean => chance(seed, "has-edge").odds(1 / EVERY);

function troublesOf(rng: Chance, kind: Kind): Trouble[] {
  if (kind === "calm") return [];
  const count = kind === "freeze" ? 1 : rng.between(1, 3);
  return Array.from({ length: count }, () => ({
    how: kind,
    step:
      kind === "freeze" || rng.odds(0.25)
        ? null
        : { nth: rng.odds(0.5) ? rng.between(1, 12) : rng.between(10, 40), side: rng.one(["before", "after"]) },
    at: rng.between(1, kind === "freeze" ? 2500 : 9000),
    pause: rng.one([0, 10, 1000, 4000]),
    freeze: { ms: rng.between(9_500, 15_000), rest: rng.between(300, 4000) },
  }));
}

/** A request, those that repeat it at once and later, and those that come with its key and another body. */
function family(rng: Chance, first: number, mark: number, settings: { at: number; kind: Kind }): Post[] {
  // what a frozen process comes back to is told of its jobs alone
  const form = settings.kind === "freeze" ? "job" : rng.one<Form>(["json", "json", "stream", "stream", "job", "job", "job"]);
  const key = rng.odds(0.75) ? `key-${mark}` : null;
  const owner = rng.between(0, 1);
  const { at } = settings;
  const one = (change: Partial<Post>): Post => ({
    index: 0,
    at,
    mark,
    key,
    owner,
    form,
    isReordered: rng.odds(0.3),
    leave: null,
    wait: form === "job" && rng.odds(0.3) ? rng.between(1, 5) : null,
    cancel: null,
    ...change,
  });
  const posts = [
    one({
      leave: rng.odds(form === "stream" ? 0.3 : 0.12) ? rng.between(1, 3000) : null,
      cancel: form === "job" && rng.odds(0.4) ? rng.between(0, 2500) : null,
    }),
  ];
  if (key !== null) {
    for (let more = rng.one([0, 0, 1, 2, 4]); more > 0; more -= 1) posts.push(one({ at: at + rng.one([0, 0, 1, 5, 40]) }));
    for (let more = rng.between(0, 2); more > 0; more -= 1) posts.push(one({ at: at + rng.between(500, 45_000) }));
    if (rng.odds(0.3)) posts.push(one({ at: at + rng.one([0, 3, 20_000]), mark: mark + 1 }));
    // somebody else's key of the same name is another key
    if (rng.odds(0.15)) posts.push(one({ owner: 1 - owner, mark: mark + 2 }));
  }
  return posts.map((post, index) => ({ ...post, index: first + index }));
}

function storeMood(rng: Chance, kind: Kind, calmAt: number): StoreMood {
  // only a file on the machine itself loses what it has written with the machine's power
  const isRemote = kind !== "power" && rng.odds(0.4);
  const latency = isRemote
    ? rng.one<[number, number]>([
        [1, 5],
        [5, 60],
        [0, 300],
      ])
    : rng.odds(0.5)
      ? null
      : rng.one<[number, number]>([
          [0, 1],
          [0, 20],
        ]);
  return { latency, isRemote, share: rng.odds(0.35) ? rng.one([0.02, 0.1, 0.4]) : 0, until: calmAt };
}

const MOST_MARKS = 3;

export function makeEdgeWorld(seed: number): EdgeWorld {
  const rng = chance(seed, "edge");
  const base = makeWorld(seed);
  const kind = rng.one(KINDS);
  const members = Object.keys(base.settings.models);
  // some runs outlast the grace of a stop
  const isLong = kind === "term" && rng.odds(0.3);
  const posts: Post[] = [];
  const runs: RunPlan[] = [];
  let at = 0;
  for (let group = rng.between(1, MOST_MARKS); group > 0; group -= 1) {
    const mark = runs.length;
    const deadline = isLong ? 60_000 : rng.one([2500, 4000, 8000]);
    for (let more = 0; more < 3; more += 1) runs.push(runPlan(chance(seed, "edge-run", mark + more), mark + more, members, deadline));
    posts.push(...family(rng, posts.length, mark, { at, kind }));
    at += rng.one([0, 20, 1500, 6000]);
  }
  const calmAt = 30_000;
  const settings = {
    ...base.settings,
    apiKeys: OWNERS.map((key, index) => secretOf(key, `owner-${index}`)),
    allowedHosts: ["127.0.0.1"],
    privacy: "cloud-allowed" as const,
    storeContent: true,
  };
  // long enough for a frozen process to wake up beside its successor
  const slow = isLong ? 60 : kind === "freeze" ? rng.one([1, 5, 10]) : 1;
  const providers = Object.fromEntries(Object.entries(base.providers).map(([name, mood]) => [name, { ...mood, slow: mood.slow * slow }]));
  const models = Object.fromEntries(
    Object.entries(base.settings.models).map(([name, facts]) => [name, isLong ? { ...facts, timeoutMs: 60_000 } : facts]),
  );
  return {
    base: { ...base, settings: { ...settings, models }, providers, runs, jumps: [], store: null },
    store: storeMood(rng, kind, calmAt),
    troubles: troublesOf(rng, kind),
    posts,
    calmAt,
  };
}
