/** Liveness, readiness and the state of every member. */
import { providerOf } from "../../core/member.ts";
import { Problem } from "../../core/problem.ts";
import type { MemberStatus } from "../../panel/panel.ts";
import type { AppDeps, Route } from "../deps.ts";
import { jsonReply } from "../replies.ts";

const RETRY_S = 5;

const storeOf = async ({ reports }: AppDeps): Promise<{ ok: boolean; detail: string | null }> => {
  const detail = reports === null ? "no store is configured" : await reports.health();
  return { ok: detail === null, detail };
};

/** Ready means that somebody could answer; a store that fails is named and costs no answer. */
async function ready(deps: AppDeps): Promise<Response> {
  const store = await storeOf(deps);
  if (deps.draining()) throw new Problem("shutting-down", "the service is shutting down", { retryAfterS: RETRY_S });
  if (await deps.canAnswer()) return jsonReply({ ready: true, store });
  const also = store.ok ? "" : `; the store: ${store.detail}`;
  const isSet = ({ member }: MemberStatus): boolean => deps.provider(providerOf(member))?.configured === true;
  if (!deps.members().some(isSet)) throw new Problem("no-members", `no member is configured${also}`);
  throw new Problem("no-members", `no member could answer right now${also}`, { retryAfterS: RETRY_S });
}

export const healthRoutes: Route[] = [
  { path: "/healthz", open: true, methods: { GET: () => jsonReply({ ok: true }) } },
  { path: "/readyz", open: true, methods: { GET: (_call, deps) => ready(deps) } },
  {
    path: "/status",
    makes: ["application/json"],
    methods: {
      GET: async (_call, deps) =>
        jsonReply({ version: deps.version, simulated: deps.simulated, members: deps.members(), store: await storeOf(deps) }),
    },
  },
];
/** Reads of a store that is not there. */
export function storeUnavailable(): never {
  throw new Problem("store-unavailable", "the store cannot be used right now", { retryAfterS: RETRY_S });
}
