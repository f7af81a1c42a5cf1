/** Counts ballots: classes of equal answers with their weights, the share of the leading one, majority and ties. Judges nothing. */
import { byWeight, castBallots, comparePreference, countVoices, keyOf, WEIGHT_EPSILON, withVoice } from "./ballots.ts";
import type { Agreement, AnswerClass, Ballot, Candidate } from "./types.ts";

/** Heaviest class first; equal weights in the order of the tie rule, so that `classes[0]` is the vote winner. */
export function measureAgreement(candidates: Candidate[]): Agreement {
  return countBallots(candidates, castBallots(candidates));
}

export function countBallots(candidates: Candidate[], ballots: Ballot[]): Agreement {
  const totalWeight = ballots.reduce((sum, ballot) => sum + ballot.weight, 0);
  const groups = new Map<string, Ballot[]>();
  for (const ballot of ballots) if (ballot.key !== null) groups.set(ballot.key, [...(groups.get(ballot.key) ?? []), ballot]);
  const voices = withVoice(candidates);
  const ranked = [...groups].map(([key, backers]) => classOf(key, backers, voices)).toSorted(compareClasses);
  const classes = ranked.map(({ found }) => found);
  const leading = classes[0];
  const measurable = leading !== undefined && countVoices(candidates) > 1 && totalWeight > 0;
  const named = new Set(classes.flatMap((found) => found.members));
  const abstained = [...new Set(ballots.filter((ballot) => ballot.key === null).map((ballot) => ballot.member))];
  return {
    share: measurable ? leading.weight / totalWeight : null,
    classes,
    abstained: abstained.filter((member) => !named.has(member)),
    totalWeight,
  };
}

/** Whether more than half of all usable weight stands behind the leading class. */
export function hasMajority(agreement: Agreement): boolean {
  const leading = agreement.classes[0];
  return leading !== undefined && leading.weight > agreement.totalWeight / 2 + WEIGHT_EPSILON;
}

/** The classes that share the first place: one, unless the count is tied. */
export function leadingClasses(agreement: Agreement): AnswerClass[] {
  const leading = agreement.classes[0];
  return leading ? agreement.classes.filter((found) => byWeight(found.weight, leading.weight) === 0) : [];
}

/**
 * The candidate that speaks for an answer: the first by the tie rule among the seats that were counted for it. A sample that its
 * own backend outvoted speaks only where nobody was counted for its answer.
 */
export function representative(candidates: Candidate[], agreement: Agreement, key: string): Candidate | null {
  const counted = agreement.classes.find((found) => found.key === key)?.seats;
  const speaks = (candidate: Candidate): boolean => (counted ? counted.includes(candidate.seat) : keyOf(candidate) === key);
  return withVoice(candidates).filter(speaks).toSorted(comparePreference)[0] ?? null;
}

interface RankedClass {
  found: AnswerClass;
  best: Candidate;
}

function classOf(key: string, backers: Ballot[], voices: Candidate[]): RankedClass {
  const backing = new Set(backers.flatMap((ballot) => ballot.seats));
  const seats = voices.filter((candidate) => backing.has(candidate.seat) && keyOf(candidate) === key).toSorted(comparePreference);
  const best = seats[0] as Candidate;
  const inOrder = seats.toSorted((a, b) => a.order - b.order || a.seat - b.seat);
  const found: AnswerClass = {
    key,
    value: best.reading.status === "read" ? best.reading.value : null,
    members: [...new Set(inOrder.map((seat) => seat.member))],
    seats: inOrder.map((seat) => seat.seat),
    weight: backers.reduce((sum, ballot) => sum + ballot.weight, 0),
  };
  return { found, best };
}

const compareClasses = (a: RankedClass, b: RankedClass): number =>
  byWeight(a.found.weight, b.found.weight) || comparePreference(a.best, b.best);
