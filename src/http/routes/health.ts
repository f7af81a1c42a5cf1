/** Liveness, readiness and the state of every member. */
import { Problem } from "../../core/problem.ts";
import type { AppDeps, Route } from "../deps.ts";
import { jsonReply } from "../replies.ts";

const storeOf = async ({ reports }: AppDeps): Promise<{ ok: boolean; detail: string | null }> => {
  const detail = reports === null ? "no store is configured" : await reports.health();
  return { ok: detail === null, detail };
};

async function ready(deps: AppDeps): Promise<Response> {
  const store = await storeOf(deps);
  const members = deps.canAnswer();
  const draining = deps.draining();
  const ok = members && store.ok && !draining;
  const detail = { ready: ok, members, store, draining };
  return jsonReply(detail, ok ? 200 : 503, ok ? {} : { "retry-after": "5" });
}

export const healthRoutes: Route[] = [
  { path: "/healthz", open: true, methods: { GET: () => jsonReply({ ok: true }) } },
  { path: "/readyz", open: true, methods: { GET: (_call, deps) => ready(deps) } },
  {
    path: "/status",
    methods: {
      GET: async (_call, deps) =>
        jsonReply({ version: deps.version, simulated: deps.simulated, members: deps.members(), store: await storeOf(deps) }),
    },
  },
];
/** Reads of a store that is not there. */
export function storeUnavailable(): never {
  throw new Problem("store-unavailable", "the store cannot be used right now", { retryAfterS: 5 });
}
