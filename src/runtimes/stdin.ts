/** Standard input, when something is piped or redirected into the process. */
import { fstatSync } from "node:fs";
import { UsageError } from "../cli/exits.ts";
import type { Piped } from "../cli/ports.ts";

/** The engine cuts what does not fit a window; this bounds memory. */
const MOST_BYTES = 4 * 1024 * 1024;
/** ms after which the user is told what is being waited for */
const SLOW_MS = 3_000;

/** A terminal or /dev/null is nothing; so is a closed descriptor. */
function isPiped(): boolean {
  try {
    const kind = fstatSync(0);
    return kind.isFIFO() || kind.isFile() || kind.isSocket();
  } catch {
    return false;
  }
}

async function read(onSlow: () => void): Promise<string> {
  const slow = setTimeout(onSlow, SLOW_MS);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of process.stdin) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > MOST_BYTES) throw new UsageError("standard input is over 4 MiB; pipe in less, e.g. through tail");
    }
  } finally {
    clearTimeout(slow);
  }
  return Buffer.concat(chunks).toString("utf8");
}

export const pipedInput = (): Piped | null => (isPiped() ? { read } : null);
