/** Turns candidates into ballots, one voice per backend, and ranks candidates where nothing counts. Never looks at the order of arrival. */
import type { Ballot, Candidate } from "./types.ts";

/** A member that saw a shortened prompt is weaker evidence; a weight that the caller wrote down is left alone. */
export const TRIMMED_FACTOR = 0.5;
/** What a member without evidence counts as in a comparison: the prior mean of reliability.ts. */
export const UNKNOWN_RELIABILITY = 0.7;
/** Weights are sums of decimals: closer than this is equal. */
export const WEIGHT_EPSILON = 1e-9;

/** Weight in force of one candidate's voice. */
export function effectiveWeight(candidate: Candidate): number {
  const trimmed = candidate.flags.includes("context-trimmed") && candidate.weightSource !== "request";
  return trimmed ? candidate.weight * TRIMMED_FACTOR : candidate.weight;
}

/** Lower is better: degenerate below suspicious below cut below clean. */
export function flagRank(candidate: Candidate): number {
  const has = (flag: Candidate["flags"][number]): number => (candidate.flags.includes(flag) ? 1 : 0);
  return has("degenerate") * 4 + has("suspicious") * 2 + Math.max(has("length"), candidate.finish === "length" ? 1 : 0);
}

export const reliabilityOf = (candidate: Candidate): number => candidate.reliability ?? UNKNOWN_RELIABILITY;

/** The order of candidates where nothing is counted: flags, weight, reliability, operator's order; never time. */
export function comparePreference(a: Candidate, b: Candidate): number {
  return flagRank(a) - flagRank(b) || byWeight(effectiveWeight(a), effectiveWeight(b)) || compareTrust(a, b);
}

/** The same with trust before weight: the most reliable member's candidate. */
export function compareReliability(a: Candidate, b: Candidate): number {
  const trust = reliabilityOf(b) - reliabilityOf(a);
  return flagRank(a) - flagRank(b) || trust || byWeight(effectiveWeight(a), effectiveWeight(b)) || a.order - b.order || a.seat - b.seat;
}

const compareTrust = (a: Candidate, b: Candidate): number => reliabilityOf(b) - reliabilityOf(a) || a.order - b.order || a.seat - b.seat;
export const byWeight = (a: number, b: number): number => (Math.abs(a - b) <= WEIGHT_EPSILON ? 0 : b - a);

/** Degenerate candidates have no voice beside a real one; among themselves they have. */
export function withVoice(candidates: Candidate[]): Candidate[] {
  const real = candidates.filter((candidate) => !candidate.flags.includes("degenerate"));
  return real.length > 0 ? real : candidates;
}

export const keyOf = (candidate: Candidate): string | null => (candidate.reading.status === "read" ? candidate.reading.key : null);

/**
 * One ballot per backend, in the operator's order. The seats of one backend decide its ballot by their own plurality; of two
 * minds, it goes with the tied answer that the other voices back most, then with the better candidate. A backend that is
 * alone has nobody to outvote: there each seat is a voice of its own.
 */
export function castBallots(candidates: Candidate[]): Ballot[] {
  const voices = withVoice(candidates);
  const groups = groupByBackend(candidates);
  if (groups.length === 1 && voices.length > 1)
    return candidates.toSorted(byOrder).map((seat) => ballotOf([seat], voices.includes(seat) ? keyOf(seat) : null, candidates.length));
  const drafts = groups.map((seats) => ({ seats, tied: leadingKeys(seats.filter((seat) => voices.includes(seat))) }));
  const settled = new Map<string, number>();
  for (const { seats, tied } of drafts) {
    const [only] = tied;
    if (only !== undefined && tied.length === 1) settled.set(only, (settled.get(only) ?? 0) + voiceWeight(seats));
  }
  return drafts.map(({ seats, tied }) => ballotOf(seats, preferred(seats, tied, settled), 1));
}

/** How many backends have a say in these candidates; the seats of a lone backend are one voice. */
export const countVoices = (candidates: Candidate[]): number => new Set(candidates.map((candidate) => candidate.backend)).size;

const byOrder = (a: Candidate, b: Candidate): number => a.order - b.order || a.seat - b.seat;

function groupByBackend(candidates: Candidate[]): Candidate[][] {
  const groups = new Map<string, Candidate[]>();
  for (const candidate of candidates.toSorted(byOrder)) {
    const group = groups.get(candidate.backend);
    if (group) group.push(candidate);
    else groups.set(candidate.backend, [candidate]);
  }
  return [...groups.values()];
}

const voiceWeight = (seats: Candidate[]): number => Math.max(...seats.map(effectiveWeight));

/** `shares`: the seats of a lone backend share its weight, which then only orders them, so that even a weight of 0 may. */
function ballotOf(seats: Candidate[], key: string | null, shares: number): Ballot {
  const { backend, member } = seats[0] as Candidate;
  const weight = shares > 1 ? (voiceWeight(seats) || 1) / shares : voiceWeight(seats);
  return { backend, member, weight, key, seats: seats.map(({ seat }) => seat) };
}

/** The answers that most seats of one backend gave. */
function leadingKeys(seats: Candidate[]): string[] {
  const counts = new Map<string, number>();
  for (const seat of seats) {
    const key = keyOf(seat);
    if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const most = Math.max(0, ...counts.values());
  return [...counts].filter(([, count]) => count === most).map(([key]) => key);
}

function preferred(seats: Candidate[], tied: string[], settled: Map<string, number>): string | null {
  if (tied.length < 2) return tied[0] ?? null;
  const backing = (seat: Candidate): number => settled.get(keyOf(seat) ?? "") ?? 0;
  const candidates = seats.filter((seat) => tied.includes(keyOf(seat) ?? ""));
  const best = candidates.toSorted((a, b) => byWeight(backing(a), backing(b)) || comparePreference(a, b))[0];
  return best ? keyOf(best) : null;
}
