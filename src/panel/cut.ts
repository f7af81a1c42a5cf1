/** Why a run ends the calls that are still out, and what their seats then report. Holds words only. */
import type { DropoutReason } from "../core/reasons.ts";

/** `late`: decided without it; `cancelled`: the caller left; `deadline`: the time is over, or the service stops. */
export type Cut = "late" | "cancelled" | "deadline";

export const CUT_REASON: Record<Cut, DropoutReason> = { late: "late", cancelled: "cancelled", deadline: "timeout" };
export const CUT_DETAIL: Record<Cut, string> = {
  late: "the verdict was decided without it",
  cancelled: "the run was cancelled",
  deadline: "the deadline struck before it answered",
};

/** Reads the reason of the run's signal; anything unknown is a cancel. */
export const cutOf = (signal: AbortSignal): Cut => (signal.reason === "late" || signal.reason === "deadline" ? signal.reason : "cancelled");
