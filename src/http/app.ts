/** The HTTP app: guards around everything, one dispatch over the one list of routes, one catch for every error. */
import { Hono } from "hono";
import { Problem } from "../core/problem.ts";
import type { AppDeps, Call, Handler, Route } from "./deps.ts";
import { checkHost, checkOrigin, createKeyCheck, createRateLimit } from "./guards.ts";
import { problemReply } from "./replies.ts";
import { ROUTES } from "./routes/index.ts";

/** Five sockets a run: beyond this a process would run out of descriptors in the middle of an answer. */
const MAX_IN_FLIGHT = 3800;
const RETRY_S = 1;
/** Refused while draining; what only looks is still answered. */
const WORKING = new Set(["POST", "DELETE"]);

function methodOf(route: Route, request: Request): Handler {
  const { method } = request;
  const handler = route.methods[(method === "HEAD" ? "GET" : method) as keyof Route["methods"]];
  if (handler) return handler;
  const allow = Object.keys(route.methods);
  throw new Problem("method-not-allowed", `this route takes ${allow.join(", ")}`, {
    allow: allow.includes("GET") ? [...allow, "HEAD"] : allow,
  });
}

/** A path has one spelling: what a proxy might read differently is not found. */
const isCanonical = (url: string): boolean => {
  const path = url.slice(url.indexOf("/", url.indexOf("//") + 2)).split(/[?#]/)[0] ?? "";
  return !path.includes("//") && !path.includes("%") && !path.includes("\\") && !path.includes("/.");
};

export function createApp(deps: AppDeps): Hono {
  const app = new Hono();
  const routes = [...ROUTES, ...(deps.extraRoutes ?? [])].filter((route) => deps.plugs !== null || !route.path.startsWith("/simulator"));
  const open = new Set(routes.filter((route) => route.open).map((route) => route.path));
  const checkKey = createKeyCheck(deps.apiKeys);
  const limit = createRateLimit(deps.rateLimitRpm, () => deps.clock.now());
  let inFlight = 0;

  const admit = async (request: Request, path: string, isOpen: boolean): Promise<string> => {
    if (path !== "/healthz") checkHost(request.headers, deps.allowedHosts);
    if (path !== "/healthz") checkOrigin(request.headers);
    return isOpen ? "" : checkKey(request.headers);
  };

  const serve = async (request: Request, route: Route | null, params: Record<string, string>): Promise<Response> => {
    const requestId = `req_${deps.random.hex(8)}`;
    const acceptedAt = deps.clock.now();
    const url = new URL(request.url);
    let response: Response;
    try {
      const owner = await admit(request, url.pathname, route !== null && open.has(route.path));
      if (route === null || !isCanonical(request.url)) throw new Problem("not-found", "no route has this path");
      const handler = methodOf(route, request);
      if (WORKING.has(request.method)) {
        if (deps.draining()) throw new Problem("shutting-down", "the service is shutting down", { retryAfterS: 5 });
        if (inFlight >= MAX_IN_FLIGHT) throw new Problem("overloaded", "too many runs are in flight", { retryAfterS: RETRY_S });
        limit.take(owner);
      }
      const call: Call = { request, url, params, requestId, owner, acceptedAt };
      inFlight += 1;
      try {
        response = await handler(call, deps);
      } finally {
        inFlight -= 1;
      }
    } catch (error) {
      response = refuse(error, url.pathname, requestId);
    }
    response.headers.set("x-request-id", requestId);
    return response;
  };

  const refuse = (error: unknown, path: string, requestId: string): Response => {
    const problem = error instanceof Problem ? error : new Problem("internal", "an unexpected error was logged under this request id");
    if (problem !== error) {
      const stack = error instanceof Error ? (error.stack ?? error.name) : "unknown";
      deps.log("error", "internal", { request: requestId, error: stack.split("\n").slice(1, 4).join(" ").slice(0, 500) });
    }
    if (problem.slug === "overloaded") deps.meter.count("shed", { where: "http" });
    deps.meter.count("problems", { slug: problem.slug });
    return problemReply(problem, path, requestId);
  };

  for (const route of routes) app.all(route.path, (c) => serve(c.req.raw, route, c.req.param()));
  app.notFound((c) => serve(c.req.raw, null, {}));
  return app;
}
