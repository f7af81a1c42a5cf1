/** Notices when the event loop stood still: a timer that fires late. Keeps no process alive. */
import type { Meter } from "../core/ports.ts";

const EVERY_MS = 100;
/** Later than this, something computed for too long, or the process was stopped. */
const LATE_MS = 100;

/** Returns its end. */
export function watchLoop(meter: Meter): () => void {
  let due = performance.now() + EVERY_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - due > LATE_MS) meter.count("loop_blocked", {});
    due = now + EVERY_MS;
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
