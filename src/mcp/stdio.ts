/** MCP over standard input and output: one server for the one client that started this process. */
import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import type { Caller, McpDeps } from "./ports.ts";
import { createServer } from "./server.ts";

/** Serves until `ended` is aborted; calls in flight are cancelled then. The streams are the process's own. */
export async function serveOverStdio(
  deps: McpDeps,
  caller: Caller,
  streams: ConstructorParameters<typeof StdioServerTransport>,
  ended: AbortSignal,
): Promise<void> {
  const transport = new StdioServerTransport(...streams);
  const onerror = (error: Error): void => deps.log("debug", "mcp", { error: error.name });
  const handle = serveStdio(() => createServer(deps, caller), { transport, maxSubscriptions: 0, onerror });
  await new Promise<void>((resolve) => {
    if (ended.aborted) resolve();
    ended.addEventListener("abort", () => resolve(), { once: true });
  });
  await handle.close();
}
