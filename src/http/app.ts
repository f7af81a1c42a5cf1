/** The HTTP app: guards around everything, one dispatch over the one list of routes, one catch for every error. */
import { type Context, Hono } from "hono";
import { Problem } from "../core/problem.ts";
import { negotiate } from "./accept.ts";
import type { AppDeps, Call, Handler, Route } from "./deps.ts";
import { checkHost, checkOrigin, createKeyCheck, createRateLimit } from "./guards.ts";
import { CallerLeft, lifeOf } from "./life.ts";
import { emptyReply, problemReply } from "./replies.ts";
import { ROUTES } from "./routes/index.ts";

/** Five sockets a run: beyond this a process would run out of descriptors in the middle of an answer. */
const MAX_IN_FLIGHT = 3800;
const RETRY_S = 1;
const DRAIN_RETRY_S = 5;
/** Nobody reads it; the number is the one that nginx writes into its log. */
const CALLER_LEFT = 499;
/** Answered while the service stops: they say that it does. */
const ALWAYS_OPEN = new Set(["/healthz", "/readyz"]);

function allowOf(route: Route): string[] {
  const allow = Object.keys(route.methods);
  return [...allow, ...(allow.includes("GET") ? ["HEAD"] : []), "OPTIONS"];
}
function methodOf(route: Route, { method }: Request): Handler {
  if (method === "OPTIONS") return () => emptyReply(204, { allow: allowOf(route).join(", ") });
  const handler = route.methods[(method === "HEAD" ? "GET" : method) as keyof Route["methods"]];
  if (handler) return handler;
  const allow = allowOf(route);
  throw new Problem("method-not-allowed", `this route takes ${allow.join(", ")}`, { allow });
}

/** A path has one spelling: what a proxy might read differently is not found. Only a name that is looked up may come escaped. */
const isCanonical = (url: string, escaped = false): boolean => {
  const path = url.slice(url.indexOf("/", url.indexOf("//") + 2)).split(/[?#]/)[0] ?? "";
  return !path.includes("//") && (escaped || !path.includes("%")) && !path.includes("\\") && !path.includes("/.");
};

/** Node has no execution context: its process outlives every request. */
const backgroundOf = (c: Context) => (work: Promise<unknown>) => {
  try {
    c.executionCtx.waitUntil(work);
  } catch {
    void work;
  }
};

/** The guards, in their order; resolves to the owner of what the call makes. */
function createGuards(deps: AppDeps): (request: Request, path: string, route: Route | null) => Promise<string> {
  const checkKey = createKeyCheck(deps.apiKeys);
  const limit = createRateLimit(deps.rateLimitRpm, () => deps.clock.now());
  return async (request, path, route) => {
    if (path !== "/healthz") {
      checkHost(request.headers, deps.allowedHosts);
      checkOrigin(request.headers);
    }
    if (route?.open) return "";
    const owner = await checkKey(request.headers);
    limit.take(owner);
    return owner;
  };
}

export function createApp(deps: AppDeps): Hono {
  const app = new Hono();
  const routes = [...ROUTES, ...(deps.extraRoutes ?? [])].filter((route) => deps.plugs !== null || !route.path.startsWith("/simulator"));
  const guard = createGuards(deps);
  let inFlight = 0;

  const begin = (request: Request) => (): ReturnType<typeof lifeOf> => {
    if (inFlight >= MAX_IN_FLIGHT) {
      deps.meter.count("shed", { where: "http" });
      throw new Problem("overloaded", "too many runs are in flight", { retryAfterS: RETRY_S });
    }
    inFlight += 1;
    return lifeOf(request, deps.stopping, () => (inFlight -= 1));
  };

  const handled = async (call: Omit<Call, "owner">, route: Route | null): Promise<Response> => {
    const { request, url } = call;
    const owner = await guard(request, url.pathname, route);
    if (route === null || !isCanonical(request.url, route.escaped)) throw new Problem("not-found", "no route has this path");
    const handler = methodOf(route, request);
    if (route.makes && request.method !== "OPTIONS") negotiate(request, route.makes);
    if (deps.draining() && !ALWAYS_OPEN.has(route.path))
      throw new Problem("shutting-down", "the service is shutting down", { retryAfterS: DRAIN_RETRY_S });
    return handler({ ...call, owner }, deps);
  };

  const refused = (error: unknown, { url, requestId }: Omit<Call, "owner">): Response => {
    if (error instanceof CallerLeft) return emptyReply(CALLER_LEFT);
    const problem = error instanceof Problem ? error : new Problem("internal", "an unexpected error was logged under this request id");
    if (problem !== error) {
      const stack = error instanceof Error ? (error.stack ?? error.name) : "unknown";
      deps.log("error", "internal", { request_id: requestId, error: stack.split("\n").slice(1, 4).join(" ").slice(0, 500) });
    }
    deps.meter.count("problems", { slug: problem.slug });
    return problemReply(problem, url.pathname, requestId);
  };

  const serve = async (c: Context, route: Route | null, params: Record<string, string>): Promise<Response> => {
    const request = c.req.raw;
    const acceptedAt = deps.clock.now();
    const requestId = `req_${deps.random.hex(8)}`;
    const call = { request, url: new URL(request.url), params, requestId, acceptedAt, begin: begin(request), background: backgroundOf(c) };
    const response = await handled(call, route).catch((error: unknown) => refused(error, call));
    response.headers.set("x-request-id", requestId);
    const { status } = response;
    const ms = Math.round(deps.clock.now() - acceptedAt);
    const level = ALWAYS_OPEN.has(route?.path ?? "") ? "debug" : "info";
    deps.log(level, "request", { request_id: requestId, method: request.method.slice(0, 16), route: route?.path ?? null, status, ms });
    return response;
  };

  for (const route of routes) app.all(route.path, (c) => serve(c, route, c.req.param()));
  app.notFound((c) => serve(c, null, {}));
  return app;
}
