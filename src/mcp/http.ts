/** MCP over streamable HTTP: a new server and transport for every request. Guards stand in front of it; it never sees a key. */
import { createMcpHandler } from "@modelcontextprotocol/server";
import { Problem } from "../core/problem.ts";
import { acceptingBoth, takesEvents, withoutEvents } from "./plain.ts";
import type { Caller, McpDeps } from "./ports.ts";
import { createServer } from "./server.ts";

export interface McpEndpoint {
  /** `body`: parsed already; `request` is read for its headers and its signal alone. Throws Problem for a batch. */
  handle(request: Request, body: unknown, caller: Caller): Promise<Response>;
}
type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

const SESSION = "mcp-session-id";
const SESSION_SHAPE = /^[0-9a-f]{32}$/;

/** What a cancellation names, when this is one. */
function cancelledId(body: Fields): string | number | null {
  const id = body.method === "notifications/cancelled" && isFields(body.params) ? body.params.requestId : null;
  return typeof id === "string" || typeof id === "number" ? id : null;
}

/**
 * Before 2026-07-28 a client cancels by another POST than the call's. JSON-RPC ids are the client's own counting and meet those of others, so
 * a session id is handed out at `initialize`: an unguessable name that calls are found under while they run. Nothing else hangs on it.
 */
function createCalls(): {
  of(owner: string, session: string): NonNullable<Caller["cancellable"]>;
  cancel(owner: string, session: string, id: string | number): void;
} {
  const calls = new Map<string, () => void>();
  const keyOf = (owner: string, session: string, id: string | number): string => JSON.stringify([owner, session, id]);
  return {
    of: (owner, session) => (id, cancel) => {
      const key = keyOf(owner, session, id);
      calls.set(key, cancel);
      return () => {
        if (calls.get(key) === cancel) calls.delete(key);
      };
    },
    cancel: (owner, session, id) => calls.get(keyOf(owner, session, id))?.(),
  };
}

export function createMcpEndpoint(deps: McpDeps, newSession: () => string): McpEndpoint {
  const calls = createCalls();
  const warn = (error: Error): void => deps.log("debug", "mcp", { error: error.name });
  return {
    async handle(request, body, caller) {
      if (Array.isArray(body)) throw new Problem("validation-failed", "a batch is not accepted: send one message in each request");
      const given = request.headers.get(SESSION) ?? "";
      const session = SESSION_SHAPE.test(given) ? given : null;
      const id = isFields(body) ? cancelledId(body) : null;
      if (session !== null && id !== null) calls.cancel(caller.owner, session, id);
      const known: Caller = session === null ? caller : { ...caller, cancellable: calls.of(caller.owner, session) };
      // nothing changes that could be listened for, and an open stream would only hold up the end of the service
      const handler = createMcpHandler(() => createServer(deps, known), { maxSubscriptions: 0, onerror: warn });
      const streamed = await handler.fetch(acceptingBoth(request), { parsedBody: body });
      const response = takesEvents(request) ? streamed : await withoutEvents(streamed);
      if (isFields(body) && body.method === "initialize" && response.ok) response.headers.set(SESSION, newSession());
      return response;
    },
  };
}
