/** Reads a stream of server-sent events back into the run's events. Bounded; a stream that ends before its last event is an error. */
import { Problem } from "../core/problem.ts";
import type { ConsensusEvent } from "../core/report.ts";

/** A report with 16 long answers stays far below. */
const MAX_EVENT_CHARACTERS = 64 * 1024 * 1024;

const broken = (detail: string): Problem => new Problem("internal", `the service's stream ${detail}`);

/** One event's lines → event; null for comments and names that this version does not know. */
export function readFrame(frame: string): ConsensusEvent | null {
  let type = "";
  let data = "";
  for (const line of frame.split("\n")) {
    if (line.startsWith("event:")) type = line.slice(6).trim();
    else if (line.startsWith("data:")) data += line.slice(5);
  }
  if (type === "" || data === "") return null;
  try {
    return { type, data: JSON.parse(data) as unknown, ...(type === "error" ? { retryAfterS: null } : {}) } as ConsensusEvent;
  } catch {
    throw broken("holds an event that is not JSON");
  }
}

export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ConsensusEvent, void, void> {
  const decoder = new TextDecoder();
  let pending = "";
  let searched = 0;
  let last: ConsensusEvent["type"] | null = null;
  for await (const chunk of body) {
    pending += decoder.decode(chunk, { stream: true });
    if (pending.length > MAX_EVENT_CHARACTERS) throw broken("holds an event without an end");
    let from = 0;
    for (;;) {
      const end = pending.indexOf("\n\n", Math.max(from, searched - 1));
      if (end === -1) break;
      const event = readFrame(pending.slice(from, end));
      from = end + 2;
      searched = from;
      if (event === null) continue;
      last = event.type;
      yield event;
    }
    pending = pending.slice(from);
    searched = pending.length;
  }
  if (last !== "run-end" && last !== "error") throw broken("ended before the run did");
}
