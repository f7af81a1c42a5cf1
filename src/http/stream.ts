/** Event streams: their headers, a feed made of frames that are drawn one by one, and a feed as a body that is read. Knows no event. */
import type { Clock } from "../core/ports.ts";
import { Feed, type FeedEnds, type FeedReader } from "./feed.ts";

export const SSE_TYPE = "text/event-stream; charset=utf-8";
/** Proxies are not to hold events back. */
export const SSE_HEADERS: Readonly<Record<string, string>> = { "x-accel-buffering": "no" };

export interface FrameSource extends FeedEnds {
  /** whole events as text; when they end, the feed ends */
  frames: AsyncIterator<string>;
  /** a bug on the way: the frame that tells so, the last one */
  broken(error: unknown): string;
}

/** Draws frames at the reader's pace. */
export function frameFeed({ frames, broken, ...ends }: FrameSource, clock: Clock): FeedReader {
  const feed = new Feed(ends, clock);
  const draw = async (): Promise<void> => {
    while (feed.isOpen()) {
      const step = await frames.next().catch((error: unknown) => ({ error }));
      if ("error" in step && feed.isOpen()) feed.push(broken(step.error));
      if ("error" in step || step.done) return feed.end();
      feed.push(step.value);
      await feed.room();
    }
  };
  void draw();
  return feed;
}

const encoder = new TextEncoder();

/** Takes nothing before it is read, so that a runtime may read the feed itself. */
export function streamOf(reader: FeedReader): ReadableStream<Uint8Array> {
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    for (;;) {
      const text = reader.take();
      if (text === null) return controller.close();
      if (text !== "") return controller.enqueue(encoder.encode(text));
      await new Promise<void>((resolve) => reader.onMore(resolve));
    }
  };
  return new ReadableStream<Uint8Array>({ pull, cancel: () => reader.leave() }, { highWaterMark: 0 });
}
