/** A second call at a configured substitute for a member that stays silent past its provider's p95; the first usable one wins. */
import { alarm, forkCutoff } from "../core/time.ts";
import type { ChatReply } from "../providers/provider.ts";
import type { CallEnd } from "./booking.ts";
import { type CallOrder, guardedCall } from "./call.ts";
import { type Room, type Target, targetOf } from "./room.ts";

export interface HedgedEnd {
  end: CallEnd;
  /** whose end it is */
  by: Target;
  /** the other call, when there was one */
  others: CallEnd[];
}

/** null = this call is not to be hedged: nothing configured, too little known, or a repetition could do harm */
function planOf(room: Room, { target, compose, passage, onDelta, mayHedge }: CallOrder): { substitute: Target; afterMs: number } | null {
  const name = room.knobs.substitutes[target.member];
  if (name === undefined || mayHedge !== true || onDelta !== undefined) return null;
  const substitute = targetOf(room, name);
  const known = room.latencies.known(target.provider.name);
  if (substitute === null || known === null || (passage.privacy === "local-only" && !substitute.provider.local)) return null;
  const composed = compose(null, target);
  return "sampling" in composed && composed.sampling.tools?.length ? null : { substitute, afterMs: known.p95 };
}

export async function hedgedCall(room: Room, order: CallOrder, usable: (reply: ChatReply) => boolean): Promise<HedgedEnd> {
  const plan = planOf(room, order);
  if (plan === null) return { end: await guardedCall(room, order), by: order.target, others: [] };
  return race(room, order, plan, usable);
}

async function race(
  room: Room,
  order: CallOrder,
  { substitute, afterMs }: { substitute: Target; afterMs: number },
  usable: (reply: ChatReply) => boolean,
): Promise<HedgedEnd> {
  const first = forkCutoff(order.cutoff);
  const second = forkCutoff(order.cutoff);
  const good = (end: CallEnd): boolean => end.status === "answered" && usable(end.reply);
  let hedge: Promise<CallEnd> | null = null;
  let cancel = (): void => undefined;
  const startHedge = (): void => {
    hedge = guardedCall(room, {
      ...order,
      target: substitute,
      cutoff: second.cutoff,
      kind: "hedge",
      hedgeOf: order.target.provider.name,
      timeoutMs: null,
    });
    void hedge.then((end) => good(end) && first.cutoff.cut("late"));
  };
  // past it, not at it: a call that is as fast as usual must not be doubled
  const onStart = (): void => void (cancel = alarm(room.clock, room.clock.now() + afterMs + 1, startHedge));
  const own = await guardedCall(room, { ...order, cutoff: first.cutoff, onStart, onSign: () => cancel() });
  cancel();
  if (good(own)) second.cutoff.cut("late");
  const other = hedge === null ? null : await (hedge as Promise<CallEnd>);
  first.leave();
  second.leave();
  if (other === null) return { end: own, by: order.target, others: [] };
  return good(other) && !good(own) ? { end: other, by: substitute, others: [own] } : { end: own, by: order.target, others: [other] };
}
