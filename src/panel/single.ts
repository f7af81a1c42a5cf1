/** One call outside the seats (an adjudicator), under the same breakers, queues, budgets and guard. Never throws; the reply is untrusted. */
import type { AskReply } from "../../adjudicator/index.ts";
import type { Sampling } from "../core/chat.ts";
import { alarm, createCutoff } from "../core/time.ts";
import type { Failure } from "../providers/provider.ts";
import type { CallEnd } from "./booking.ts";
import { guardedCall } from "./call.ts";
import { type Cut, CUT_DETAIL, CUT_REASON, cutOf } from "./cut.ts";
import type { CallLedger, SingleOrder } from "./panel.ts";
import { addUsd } from "./purse.ts";
import { nextWait, noteRetry, type RetryHistory } from "./retry.ts";
import { type Room, type Target, targetOf } from "./room.ts";

const NO_USAGE = { input_tokens: null, output_tokens: null };
const notStarted = (detail: string, costUsd: number | null): AskReply => ({
  ok: false,
  reason: "skipped",
  detail,
  usage: NO_USAGE,
  costUsd,
});

export async function askSingle(room: Room, order: SingleOrder): Promise<AskReply & { ledger: CallLedger }> {
  const ledger: CallLedger = { calls: 0, retries: 0 };
  const target = targetOf(room, order.member);
  if (target === null) return { ...notStarted("its provider is not configured", 0), ledger };
  const usual = room.latencies.known(order.member)?.p50 ?? 0;
  if (usual > order.by - room.clock.now()) return { ...notStarted("it usually takes longer than the time that is left", 0), ledger };
  const cutoff = createCutoff<Cut>();
  const onAbort = (): void => cutoff.cut(cutOf(order.signal));
  order.signal.addEventListener("abort", onAbort);
  if (order.signal.aborted) onAbort();
  const cancel = alarm(room.clock, order.by, () => cutoff.cut("deadline"));
  try {
    return { ...(await askAgain(room, order, target, { cutoff, ledger })), ledger };
  } catch (error) {
    room.log("error", "single-threw", { member: order.member, error: error instanceof Error ? error.name : typeof error });
    return { ok: false, reason: "bad-response", detail: "an internal fault", usage: NO_USAGE, costUsd: null, ledger };
  } finally {
    cancel();
    order.signal.removeEventListener("abort", onAbort);
  }
}

type Common = { cutoff: ReturnType<typeof createCutoff<Cut>>; ledger: CallLedger };

/** The ladder is the retry of an adjudicator; only a connection that was dead before it was used is tried again here. */
async function askAgain(room: Room, order: SingleOrder, target: Target, { cutoff, ledger }: Common): Promise<AskReply> {
  const history: RetryHistory = { attempts: 0, byReason: new Map() };
  const knobs = { ...room.knobs, attempts: room.knobs.singleAttempts };
  let costUsd: number | null = 0;
  let last: Failure | null = null;
  for (;;) {
    const end: CallEnd = await guardedCall(room, {
      target,
      compose: () => ({ messages: order.messages, sampling: samplingOf(order, target) }),
      passage: order.passage,
      cutoff,
      by: order.by,
      purse: order.purse,
      ledger,
      timeoutMs: null,
      forced: false,
      kind: history.attempts === 0 ? "first" : "retry",
      effort: "low",
      onDelta: order.onDelta,
    });
    // the call before this one was made, and may have cost something
    if (last !== null && (end.status === "refused" || end.status === "cut-waiting")) return failed(last, costUsd);
    if ("costUsd" in end) costUsd = addUsd(costUsd, end.costUsd);
    history.attempts += 1;
    const again = end.status === "failed" && end.failure.again === "at-once" ? end.failure : null;
    const time = { leftMs: order.by - room.clock.now(), usualMs: 0 };
    if (again === null || nextWait(again, history, time, room.random.next, knobs) === null) return replyOf(end, costUsd);
    last = again;
    noteRetry(history, again.reason);
  }
}

function samplingOf({ sampling, schema }: SingleOrder, { facts }: Target): Sampling {
  if (schema === null || !facts.structured) return sampling;
  return { ...sampling, response_format: { type: "json_schema", json_schema: { ...schema, strict: true } } };
}

const failed = ({ reason, detail, usage }: Failure, costUsd: number | null): AskReply => ({ ok: false, reason, detail, usage, costUsd });

function replyOf(end: CallEnd, costUsd: number | null): AskReply {
  switch (end.status) {
    case "answered":
      return { ok: true, text: end.reply.text, finish: end.reply.finish.unified, usage: end.reply.usage, costUsd };
    case "failed":
      return failed(end.failure, costUsd);
    case "excluded":
      return failed(end.failure, costUsd);
    case "cut":
      return { ok: false, reason: CUT_REASON[end.by], detail: CUT_DETAIL[end.by], usage: NO_USAGE, costUsd };
    case "cut-waiting":
      return notStarted(CUT_DETAIL[end.by], costUsd);
    case "refused":
      return notStarted(end.why, costUsd);
    default:
      return end satisfies never;
  }
}
