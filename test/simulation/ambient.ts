/** What the engine loads when it is first needed, loaded beforehand, and what another thread would do, done on this one: neither is time of a simulated world. */
import { hash } from "node:crypto";
import "ollama/browser";
import "../../src/mcp/http.ts";
import "../../src/providers/anthropic-client.ts";
import "../../src/providers/groq-client.ts";
import "../../src/providers/openai-client.ts";

/** Digests come from another thread, at a time of its own; while this work goes on they do not. */
export async function onOneThread<T>(work: () => Promise<T>): Promise<T> {
  const real = crypto.subtle.digest;
  crypto.subtle.digest = (_name, data) => {
    const hex = hash("sha256", new Uint8Array(data as ArrayBuffer), "hex");
    return Promise.resolve(Uint8Array.from(Buffer.from(hex, "hex")).buffer);
  };
  try {
    return await work();
  } finally {
    crypto.subtle.digest = real;
  }
}
