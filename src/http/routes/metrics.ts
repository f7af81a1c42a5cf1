/** `GET /metrics`: what was counted, and the state of every member at this moment, as Prometheus text (0.0.4). */
import { heading, PREFIX, sample, writeLabels } from "../../core/meter.ts";
import type { MemberStatus } from "../../panel/panel.ts";
import type { AppDeps, Route } from "../deps.ts";
import { reply } from "../replies.ts";

const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";
const STATES: readonly MemberStatus["breaker"]["state"][] = ["closed", "open", "half-open"];

const gauge = (name: string, help: string, lines: string[]): string => [heading(PREFIX + name, "gauge", help), ...lines, ""].join("\n");

function gauges({ version }: AppDeps, members: readonly MemberStatus[]): string {
  const each = (name: string, read: (status: MemberStatus) => number): string[] =>
    members.map((status) => sample(PREFIX + name, writeLabels({ member: status.member }), read(status)));
  const states = members.flatMap(({ member, breaker }) =>
    STATES.map((state) => sample(`${PREFIX}breaker_state`, writeLabels({ member, state }), breaker.state === state ? 1 : 0)),
  );
  return [
    gauge("build_info", "1, for the version that runs.", [sample(`${PREFIX}build_info`, writeLabels({ version }), 1)]),
    gauge("breaker_state", "1 for the state that the member's breaker is in.", states),
    gauge(
      "in_flight",
      "Calls to the member that are under way.",
      each("in_flight", (status) => status.in_flight),
    ),
    gauge(
      "queued",
      "Calls to the member that wait in our own queue.",
      each("queued", (status) => status.queued),
    ),
  ].join("");
}

export const metricsRoute: Route = {
  path: "/metrics",
  makes: ["text/plain"],
  methods: { GET: (_call, deps) => reply((deps.meter.text?.() ?? "") + gauges(deps, deps.members()), 200, METRICS_TYPE) },
};
