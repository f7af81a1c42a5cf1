/** THE ONE LIST of checks that look at a single played world. */
import type { Played } from "../play.ts";
import { breakers } from "./breakers.ts";
import { trimming } from "./context.ts";
import { anyAdjudicator, closedWorld, degenerate, framing, majority, orderAgreement, provenance } from "./deciding.ts";
import { lattice, localEgress, noSecretOut, proofFirst } from "./privacy.ts";
import type { Tally } from "./tally.ts";
import { boundedQueues, callBound, endsOnce, insideDeadline, leavesNothing, retryAfter, retryBudget, rightRetries } from "./time.ts";
import { budget, cost, countersMatch, ledger, statusRule } from "./truth.ts";

const CHECKS: readonly ((played: Played, tally: Tally) => void)[] = [
  endsOnce,
  callBound,
  retryBudget,
  rightRetries,
  insideDeadline,
  leavesNothing,
  boundedQueues,
  retryAfter,
  breakers,
  closedWorld,
  majority,
  anyAdjudicator,
  orderAgreement,
  framing,
  degenerate,
  provenance,
  localEgress,
  lattice,
  proofFirst,
  noSecretOut,
  ledger,
  cost,
  budget,
  statusRule,
  countersMatch,
  trimming,
];

export function checkAll(played: Played, tally: Tally): void {
  for (const check of CHECKS) check(played, tally);
}
