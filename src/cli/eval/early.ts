/** What stopping early spares: seats still out when the rest can no longer change the verdict, over orders of arrival. Pure. */
import { isDecided } from "../../../adjudicator/index.ts";
import type { Case } from "./cases.ts";
import { toolSpecsOf } from "./gold.ts";
import { seeded, shuffled } from "./statistics.ts";

const QUORUM = 2;
/** Panels up to five are seen in every order, larger ones in this many seeded ones. */
const MOST_ORDERS = 120;
const ALL_ORDERS_UP_TO = 5;

export interface Early {
  /** mean share of seats that nobody needed to wait for */
  spared_share: number;
  /** mean over questions, in seats */
  spared_seats: number;
  /** by recorded times, where every member has one: mean s until the last answer and until the verdict was decided */
  wait_all_s: number | null;
  wait_decided_s: number | null;
  timed: number;
}

function ordersOf(size: number, random: () => number): number[][] {
  const seats = Array.from({ length: size }, (_, index) => index);
  if (size > ALL_ORDERS_UP_TO) return Array.from({ length: MOST_ORDERS }, () => shuffled(seats, random));
  return seats.reduce<number[][]>(
    (orders, seat) => orders.flatMap((order) => Array.from({ length: order.length + 1 }, (_, at) => order.toSpliced(at, 0, seat))),
    [[]],
  );
}

/** How many must have arrived, in this order, before the verdict of `vote` is decided. */
function neededOf({ row, candidates }: Case, order: readonly number[]): number {
  const arrived = order.flatMap((seat) => candidates[seat] ?? []);
  const spec = { answer: row.answer, tools: toolSpecsOf(row), strategy: "vote" } as const;
  for (let count = 1; count < arrived.length; count += 1) {
    const out = arrived.slice(count).map(({ backend, weight }) => ({ backend, weight }));
    if (isDecided({ ...spec, candidates: arrived.slice(0, count), out, quorumMet: count >= QUORUM })) return count;
  }
  return arrived.length;
}

/** s until all have answered and until the verdict was decided, in the recorded order of arrival. */
function waits(one: Case): { all: number; decided: number } | null {
  const times = one.candidates.map(({ member }) => one.row.latency_s?.[member] ?? null);
  if (times.length < one.members.length || times.includes(null)) return null;
  const order = times.map((_, seat) => seat).toSorted((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
  const at = (place: number): number => times[order[place] ?? 0] ?? 0;
  return { all: at(order.length - 1), decided: at(neededOf(one, order) - 1) };
}

export function earlyStops(cases: readonly Case[]): Early {
  const random = seeded(1);
  let spared = 0;
  let seats = 0;
  for (const one of cases) {
    const orders = ordersOf(one.candidates.length, random);
    spared += orders.reduce((sum, order) => sum + order.length - neededOf(one, order), 0) / orders.length;
    seats += one.candidates.length;
  }
  const timed = cases.flatMap((one) => waits(one) ?? []);
  const mean = (pick: (wait: { all: number; decided: number }) => number): number | null =>
    timed.length === 0 ? null : timed.reduce((sum, wait) => sum + pick(wait), 0) / timed.length;
  return {
    spared_share: seats === 0 ? 0 : spared / seats,
    spared_seats: cases.length === 0 ? 0 : spared / cases.length,
    wait_all_s: mean(({ all }) => all),
    wait_decided_s: mean(({ decided }) => decided),
    timed: timed.length,
  };
}
