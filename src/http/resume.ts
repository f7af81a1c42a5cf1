/** A kept event stream, from the event after the one that its reader saw last: whoever lost a stream under an Idempotency-Key posts again and reads on. Pure. */
import type { StoredReply } from "./idempotent.ts";
import { SSE_TYPE } from "./stream.ts";

/** Ids count from 1, and no event holds a blank line. */
export function afterLastEvent({ headers }: Request, kept: StoredReply): StoredReply {
  const seen = headers.get("last-event-id") ?? "";
  if (kept.type !== SSE_TYPE || !/^\d{1,9}$/.test(seen)) return kept;
  const frames = kept.body.split("\n\n").slice(Number(seen), -1);
  return { ...kept, body: frames.map((frame) => `${frame}\n\n`).join("") };
}
