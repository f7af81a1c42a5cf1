/** Takes from this process what would make two plays differ: real timers, and digests that come back from a thread pool. Simulation only. */
import { createHash } from "node:crypto";

let done = false;

/** Once per process. Real timers never fire: whatever arms one would be a leak of real time into the engine. */
export function ambient(): void {
  if (done) return;
  done = true;
  const digest = async (_algorithm: AlgorithmIdentifier, data: BufferSource): Promise<ArrayBuffer> => {
    const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return Uint8Array.from(createHash("sha256").update(bytes).digest()).buffer;
  };
  Object.defineProperty(crypto.subtle, "digest", { value: digest, configurable: true });
}
