/** Frames on their way to one reader: joined while it is busy, kept alive while nothing is said, dropped when it never reads. Knows no event and no socket. */
import type { Clock } from "../core/ports.ts";

export const KEEP_ALIVE_MS = 15_000;
const KEEP_ALIVE = ": keep-alive\n\n";
/** A reader that leaves this many characters unread for this long is gone. */
const MAX_UNREAD = 1024 * 1024;
const MAX_STALL_MS = 10_000;
/** Most characters that are taken at once, so that a slow reader is seen to read; a longer frame is taken whole. */
const BITE = 64 * 1024;

/** The reader's side of a feed. */
export interface FeedReader {
  /** the frames that wait: "" = none now, null = none will come. Throws when the feed was dropped */
  take(): string | null;
  /** called in a microtask, so that what comes at one moment is taken together; one listener */
  onMore(listener: () => void): void;
  /** the reader wants no more */
  leave(): void;
}
export interface FeedEnds {
  /** the reader left or stalled before the end */
  leave(): void;
  /** everything was said */
  end(): void;
}

const nothing = (): void => {};

export class Feed implements FeedReader {
  #frames: string[] = [];
  #unread = 0;
  #state: "open" | "ended" | "left" | "stalled" = "open";
  /** of the last frame; null before the first: a silence can be kept alive only once it is a stream's */
  #saidAt: number | null = null;
  #isTold = false;
  #more = nothing;
  #roomy = nothing;
  #calm: (() => void) | null = null;
  #quiet = nothing;
  readonly #ends: FeedEnds;
  readonly #clock: Clock;

  constructor(ends: FeedEnds, clock: Clock) {
    this.#ends = ends;
    this.#clock = clock;
  }

  /** one timer for the whole feed, not one for each frame */
  #watch(ms: number): void {
    this.#quiet = this.#clock.timer(ms, () => {
      const silentMs = this.#clock.now() - (this.#saidAt ?? 0);
      if (silentMs >= KEEP_ALIVE_MS && this.#unread === 0) this.#add(KEEP_ALIVE);
      this.#watch(silentMs >= KEEP_ALIVE_MS ? KEEP_ALIVE_MS : KEEP_ALIVE_MS - silentMs);
    });
  }

  #add(frame: string): void {
    this.#frames.push(frame);
    this.#unread += frame.length;
    if (this.#saidAt === null) this.#watch(KEEP_ALIVE_MS);
    this.#saidAt = this.#clock.now();
    if (this.#unread >= MAX_UNREAD) this.#calm ??= this.#clock.timer(MAX_STALL_MS, () => this.#stop("stalled"));
    this.#tell();
  }

  #tell(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    queueMicrotask(() => {
      this.#isTold = false;
      this.#more();
    });
  }

  #relax(): void {
    this.#calm?.();
    this.#calm = null;
    this.#roomy();
  }

  #stop(as: "ended" | "left" | "stalled"): void {
    const wasOpen = this.#state === "open";
    this.#state = as;
    this.#quiet();
    if (as !== "ended") {
      this.#frames = [];
      this.#unread = 0;
      this.#relax();
    }
    if (wasOpen && as === "ended") this.#ends.end();
    else if (wasOpen) this.#ends.leave();
    this.#tell();
  }

  #bite(): string {
    if (this.#unread <= BITE) return this.#frames.splice(0).join("");
    let [count, size] = [0, 0];
    for (const { length } of this.#frames) {
      if (count > 0 && size + length > BITE) break;
      count += 1;
      size += length;
    }
    return this.#frames.splice(0, count).join("");
  }

  take(): string | null {
    if (this.#state === "stalled") throw new Error("the reader does not read");
    if (this.#frames.length === 0) return this.#state === "open" ? "" : null;
    const text = this.#bite();
    this.#unread -= text.length;
    if (this.#unread < MAX_UNREAD) this.#relax();
    return text;
  }

  onMore(listener: () => void): void {
    this.#more = listener;
  }

  leave(): void {
    if (this.isOpen() || this.#state === "ended") this.#stop("left");
  }

  /** neither ended nor left */
  isOpen(): boolean {
    return this.#state === "open";
  }

  push(frame: string): void {
    if (this.isOpen()) this.#add(frame);
  }

  /** no more frames */
  end(): void {
    if (this.isOpen()) this.#stop("ended");
  }

  /** null while there is room; else resolves when there is some again, for a writer that can wait */
  room(): Promise<void> | null {
    if (this.#unread < MAX_UNREAD) return null;
    return new Promise((resolve) => (this.#roomy = resolve));
  }
}

/** Hears out a run at the reader's pace; what the run has told by itself it does not give again. Throws what the run throws. */
export async function drain<Event>(events: AsyncIterable<Event>, hear: (event: Event) => void, feed: Feed): Promise<void> {
  for await (const event of events) {
    hear(event);
    await feed.room();
    if (!feed.isOpen()) return;
  }
}
