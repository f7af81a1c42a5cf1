/** The callers of an edge world: they post, repeat what was not answered under its key, cancel jobs and ask after them. They judge nothing. */
import type { Clock } from "../../../src/core/ports.ts";
import { chance } from "../seeded.ts";
import type { Ask, Met, Reply } from "./life.ts";
import { type EdgeWorld, OWNERS, type Post } from "./world.ts";

export interface Try {
  at: number;
  endedAt: number;
  /** which process it reached */
  life: number | null;
  met: Met;
}
export interface Visit {
  post: Post;
  tries: Try[];
  /** what the caller took for its answer */
  final: { reply: Reply; at: number; try: Try } | null;
  job: string | null;
  cancels: Try[];
  /** states of the job as they were told */
  polls: { at: number; state: string }[];
  isOver: boolean;
}
/** The address that callers know: whoever listens there now. */
export interface Front {
  send(ask: Ask, leaveAfter: number | null): Promise<{ life: number | null; met: Met }>;
}

const TERMINAL: ReadonlySet<string> = new Set(["done", "failed", "cancelled", "dead"]);
export const isTerminal = (state: string): boolean => TERMINAL.has(state);
/** Problems after which the same request may find another answer. */
const PASSING = new Set(["idempotency-in-progress", "store-unavailable", "shutting-down", "overloaded", "rate-limited"]);

export const slugOf = ({ body, headers }: Reply): string | null => {
  if (!headers["content-type"]?.startsWith("application/problem+json")) return null;
  return String((JSON.parse(body) as { type: string }).type).replace("/problems/", "");
};
const isPassing = (reply: Reply): boolean => PASSING.has(slugOf(reply) ?? "");

const turned = (body: Record<string, unknown>): Record<string, unknown> => Object.fromEntries(Object.entries(body).reverse());

export function askOf(world: EdgeWorld, { mark, key, owner, form, wait, isReordered }: Post): Ask {
  const body = world.base.runs[mark]?.body ?? {};
  return {
    method: "POST",
    path: "/consensus",
    headers: {
      authorization: `Bearer ${OWNERS[owner] ?? ""}`,
      "content-type": "application/json",
      ...(key === null ? {} : { "idempotency-key": key }),
      ...(form === "job" ? { prefer: wait === null ? "respond-async" : `respond-async, wait=${wait}` } : {}),
      ...(form === "stream" ? { accept: "text/event-stream" } : {}),
    },
    body: JSON.stringify(isReordered ? turned(body) : body),
  };
}

const MOST_TRIES = 24;
const MOST_POLLS = 60;

export async function conduct(world: EdgeWorld, visit: Visit, front: Front, clock: Clock): Promise<void> {
  const { post } = visit;
  const rng = chance(world.base.seed, "caller", post.index);
  const wait = (ms: number): Promise<void> => new Promise((resolve) => void clock.timer(ms, resolve));
  const reach = async (ask: Ask, leave: number | null): Promise<Try> => {
    const at = clock.now();
    const { life, met } = await front.send(ask, leave);
    return { at, endedAt: clock.now(), life, met };
  };
  /** again and again until it is answered for good */
  const insist = async (ask: Ask, into: Try[], most: number, leave: number | null): Promise<Try | null> => {
    for (let nth = 0; nth < most; nth += 1) {
      const one = await reach(ask, nth === 0 ? leave : null);
      into.push(one);
      if (one.met.kind === "left") return null;
      if (one.met.kind === "reply" && !isPassing(one.met.reply)) return one;
      await wait(rng.between(200, 1000 + 400 * nth));
    }
    return null;
  };
  await wait(post.at);
  const last = await insist(askOf(world, post), visit.tries, post.key === null ? 1 : MOST_TRIES, post.leave);
  if (last?.met.kind === "reply") visit.final = { reply: last.met.reply, at: last.endedAt, try: last };
  const path = visit.final?.reply.status === 202 ? (visit.final.reply.headers["location"] ?? null) : null;
  if (path !== null) {
    visit.job = path.replace("/jobs/", "");
    const ask = (method: "GET" | "DELETE"): Ask => ({
      method,
      path,
      headers: { authorization: `Bearer ${OWNERS[post.owner] ?? ""}` },
      body: null,
    });
    if (post.cancel !== null) {
      await wait(post.cancel);
      await insist(ask("DELETE"), visit.cancels, MOST_TRIES, null);
    }
    for (let nth = 0; nth < MOST_POLLS; nth += 1) {
      const { met, endedAt } = await reach(ask("GET"), null);
      const state =
        met.kind === "reply" && met.reply.status === 200 ? String((JSON.parse(met.reply.body) as { state: string }).state) : null;
      if (state !== null) visit.polls.push({ at: endedAt, state });
      if (state !== null && isTerminal(state)) break;
      await wait(4000);
    }
  }
  visit.isOver = true;
}
