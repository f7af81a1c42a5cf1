/** How far the seats of a job's run are: every seat from the start of the run, in seat order. Pure. */
import type { RunRequest } from "../consensus/consensus.ts";
import type { ConsensusEvent, Outcome } from "../core/report.ts";

export interface MemberProgress {
  member: string;
  seat: number;
  status: "waiting" | "answered" | "dropped" | "not-asked";
  reason: string | null;
}

const standing = (outcome: Outcome): MemberProgress => {
  const { member, seat, status } = outcome;
  return { member, seat, status, reason: outcome.status === "dropped" ? outcome.reason : null };
};

/** A plan may leave members of the panel out (`local-only`): `members` are those it seated. */
function seated({ panel }: RunRequest, members: readonly string[]): MemberProgress[] {
  const seats = panel.filter(({ model }) => members.includes(model)).flatMap(({ model, samples }) => Array<string>(samples).fill(model));
  return seats.map((member, index) => ({ member, seat: index + 1, status: "waiting", reason: null }));
}

function withOutcome(progress: readonly MemberProgress[], outcome: Outcome): MemberProgress[] {
  const others = progress.filter(({ seat }) => seat !== outcome.seat);
  return [...others, standing(outcome)].sort((a, b) => a.seat - b.seat);
}

/** null = this event changes nothing. The report at the end has the last word: it names the seats that were not needed too. */
export function progressAfter(progress: readonly MemberProgress[], event: ConsensusEvent, request: RunRequest): MemberProgress[] | null {
  switch (event.type) {
    case "run-start":
      return seated(request, event.data.members);
    case "candidate-arrived":
    case "member-dropped":
      return withOutcome(progress, event.data);
    case "run-end":
      return event.data.outcomes.map(standing);
    case "error":
      return event.data.report?.outcomes.map(standing) ?? null;
    case "agreement-measured":
    case "answer-delta":
    case "verdict-reached":
      return null;
    default:
      return event satisfies never;
  }
}
