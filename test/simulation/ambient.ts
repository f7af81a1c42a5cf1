/** What the engine loads when it is first needed, loaded beforehand, and what other threads would do, done on this one: neither takes time of a simulated world. */
import { hash } from "node:crypto";
import "ollama/browser";
import "../../src/mcp/http.ts";
import "../../src/providers/anthropic-client.ts";
import "../../src/providers/groq-client.ts";
import "../../src/providers/openai-client.ts";

crypto.subtle.digest = (_name, data) => {
  const hex = hash("sha256", new Uint8Array(data as ArrayBuffer), "hex");
  return Promise.resolve(Uint8Array.from(Buffer.from(hex, "hex")).buffer);
};
