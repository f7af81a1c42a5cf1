/** Frames as a reply's body: at the reader's pace, kept alive while nothing is said, and cut off from a reader that never reads. Knows no event. */
import type { Clock } from "../core/ports.ts";

export const KEEP_ALIVE_MS = 15_000;
/** A reader that leaves this many bytes unread for this long is gone. */
const MAX_UNREAD_BYTES = 1024 * 1024;
const MAX_STALL_MS = 10_000;

export const SSE_TYPE = "text/event-stream; charset=utf-8";
/** Proxies are not to hold events back. */
export const SSE_HEADERS: Readonly<Record<string, string>> = { "x-accel-buffering": "no" };

const encoder = new TextEncoder();
const KEEP_ALIVE = encoder.encode(": keep-alive\n\n");

export interface FrameSource {
  /** whole events as text; when they end, the body ends */
  frames: AsyncIterator<string>;
  /** a bug on the way: the frame that tells so, the last one */
  broken(error: unknown): string;
  /** the reader left or stalled */
  leave(): void;
  /** the last frame was written */
  end(): void;
}

export function frameStream({ frames, broken, leave, end }: FrameSource, clock: Clock): ReadableStream<Uint8Array> {
  let over = false;
  let sentAt = clock.now();
  let calm: () => void = () => {};
  let quiet: () => void = () => {};
  const stop = (then: () => void): void => {
    calm();
    quiet();
    if (!over) then();
    over = true;
  };
  const write = (controller: ReadableStreamDefaultController<Uint8Array>, bytes: Uint8Array): void => {
    sentAt = clock.now();
    controller.enqueue(bytes);
  };
  /** one timer for the whole stream, not one for each frame */
  const watch = (controller: ReadableStreamDefaultController<Uint8Array>, ms: number): void => {
    quiet = clock.timer(ms, () => {
      if (clock.now() - sentAt >= KEEP_ALIVE_MS && (controller.desiredSize ?? 0) > 0) write(controller, KEEP_ALIVE);
      watch(controller, Math.max(1, KEEP_ALIVE_MS - (clock.now() - sentAt)));
    });
  };
  const armStall = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    if ((controller.desiredSize ?? 0) > 0) return;
    calm = clock.timer(MAX_STALL_MS, () => {
      stop(leave);
      controller.error(new Error("the reader does not read"));
    });
  };
  const close = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    stop(end);
    controller.close();
  };
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    calm();
    const step = await frames.next().catch((error: unknown) => ({ error }));
    if (over) return;
    if ("error" in step) {
      write(controller, encoder.encode(broken(step.error)));
      close(controller);
    } else if (step.done) close(controller);
    else {
      write(controller, encoder.encode(step.value));
      armStall(controller);
    }
  };
  return new ReadableStream<Uint8Array>(
    { start: (controller) => watch(controller, KEEP_ALIVE_MS), pull, cancel: () => stop(leave) },
    new ByteLengthQueuingStrategy({ highWaterMark: MAX_UNREAD_BYTES }),
  );
}
