/** A run as server-sent events: numbered, one line of JSON each, kept alive, and cut off from a reader that never reads. */
import type { ConsensusEvent } from "../core/report.ts";
import type { Clock } from "../core/ports.ts";
import { within } from "../core/within.ts";

const KEEP_ALIVE_MS = 15_000;
/** A reader that leaves this many bytes unread for this long is gone. */
const MAX_UNREAD_BYTES = 1024 * 1024;
const MAX_STALL_MS = 10_000;

const encoder = new TextEncoder();
/** JSON holds no raw line break, so one event stays one event. */
export const frameEvent = (id: number, event: ConsensusEvent): Uint8Array =>
  encoder.encode(`id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event.data)}\n\n`);
const KEEP_ALIVE = encoder.encode(": keep-alive\n\n");

export interface SseSource {
  events: AsyncIterator<ConsensusEvent>;
  /** the reader left or stalled */
  leave(): void;
  /** the stream ended, however */
  end(): void;
}

/** `first` was read already, so that a refusal before it could still be a plain problem reply. */
export function eventStream(first: ConsensusEvent, { events, leave, end }: SseSource, clock: Clock): ReadableStream<Uint8Array> {
  let number = 0;
  let next: Promise<IteratorResult<ConsensusEvent>> = Promise.resolve({ value: first, done: false });
  let calm: () => void = () => {};
  const close = (): void => {
    calm();
    leave();
    end();
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        calm();
        const step = await within(clock, next, KEEP_ALIVE_MS);
        if (step === "late") return controller.enqueue(KEEP_ALIVE);
        if (step.done) {
          end();
          return controller.close();
        }
        number += 1;
        controller.enqueue(frameEvent(number, step.value));
        next = events.next();
        next.catch(() => {});
        if ((controller.desiredSize ?? 0) <= 0) {
          calm = clock.timer(MAX_STALL_MS, () => {
            close();
            controller.error(new Error("the reader does not read"));
          });
        }
      },
      cancel: close,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: MAX_UNREAD_BYTES }),
  );
}
