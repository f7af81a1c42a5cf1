/** Decides, before anything is sent, who may be asked: privacy class first, then configuration, then money. Calls nobody. */
import { splitMember } from "../core/member.ts";
import { Problem } from "../core/problem.ts";
import type { PrivacyClass } from "../core/ports.ts";
import type { Passage } from "../egress/egress.ts";
import { createPurse, worstCaseUsd } from "../panel/purse.ts";
import type { Purse, SeatPlan } from "../panel/panel.ts";
import type { PanelMember, RunContext, RunRequest } from "./consensus.ts";
import type { ConsensusDeps } from "./deps.ts";
import { stricter } from "./request.ts";

/** All that is fixed before the first call. Times are monotonic ms. */
export interface RunPlan {
  id: string;
  request: RunRequest;
  passage: Passage;
  /** kinds of personal data that tightened the class, e.g. ["e-mail"]; null when the brake was not asked */
  tightenedBy: string[] | null;
  seats: SeatPlan[];
  quorumNeeded: number;
  startedAt: number;
  deadlineAt: number;
  purse: Purse;
}

/** Kept at the end for deciding and storing. */
const TAIL_MS = 20;
const TAIL_SHARE = 0.02;

/** Monotonic ms at which the panel must be done. */
export const panelEnd = ({ deadlineAt, request }: { deadlineAt: number; request: { deadline_ms: number } }): number =>
  deadlineAt - Math.min(TAIL_MS, request.deadline_ms * TAIL_SHARE);

/** Everything of a request that a member would be sent. */
function textsOf({ messages, tools, response_format }: RunRequest): string[] {
  const said = messages.flatMap((message) => {
    const calls = message.role === "assistant" ? (message.tool_calls ?? []).map((call) => call.function.arguments) : [];
    return [message.content ?? "", ...calls];
  });
  return [...said, ...(tools ? [JSON.stringify(tools)] : []), ...(response_format ? [JSON.stringify(response_format)] : [])];
}

function privacyOf(deps: ConsensusDeps, request: RunRequest): { privacy: PrivacyClass; tightenedBy: string[] | null } {
  const wanted = stricter(request.privacy, deps.settings.privacy);
  if (wanted !== "auto") return { privacy: wanted, tightenedBy: null };
  const kinds = new Set<string>();
  for (const text of textsOf(request)) for (const { kind } of deps.findPersonalData?.(text) ?? []) kinds.add(kind);
  return { privacy: kinds.size > 0 ? "local-only" : "cloud-allowed", tightenedBy: [...kinds].sort() };
}

function whyNot(provider: { local: boolean; configured: boolean } | null, name: string, privacy: PrivacyClass): SeatPlan["dropped"] {
  if (privacy === "local-only" && provider !== null && !provider.local) {
    return { reason: "privacy-excluded", detail: "a remote member is not asked under local-only" };
  }
  if (provider === null) return { reason: "misconfigured", detail: `no provider named ${name} is known` };
  if (!provider.configured) return { reason: "misconfigured", detail: `provider ${name} has no key` };
  return null;
}

function seatsOf(deps: ConsensusDeps, panel: PanelMember[], privacy: PrivacyClass): SeatPlan[] {
  const seats: SeatPlan[] = [];
  for (const entry of panel) {
    const { provider, model } = splitMember(entry.model);
    const known = deps.provider(provider);
    for (let sample = 1; sample <= entry.samples; sample += 1) {
      seats.push({
        seat: seats.length + 1,
        sample,
        member: entry.model,
        provider,
        model,
        local: known?.local ?? false,
        temperature: entry.temperature ?? undefined,
        timeoutMs: entry.timeout_ms,
        dropped: whyNot(known, provider, privacy),
      });
    }
  }
  return seats;
}

/** Under `local-only` an unnamed panel is its local members; nobody local at all is a conflict, never a trip outward. */
function choosePanel(deps: ConsensusDeps, request: RunRequest, privacy: PrivacyClass, tightenedBy: string[] | null): PanelMember[] {
  const isLocal = (entry: PanelMember): boolean => deps.provider(splitMember(entry.model).provider)?.local ?? false;
  if (privacy !== "local-only") return request.panel;
  const local = request.panel.filter(isLocal);
  if (local.length === 0) {
    const why = tightenedBy?.length
      ? `personal data (${tightenedBy.join(", ")}) keeps this request local, and`
      : "local-only leaves no member to ask:";
    throw new Problem("privacy-conflict", `${why} the panel has no local member`);
  }
  return request.panel_named ? request.panel : local;
}

/** Cheapest seats first until the limit is reached; the rest drop as `budget-excluded`. */
function shrink(deps: ConsensusDeps, request: RunRequest, seats: SeatPlan[]): void {
  const limit = request.max_cost_usd;
  if (limit === null) return;
  const priced = seats
    .filter((seat) => seat.dropped === null)
    .map((seat) => ({ seat, usd: worstCaseUsd(request.messages, request, deps.facts(seat.member)) }))
    .sort((a, b) => (a.usd ?? Infinity) - (b.usd ?? Infinity) || a.seat.seat - b.seat.seat);
  if (priced.length === 0) return;
  let left = limit;
  let kept = 0;
  for (const { seat, usd } of priced) {
    if (usd !== null && usd <= left) {
      left -= usd;
      kept += 1;
    } else {
      const detail =
        usd === null ? "its price is unknown and max_cost_usd is set" : `its worst case of $${usd.toFixed(6)} does not fit max_cost_usd`;
      seat.dropped = { reason: "budget-excluded", detail };
    }
  }
  if (kept === 0) throw new Problem("budget-exceeded", `no seat's worst case fits max_cost_usd ${limit}`);
}

/** What a caller waits for when nobody told how long: the first open period of a breaker. */
export const DEFAULT_RETRY_S = 5;
export const QUEUES_FULL = "the queues of every provider are full";

/**
 * A run that no queue would take is refused before anything else is done for it, as the flood that fills the queues must cost next
 * to nothing. What else keeps its seats from being asked is told by the run. A job has time: it is run, and reports.
 */
function checkQueues({ panel, meter }: ConsensusDeps, seats: SeatPlan[], privacy: PrivacyClass, by: number): void {
  const asked = seats.filter(({ dropped }) => dropped?.reason !== "misconfigured" && dropped?.reason !== "privacy-excluded");
  if (privacy === "local-only" || asked.length === 0 || asked.some(({ dropped }) => dropped !== null)) return;
  const members = [...new Set(asked.map(({ member }) => member))];
  if (!panel.overloaded?.(members, by)) return;
  for (const _ of asked) meter.count("shed", { where: "panel" });
  throw new Problem("overloaded", QUEUES_FULL, { retryAfterS: DEFAULT_RETRY_S });
}

/** Throws Problem for what is refused before any call (`privacy-conflict`, `budget-exceeded`, `overloaded`). */
export function makePlan(deps: ConsensusDeps, request: RunRequest, context: RunContext): RunPlan {
  const { privacy, tightenedBy } = privacyOf(deps, request);
  const panel = choosePanel(deps, request, privacy, tightenedBy);
  const seats = seatsOf(deps, panel, privacy);
  shrink(deps, request, seats);
  const deadlineAt = context.acceptedAt + request.deadline_ms;
  if (context.runId === undefined) checkQueues(deps, seats, privacy, panelEnd({ deadlineAt, request }));
  const members = new Set(seats.map((seat) => seat.member)).size;
  return {
    id: context.runId ?? `run_${deps.random.hex(16)}`,
    request: { ...request, panel, privacy },
    passage: { privacy, hosts: new Set() },
    tightenedBy,
    seats,
    quorumNeeded: Math.min(request.quorum, members),
    startedAt: context.acceptedAt,
    deadlineAt,
    purse: createPurse(request.max_cost_usd),
  };
}
