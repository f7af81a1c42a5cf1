/** Keeps the service's process small: tells V8 when to collect old garbage. Only where the process is the service's own, never in a program that uses the library. */
import { setFlagsFromString } from "node:v8";

/**
 * The old heap is collected once it has grown by this share of what lived after the last time. Left alone it grew from 35 to
 * 140 MB: with 64 runs in flight 340–370 MB resident in place of 246–279, for about 6 % less CPU (medians of 3).
 */
const GROWTH_PERCENT = 60;

/** V8 reads the flag at every collection, so it may be set after the start. */
export const holdHeap = (): void => setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
