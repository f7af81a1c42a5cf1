/** Makes the panel: the one object through which models are called. Holds what outlives a run; decides nothing about answers. */
import type { Passage } from "../egress/egress.ts";
import { alarm, createCutoff } from "../core/time.ts";
import { type Cut, cutOf } from "./cut.ts";
import { fanOut } from "./fan-out.ts";
import { inTurn } from "./in-turn.ts";
import { needOf } from "./phase-limits.ts";
import type { CallLedger, MemberStatus, Panel, PanelOrder } from "./panel.ts";
import { createRoom, type PanelDeps, type Room, targetOf } from "./room.ts";
import { askSingle } from "./single.ts";

export type { PanelDeps } from "./room.ts";

/** One deadline, one signal, one cut for a whole run; nothing of them is left when it ends. */
async function ask(room: Room, order: PanelOrder): ReturnType<Panel["ask"]> {
  const ledger: CallLedger = { calls: 0, retries: 0 };
  const cutoff = createCutoff<Cut>();
  const onAbort = (): void => cutoff.cut(cutOf(order.signal));
  order.signal.addEventListener("abort", onAbort);
  if (order.signal.aborted) onAbort();
  else if (order.panelBy <= room.clock.now()) cutoff.cut("deadline");
  const cancel = alarm(room.clock, order.panelBy, () => cutoff.cut("deadline"));
  try {
    const run = { order, cutoff, ledger };
    const outcomes = await (order.inTurn ? inTurn(room, run) : fanOut(room, run));
    return { outcomes: outcomes.sort((left, right) => left.seat - right.seat), ledger };
  } finally {
    cancel();
    order.signal.removeEventListener("abort", onAbort);
    cutoff.cut("cancelled");
  }
}

function unavailable(room: Room, member: string, { privacy }: Passage): string | null {
  const target = targetOf(room, member);
  if (target === null) return "its provider is not configured";
  const { provider } = target;
  if (privacy === "local-only" && (!provider.local || room.locals.relays(member))) return "it is not local";
  if (!room.egress.permits(provider.endpoint.baseUrl, privacy)) return "its address is not allowed";
  if (room.breaker.blocked(member)) return "its circuit is open";
  return room.gate(target).full() ? "the queue of its provider is full" : null;
}

function overloaded(room: Room, members: readonly string[], by: number): boolean {
  return members.every((member) => {
    const target = targetOf(room, member);
    return target !== null && !room.breaker.blocked(member) && room.gate(target).refuses(needOf(room, member, by));
  });
}

function statusOf(room: Room, member: string): MemberStatus {
  const target = targetOf(room, member);
  const { state, until } = room.breaker.view(member);
  const retryAt = room.clock.wall() + Math.max(0, until - room.clock.now());
  const gate = target && room.gate(target);
  return {
    member,
    local: target?.provider.local ?? false,
    local_proved: target !== null && room.locals.proved(target),
    breaker: { state, retry_at: state === "open" ? new Date(retryAt).toISOString() : null },
    last_error: room.lastErrors.get(member) ?? null,
    latency_ms: room.latencies.recent(member) ?? { p50: null, p95: null },
    in_flight: gate?.inFlight() ?? 0,
    queued: gate?.queued() ?? 0,
  };
}

export function createPanel(deps: PanelDeps): Panel {
  const room = createRoom(deps);
  return {
    ask: (order) => ask(room, order),
    askOne: (order) => askSingle(room, order),
    unavailable: (member, passage) => unavailable(room, member, passage),
    overloaded: (members, by) => overloaded(room, members, by),
    latency: (member) => room.latencies.recent(member),
    status: (members) => members.map((member) => statusOf(room, member)),
    close: () => room.locals.close(),
  };
}
