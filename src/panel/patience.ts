/** How long one link of a chain may take, and how long it may hold up those behind it. Calls nobody. */
import { doubtOf } from "./member.ts";
import type { PanelOrder, SeatPlan } from "./panel.ts";
import { attemptLimit } from "./phase-limits.ts";
import { type Room, targetOf } from "./room.ts";
import type { Run } from "./seat.ts";

/** Kept for each link that is still to come, at most: what a healthy cloud provider needs. */
const LINK_MS = 10_000;

const fromLink = ({ seats }: PanelOrder, link: SeatPlan): SeatPlan[] =>
  seats.slice(seats.indexOf(link)).filter(({ dropped }) => dropped === null);

/** Monotonic ms at which this link must be done, so that a silent one leaves time for those behind it; the last has all that is left. */
export function linkEnd({ clock }: Room, order: PanelOrder, link: SeatPlan): number {
  const behind = Math.max(0, fromLink(order, link).length - 1);
  const left = Math.max(0, order.panelBy - clock.now());
  return order.panelBy - behind * Math.min(LINK_MS, left / (behind + 1));
}

/**
 * Monotonic ms at which `next` is asked though links before it (`waitedFor`) are still out; null = only when all have ended.
 * The remote links before a local one share one attempt limit, counted from the start of the chain (`since`).
 */
export function turnAt(
  room: Room,
  run: Run,
  next: SeatPlan,
  { since, waitedFor }: { since: number; waitedFor: SeatPlan[] },
): number | null {
  const willing = fromLink(run.order, next).filter(({ member }) => doubtOf(room, run, member) === null);
  const stillToCome = willing.findIndex(({ local }) => local);
  if (stillToCome < 0 || waitedFor.some(({ local }) => local)) return null;
  const now = room.clock.now();
  const limits = waitedFor.map(({ member, timeoutMs }) => limitOf(room, member, timeoutMs));
  const left = Math.max(0, since + Math.max(...limits) - now);
  // one that is slow but well is not doubled
  const usual = Math.max(...waitedFor.map(({ member }) => (room.latencies.known(member)?.p95 ?? 0) + 1));
  return now + Math.min(left, Math.max(left / (stillToCome + 1), usual));
}

function limitOf(room: Room, member: string, timeoutMs: number | null): number {
  const target = targetOf(room, member);
  return target === null ? 0 : attemptLimit(target, timeoutMs);
}
