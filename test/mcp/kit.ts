/** The official MCP client against a real service in front of simulated providers, in both eras of the protocol. */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

/** `legacy`: initialize and a session, 2025-11-25; `modern`: every request for itself, 2026-07-28. */
export const ERAS = ["legacy", "modern"] as const;
export type Era = (typeof ERAS)[number];

export const newClient = (era: Era): Client =>
  new Client({ name: "test", version: "1.0.0" }, { versionNegotiation: { mode: era === "legacy" ? "legacy" : { pin: "2026-07-28" } } });

export async function connect(url: string, era: Era, headers: Record<string, string> = {}): Promise<Client> {
  const client = newClient(era);
  await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", url), { requestInit: { headers } }));
  return client;
}

/** Waits on what another process or socket does, for at most 5 s. */
export async function until<T>(look: () => T | null | undefined | false): Promise<T> {
  for (let tries = 0; tries < 500; tries += 1) {
    const found = look();
    if (found !== null && found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("it did not come about within 5 s");
}

export const textOf = (made: { content: { type: string; text?: string }[] }, index = 0): string => made.content[index]?.text ?? "";
/** The type of a problem, where the call was answered by one. */
export const typeOf = (made: { structuredContent?: unknown }): string | undefined =>
  (made.structuredContent as { type?: string } | undefined)?.type;
