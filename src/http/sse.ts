/** A run as server-sent events: numbered, one line of JSON each. How they reach the reader is the stream's. */
import type { Clock } from "../core/ports.ts";
import type { ConsensusEvent } from "../core/report.ts";
import type { FeedReader } from "./feed.ts";
import { frameFeed } from "./stream.ts";

/** JSON holds no raw line break, so one event stays one event. */
export const frameEvent = (id: number, { type, data }: ConsensusEvent): string =>
  `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;

/** The end of a run, as a report or as the problem that it ended in. */
export const isLast = ({ type }: ConsensusEvent): boolean => type === "run-end" || type === "error";

export interface SseSource {
  events: AsyncIterator<ConsensusEvent>;
  /** a bug in the run: the event that tells so */
  broken(error: unknown): ConsensusEvent;
  /** the reader left or stalled; the run is to stop */
  leave(): void;
  /** awaited before the last event is handed over: who has read it all can read it again; `frames` is everything but the keep-alives */
  keep(frames: string): Promise<void>;
  /** the last event was written */
  end(): void;
}

/** `first` was read already, so that a refusal before it could still be a plain problem reply. */
export function eventStream(first: ConsensusEvent, source: SseSource, clock: Clock): FeedReader {
  const { events, leave, keep, end } = source;
  const sent: string[] = [];
  const frame = (event: ConsensusEvent): string => {
    const text = frameEvent(sent.length + 1, event);
    sent.push(text);
    return text;
  };
  let next: Promise<IteratorResult<ConsensusEvent>> = Promise.resolve({ value: first, done: false });
  const frames: AsyncIterator<string> = {
    async next() {
      const step = await next;
      if (step.done) return step;
      next = events.next();
      next.catch(() => {});
      const text = frame(step.value);
      if (isLast(step.value)) await keep(sent.join(""));
      return { done: false, value: text };
    },
  };
  const broken = (error: unknown): string => frame(source.broken(error));
  return frameFeed({ frames, broken, leave, end }, clock);
}
