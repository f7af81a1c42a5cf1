/** Whether one poisoned run did what it had to: answered while anybody healthy was left, in time, and said why the others dropped out. Pure. */
import type { DropoutReason } from "../../core/reasons.ts";
import type { Outcome, Report } from "../../core/report.ts";
import type { DrillFault } from "./poison.ts";

export type DrillStrategy = "auto" | "fallback";
export interface DrillRow {
  /** a provider's name, "all cloud", or "" = nothing was poisoned */
  poisoned: string;
  strategy: DrillStrategy;
  passed: boolean;
  /** what went wrong, empty when it passed */
  faults: string[];
  status: Report["status"];
  mode: Report["mode"] | null;
  how: string | null;
  /** slug of the problem when nobody answered */
  problem: string | null;
  answered_by: string | null;
  /** `fallback`: who would have been asked first, when somebody else answered for it */
  failed_over_from: string | null;
  /** members whose answers counted */
  usable: string[];
  dropped: { member: string; reason: DropoutReason }[];
  degradations: string[];
  total_ms: number;
}

/** `late`: the verdict stood before the seat had ended; `circuit-open`: an earlier call of the same run had taught it. */
const FITTING: Readonly<Record<DrillFault, ReadonlySet<DropoutReason>>> = {
  refused: new Set<DropoutReason>(["unavailable", "circuit-open", "late"]),
  "503": new Set<DropoutReason>(["unavailable", "circuit-open", "late"]),
  timeout: new Set<DropoutReason>(["timeout", "circuit-open", "late"]),
};
/** Failures that are honest when nobody is left. */
const HONEST: ReadonlySet<string> = new Set(["no-candidates", "no-members", "local-unavailable", "deadline-exceeded"]);
/** ms over the deadline that a busy machine is forgiven */
const SLACK_MS = 250;

export interface Trial {
  poisoned: string;
  strategy: DrillStrategy;
  fault: DrillFault;
  deadlineMs: number;
  isPoisoned(member: string): boolean;
  /** members that answered before anything was poisoned */
  healthy: readonly string[];
  report: Report;
}

/** A poisoned seat drops out for a fitting reason, and the report of an answer says so; one that was late cost nothing. */
function seatFaults(outcome: Outcome, fault: DrillFault, { verdict, degradations }: Report): string[] {
  const { member } = outcome;
  switch (outcome.status) {
    case "answered":
      return outcome.hedged_by === null ? [`${member} was poisoned and answered`] : [];
    case "dropped": {
      const silent = verdict !== null && outcome.reason !== "late" && !degradations.some((one) => one.member === member);
      return [
        ...(FITTING[fault].has(outcome.reason) ? [] : [`${member} dropped out as ${outcome.reason}`]),
        ...(silent ? [`the report is silent about ${member}`] : []),
      ];
    }
    case "not-asked":
      return [];
    default:
      return outcome satisfies never;
  }
}

function faultsOf({ fault, deadlineMs, isPoisoned, healthy, report, strategy }: Trial): string[] {
  const { outcomes, verdict, problem, timing_ms: timing } = report;
  const left = outcomes.map(({ member }) => member).filter((member) => healthy.includes(member) && !isPoisoned(member));
  const faults: string[] = [];
  if (timing.total > deadlineMs + SLACK_MS) faults.push(`it took ${timing.total} ms, the deadline is ${deadlineMs}`);
  if (left.length > 0 && verdict === null) faults.push(`nobody answered, though ${left[0]} is healthy`);
  if (left.length === 0 && verdict === null && !HONEST.has(problem?.slug ?? "")) faults.push(`it ended in ${problem?.slug ?? "nothing"}`);
  if (verdict !== null && strategy === "fallback" && verdict.how !== "fallback") faults.push(`it was decided by ${verdict.how}`);
  return [...faults, ...outcomes.filter(({ member }) => isPoisoned(member)).flatMap((outcome) => seatFaults(outcome, fault, report))];
}

export function judge(trial: Trial): DrillRow {
  const { poisoned, strategy, report } = trial;
  const { outcomes, verdict, problem, degradations } = report;
  const faults = faultsOf(trial);
  return {
    poisoned,
    strategy,
    passed: faults.length === 0,
    faults,
    status: report.status,
    mode: verdict === null ? null : report.mode,
    how: verdict?.how ?? null,
    problem: problem?.slug ?? null,
    answered_by: verdict === null ? null : (verdict.winner ?? "several together"),
    failed_over_from:
      strategy === "fallback" && verdict !== null && outcomes[0]?.member !== verdict.winner ? (outcomes[0]?.member ?? null) : null,
    usable: outcomes.filter((outcome) => outcome.status === "answered").map(({ member }) => member),
    dropped: outcomes.flatMap((outcome) => (outcome.status === "dropped" ? [{ member: outcome.member, reason: outcome.reason }] : [])),
    degradations: [...new Set(degradations.map(({ code }) => code))],
    total_ms: report.timing_ms.total,
  };
}

/** Refused before any call: the chain has nobody that may be asked. */
export const refusedRow = (poisoned: string, strategy: DrillStrategy, slug: string): DrillRow => ({
  poisoned,
  strategy,
  passed: false,
  faults: [`it was refused: ${slug}`],
  status: "failed",
  mode: null,
  how: null,
  problem: slug,
  answered_by: null,
  failed_over_from: null,
  usable: [],
  dropped: [],
  degradations: [],
  total_ms: 0,
});
