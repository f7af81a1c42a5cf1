/** Writes down a decision: who supports, who dissents, who abstained, with which weight. Every answered member stands in exactly one of the three. */
import { byWeight, effectiveWeight, flagRank } from "./ballots.ts";
import { hasTools } from "./calls.ts";
import type { Agreement, Ballot, Candidate, DecisionInput, Dissent, How, Json, Verdict } from "./types.ts";

/** UTF-16 units of a dissenting answer that the report shows. */
const EXCERPT_LENGTH = 200;

type Asked = Pick<DecisionInput, "answer" | "tools">;

export interface Finding {
  how: How;
  /** the candidate whose bytes are the answer; null for a merged or composed one */
  winner: Candidate | null;
  /** the class that won; null when the answer is in no class */
  key: string | null;
  /** seats that stand behind an answer that is nobody's own */
  behind: number[];
  /** share of weight behind an answer that is nobody's own; null where it cannot be measured */
  share: number | null;
  rationale: string | null;
}

/** A decision in the making. */
export interface Case {
  input: DecisionInput;
  ballots: Ballot[];
  agreement: Agreement;
}

export function writeVerdict({ input, ballots, agreement }: Case, finding: Finding): Verdict {
  const { candidates, confidence } = input;
  const inOrder = candidates.toSorted((a, b) => a.order - b.order || a.seat - b.seat);
  const supporting = ballots.filter((ballot) => supports(ballot, finding));
  const behind = (seat: Candidate): boolean =>
    supporting.some((ballot) => ballot.seats.includes(seat.seat)) || finding.behind.includes(seat.seat);
  const supporters = membersOf(inOrder.filter(behind));
  const own = finding.winner !== null || finding.key !== null;
  const share = own ? supporting.reduce((sum, ballot) => sum + ballot.weight, 0) / agreement.totalWeight : finding.share;
  return {
    how: finding.how,
    winner: finding.winner?.member ?? null,
    supporters,
    agreement: agreement.share === null ? null : share,
    confidence: confidence?.(agreement, finding.key) ?? null,
    rationale: finding.rationale,
    dissents: dissentsOf(inOrder, ballots, new Set(supporters), input),
    weights: membersOf(inOrder).map((member) => weightOf(inOrder.filter((seat) => seat.member === member))),
  };
}

/** The winner's voice stands behind the winner, also where its other samples spoke differently. */
function supports(ballot: Ballot, finding: Finding): boolean {
  if (finding.winner && ballot.seats.includes(finding.winner.seat)) return true;
  return finding.key !== null && ballot.key === finding.key;
}

const membersOf = (seats: Candidate[]): string[] => [...new Set(seats.map((seat) => seat.member))];

function weightOf(seats: Candidate[]): Verdict["weights"][number] {
  const heaviest = seats.toSorted((a, b) => effectiveWeight(b) - effectiveWeight(a))[0] as Candidate;
  return { member: heaviest.member, weight: effectiveWeight(heaviest), source: heaviest.weightSource };
}

function dissentsOf(inOrder: Candidate[], ballots: Ballot[], taken: Set<string>, input: Asked): Dissent[] {
  const groups = new Map<string, { ballots: Ballot[]; seats: Candidate[] }>();
  for (const ballot of ballots) {
    if (ballot.key === null) continue;
    const seats = inOrder.filter((seat) => ballot.seats.includes(seat.seat) && !taken.has(seat.member));
    if (seats.length === 0) continue;
    const group = groups.get(ballot.key) ?? { ballots: [], seats: [] };
    group.ballots.push(ballot);
    group.seats.push(...seats);
    groups.set(ballot.key, group);
  }
  const listed = [...groups].map(([key, group]) => dissentOf(key, group.ballots, group.seats, taken, input));
  return listed.toSorted((a, b) => byWeight(a.weight, b.weight));
}

/** Marks its members as taken, so that one member of two backends dissents once. */
function dissentOf(key: string, ballots: Ballot[], seats: Candidate[], taken: Set<string>, input: Asked): Dissent {
  const members = membersOf(seats).filter((member) => !taken.has(member));
  for (const member of members) taken.add(member);
  const speaking = seats
    .filter((seat) => seat.reading.status === "read" && seat.reading.key === key)
    .toSorted((a, b) => flagRank(a) - flagRank(b));
  const speaker = speaking[0] ?? (seats[0] as Candidate);
  return {
    members,
    value: valueOf(speaker, input),
    excerpt: excerptOf(speaker),
    weight: ballots.reduce((sum, ballot) => sum + ballot.weight, 0),
  };
}

/** The parsed answer; a text and a tool call have none. */
export function valueOf(candidate: Candidate, input: Asked): Json {
  return input.answer.type !== "text" && !hasTools(input) && candidate.reading.status === "read" ? candidate.reading.value : null;
}

function excerptOf(candidate: Candidate): string {
  const calls = candidate.toolCalls.map((call) => `${call.function.name}(${call.function.arguments})`).join(" ");
  const text = candidate.text === "" ? calls : candidate.text;
  if (text.length <= EXCERPT_LENGTH) return text;
  const cut = text.slice(0, EXCERPT_LENGTH);
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}…`;
}
