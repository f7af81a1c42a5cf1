/** The real ports, alike on Node and Workers: clock, chance, and a log of JSON lines with a ceiling on its level. */
import type { Clock, Log, LogLevel, Meter, Random } from "../core/ports.ts";

/** Beyond this a timer would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  wall: () => Date.now(),
  now: () => performance.now(),
  timer(ms, fire) {
    const handle = setTimeout(fire, Math.min(Math.max(0, ms), LONGEST_TIMER_MS));
    return () => clearTimeout(handle);
  },
};

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
/** Bytes drawn at once: a draw for each id was 2 % of a run in the profile. */
const POOL_BYTES = 4096;
const pool = new Uint8Array(POOL_BYTES);
let drawn = POOL_BYTES;

/** Each byte of the pool is handed out once. */
function randomHex(bytes: number): string {
  let text = "";
  for (let index = 0; index < bytes; index += 1) {
    if (drawn === POOL_BYTES) {
      crypto.getRandomValues(pool);
      drawn = 0;
    }
    text += HEX[pool[drawn] as number];
    drawn += 1;
  }
  return text;
}

export const systemRandom: Random = { next: () => Math.random(), hex: randomHex };

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** For runtimes without pino: the same fields, one line each. */
export const consoleLog =
  (least: LogLevel): Log =>
  (level, event, fields = {}) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
    console.log(JSON.stringify({ level, time: Date.now(), event, ...fields }));
  };

export const silentMeter: Meter = { count() {}, observe() {} };
