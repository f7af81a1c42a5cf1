/** Mounts MCP: as a route behind the guards of the HTTP app, and on the streams of this process. Its library is read when somebody first calls. */
import type { AppDeps, Call, Route } from "../http/deps.ts";
import { readJson } from "../http/json.ts";
import { emptyReply, reply } from "../http/replies.ts";
import type { McpEndpoint } from "../mcp/http.ts";
import type { McpDeps } from "../mcp/ports.ts";

const SESSION_BYTES = 16;
/** What the library's replies say that matters; everything else is ours. */
const KEPT = ["mcp-session-id", "allow", "x-accel-buffering"];

function dressed(response: Response): Response {
  const headers = Object.fromEntries(
    KEPT.flatMap((name) => (response.headers.has(name) ? [[name, response.headers.get(name) ?? ""]] : [])),
  );
  const type = response.headers.get("content-type");
  return type === null ? emptyReply(response.status, headers) : reply(response.body, response.status, type, headers);
}

export function mcpRoute(deps: McpDeps, newSession: (bytes: number) => string): Route {
  let endpoint: McpEndpoint | null = null;
  const post = async ({ request, owner, requestId, begin }: Call): Promise<Response> => {
    const body = await readJson(request);
    const { createMcpEndpoint } = await import("../mcp/http.ts");
    // made after the wait: a Worker must not wait for what another request has begun
    endpoint ??= createMcpEndpoint(deps, () => newSession(SESSION_BYTES));
    return dressed(await endpoint.handle(request, body, { owner, requestId, begin }));
  };
  return { path: "/mcp", makes: ["application/json", "text/event-stream"], methods: { POST: post } };
}

export const withMcp = (deps: AppDeps): AppDeps => ({
  ...deps,
  extraRoutes: [...(deps.extraRoutes ?? []), mcpRoute(deps, deps.random.hex)],
});
