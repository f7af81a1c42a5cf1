/** A run as server-sent events: numbered, one line of JSON each, kept alive, and cut off from a reader that never reads. */
import type { Clock } from "../core/ports.ts";
import type { ConsensusEvent } from "../core/report.ts";
import { within } from "../core/within.ts";

const KEEP_ALIVE_MS = 15_000;
/** A reader that leaves this many bytes unread for this long is gone. */
const MAX_UNREAD_BYTES = 1024 * 1024;
const MAX_STALL_MS = 10_000;

const encoder = new TextEncoder();
/** JSON holds no raw line break, so one event stays one event. */
export const frameEvent = (id: number, { type, data }: ConsensusEvent): string =>
  `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
const KEEP_ALIVE = encoder.encode(": keep-alive\n\n");

export interface SseSource {
  events: AsyncIterator<ConsensusEvent>;
  /** a bug in the run: the event that tells so */
  broken(error: unknown): ConsensusEvent;
  /** the reader left or stalled; the run is to stop */
  leave(): void;
  /** the last event was written; `frames` is everything that was sent but the keep-alives */
  end(frames: string): void;
}

/** `first` was read already, so that a refusal before it could still be a plain problem reply. */
export function eventStream(first: ConsensusEvent, source: SseSource, clock: Clock): ReadableStream<Uint8Array> {
  const frames: string[] = [];
  let next: Promise<IteratorResult<ConsensusEvent>> = Promise.resolve({ value: first, done: false });
  let calm: () => void = () => {};
  let over = false;
  const leave = (): void => {
    calm();
    if (!over) source.leave();
    over = true;
  };
  const finish = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    if (!over) source.end(frames.join(""));
    over = true;
    controller.close();
  };
  const write = (controller: ReadableStreamDefaultController<Uint8Array>, event: ConsensusEvent): void => {
    const frame = frameEvent(frames.length + 1, event);
    frames.push(frame);
    controller.enqueue(encoder.encode(frame));
  };
  const armStall = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    if ((controller.desiredSize ?? 0) > 0) return;
    calm = clock.timer(MAX_STALL_MS, () => {
      leave();
      controller.error(new Error("the reader does not read"));
    });
  };
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    calm();
    const step = await within(clock, next, KEEP_ALIVE_MS).catch((error: unknown) => ({ error }));
    if (over) return;
    if (step === "late") controller.enqueue(KEEP_ALIVE);
    else if ("error" in step) {
      write(controller, source.broken(step.error));
      finish(controller);
    } else if (step.done) finish(controller);
    else {
      write(controller, step.value);
      next = source.events.next();
      next.catch(() => {});
      armStall(controller);
    }
  };
  return new ReadableStream<Uint8Array>({ pull, cancel: leave }, new ByteLengthQueuingStrategy({ highWaterMark: MAX_UNREAD_BYTES }));
}
