/** Whether memory stays where it was: the live heap over many worlds, and the bytes that one reply may take (I33). */
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { CapError } from "../../src/egress/egress.ts";
import type { ChatResult } from "../../src/providers/provider.ts";
import { Body } from "../../src/runtimes/node-body.ts";
import type { Tally } from "./checks/tally.ts";
import { benchOf, feedOf, hear } from "./parsers.ts";
import { chance } from "./seeded.ts";
import type { Dialect } from "./wire.ts";

/** Worlds before the first measure: what is loaded and learned about the code is in place by then. */
const WARM_WORLDS = 1200;
/** Worlds between two measures. */
const EVERY_WORLDS = 120;
/** The higher of so many measures is where it starts. */
const FIRST = 2;
const MOST_GROWTH = 1.05;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Machine code grows with what was optimised, not with what is kept. */
const isData = (space: string): boolean => !/code|trusted/.test(space);
async function liveBytes(): Promise<number> {
  // what waits for a finalizer is gone by the second time
  collect();
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  return getHeapSpaceStatistics().reduce((sum, { space_name: name, space_used_size: used }) => sum + (isData(name) ? used : 0), 0);
}

/** Call what it gives once a world. */
export function watchHeap(): (worlds: number, tally: Tally) => Promise<void> {
  let start = 0;
  let measures = 0;
  return async (worlds, tally) => {
    if (worlds < WARM_WORLDS || worlds % EVERY_WORLDS !== 0) return;
    const bytes = await liveBytes();
    measures += 1;
    if (measures <= FIRST) return void (start = Math.max(start, bytes));
    tally.hold("I33");
    if (bytes > start * MOST_GROWTH)
      tally.fail("I33", null, `after ${worlds} worlds the live heap is ${bytes} bytes, ${(bytes / start).toFixed(2)} times what it was`);
  };
}

const SHARE = 0.02;
const MIB = 1024 * 1024;
const CHUNK = 16 * 1024;
/** What a socket may bring before it is paused. */
const WAITING = 256 * 1024;
const encoder = new TextEncoder();

function* endless(first: string, chunk: string): Generator<Uint8Array> {
  yield encoder.encode(first);
  const bytes = encoder.encode(chunk);
  for (let sent = 0; sent < 24 * MIB; sent += bytes.length) yield bytes;
}
const PAD = "x".repeat(CHUNK);
/** A reply that never ends, what it is called, and how many bytes of it may be taken. */
const FLOODS: readonly { name: string; most: number; bytes(dialect: Dialect): Generator<Uint8Array> }[] = [
  { name: "line", most: MIB, bytes: (dialect) => endless(dialect === "ollama" ? '{"a":"' : "data: ", PAD) },
  { name: "blank", most: 64 * 1024, bytes: () => endless("", " \r\n".repeat(CHUNK / 4)) },
  { name: "event", most: MIB, bytes: (dialect) => endless(dialect === "ollama" ? "{" : "", dialect === "ollama" ? PAD : `data: ${PAD}\n`) },
  {
    name: "stream",
    most: 8 * MIB,
    bytes: (dialect) => endless("", dialect === "ollama" ? `{"message":{"content":"${PAD}"}}\n` : `: ${PAD}\n`),
  },
];

/** Bytes below the parsers, packed or plain: counted as they are unpacked. */
async function tryBody(packed: boolean, tally: Tally): Promise<void> {
  const cap = MIB;
  const plain = Buffer.alloc(4 * cap);
  let capped = 0;
  const tap = { pause: () => undefined, resume: () => undefined, cut: () => undefined };
  const body = new Body(packed ? "gzip" : "", cap, tap, () => (capped += 1));
  body.push(packed ? gzipSync(plain) : plain);
  body.end();
  let kept = 0;
  let error: unknown = null;
  try {
    for (let piece = await body.read(); piece !== null; piece = await body.read()) kept += piece.length;
  } catch (thrown) {
    error = thrown;
  }
  tally.hold("I33:cap");
  if (kept > cap || capped !== 1 || !(error instanceof CapError))
    tally.fail("I33", null, `${kept} bytes came out of a ${packed ? "packed" : "plain"} body whose cap is ${cap}`);
}

/** In few worlds: floods are slow. */
export async function tryCaps(seed: number, tally: Tally): Promise<void> {
  const rng = chance(seed, "caps");
  if (!rng.odds(SHARE)) return;
  if (rng.odds(0.3)) return tryBody(rng.odds(0.7), tally);
  const bench = benchOf(rng);
  const flood = rng.one(FLOODS);
  const feed = feedOf(flood.bytes(bench.dialect), rng.odds(0.6));
  const { outcome, ended } = await hear(bench, "text/event-stream", feed, true, false);
  tally.hold("I33:cap");
  const told = ended === "told" ? (JSON.parse(outcome) as ChatResult) : null;
  if (told === null || told.ok || told.failure.reason !== "bad-response" || feed.taken > flood.most + WAITING + 2 * CHUNK)
    tally.fail("I33", null, `${bench.dialect}: ${feed.taken} bytes were taken of an endless ${flood.name}: ${outcome.slice(0, 120)}`);
}
