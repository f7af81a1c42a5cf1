/** Frames between a run and its reader: joined, kept alive, given up; and the stream made of them. */
import { describe, expect, test } from "vitest";
import { drain, Feed } from "../../src/http/feed.ts";
import { streamOf } from "../../src/http/stream.ts";
import { createVirtualClock } from "../kit/clock.ts";

const MIB = 1024 * 1024;

function scene() {
  const clock = createVirtualClock();
  const told: string[] = [];
  const feed = new Feed({ leave: () => told.push("leave"), end: () => told.push("end") }, clock);
  return { clock, told, feed };
}

describe("a feed", () => {
  test("gives what waits at once, in order, and tells once for all that came at one moment", async () => {
    const { feed, told } = scene();
    let calls = 0;
    feed.onMore(() => (calls += 1));
    for (const frame of ["a", "b", "c"]) feed.push(frame);
    await Promise.resolve();
    expect(calls).toBe(1);
    expect([feed.take(), feed.take()]).toEqual(["abc", ""]);
    feed.push("d");
    feed.end();
    feed.push("after the end");
    expect([feed.take(), feed.take()]).toEqual(["d", null]);
    expect(told).toEqual(["end"]);
  });

  test("cuts no frame, and gives a slow reader about 64 KiB at a time", () => {
    const { feed } = scene();
    const frames = Array.from({ length: 50 }, (_, index) => String.fromCharCode(97 + (index % 26)).repeat(10_000));
    for (const frame of [...frames, "x".repeat(200_000)]) feed.push(frame);
    const taken: string[] = [];
    for (let text = feed.take(); text !== "" && text !== null; text = feed.take()) taken.push(text);
    expect(taken.join("")).toBe(frames.join("") + "x".repeat(200_000));
    expect(taken.map(({ length }) => length)).toEqual([...Array.from({ length: 8 }, () => 60_000), 20_000, 200_000]);
  });

  test("is kept alive by comments once it has begun to speak, and while nothing waits", async () => {
    const { feed, clock } = scene();
    await clock.advance(40_000);
    expect(feed.take()).toBe("");
    feed.push("a");
    expect(feed.take()).toBe("a");
    await clock.advance(14_000);
    feed.push("b");
    expect(feed.take()).toBe("b");
    await clock.advance(14_000);
    expect(feed.take()).toBe("");
    await clock.advance(1000);
    expect(feed.take()).toBe(": keep-alive\n\n");
    feed.push("c");
    await clock.advance(60_000);
    expect(feed.take()).toBe("c");
    feed.end();
    expect(clock.pending()).toBe(0);
  });

  test("gives up a reader that leaves 1 MiB unread for 10 s, but not one that reads slowly", async () => {
    const { feed, clock, told } = scene();
    for (let mib = 0; mib < 30; mib += 1) {
      feed.push("x".repeat(MIB));
      await clock.advance(9000);
      expect(feed.take()).toHaveLength(MIB);
    }
    feed.push("x".repeat(MIB));
    await clock.advance(10_000);
    expect(told).toEqual(["leave"]);
    expect(() => feed.take()).toThrow("the reader does not read");
    feed.push("y");
    feed.end();
    expect([told, clock.pending()]).toEqual([["leave"], 0]);
  });

  test("tells once that its reader left, and not at all after its end", () => {
    const [early, late] = [scene(), scene()];
    early.feed.push("a");
    early.feed.leave();
    early.feed.leave();
    early.feed.end();
    late.feed.push("a");
    late.feed.end();
    late.feed.leave();
    expect([early.told, late.told]).toEqual([["leave"], ["end"]]);
    expect([early.feed.take(), late.feed.take()]).toEqual([null, null]);
    expect([early.clock.pending(), late.clock.pending()]).toEqual([0, 0]);
  });

  test("lets a writer that can wait go on when there is room, and no further when nobody reads on", async () => {
    const { feed } = scene();
    let made = 0;
    async function* source(): AsyncGenerator<string> {
      for (; made < 100; made += 1) yield "x".repeat(MIB / 2);
    }
    const heard = drain(source(), (frame) => feed.push(frame), feed);
    await new Promise((resolve) => setImmediate(resolve));
    expect(made).toBe(1);
    feed.take();
    await new Promise((resolve) => setImmediate(resolve));
    expect(made).toBe(2);
    feed.leave();
    await heard;
    expect(made).toBeLessThan(5);
  });
});

describe("a stream of a feed", () => {
  test("takes nothing before it is read, then all, and ends with it", async () => {
    const { feed } = scene();
    const stream = streamOf(feed);
    feed.push("a");
    await new Promise((resolve) => setImmediate(resolve));
    expect(feed.take()).toBe("a");
    const text = new Response(stream).text();
    for (const frame of ["b", "ü€𝄞", "c"]) {
      feed.push(frame);
      await new Promise((resolve) => setImmediate(resolve));
    }
    feed.end();
    expect(await text).toBe("bü€𝄞c");
  });

  test("that is cancelled leaves the feed", async () => {
    const { feed, told } = scene();
    await streamOf(feed).cancel();
    expect(told).toEqual(["leave"]);
  });
});
