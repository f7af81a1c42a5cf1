/** Consensus inside an answer: json field by field, read-only tool calls argument by argument. Returns nothing where whole answers are to be counted instead. */
import { keyOf, withVoice } from "../ballots.ts";
import type { Ballot, DecisionInput } from "../types.ts";
import { composeCalls } from "./calls.ts";
import { type Composed, finish, isSettled, isValid, preferCentral, type Spoken } from "./central.ts";
import { countFields } from "./fields.ts";
import { countLeaves } from "./similarity.ts";

/** Answers larger than this are counted whole: alignment compares every pair. */
const MAX_LEAVES = 2_000;

export function compose(input: DecisionInput, ballots: Ballot[]): Composed | null {
  const spoken = preferCentral(speakersOf(input, ballots));
  if (spoken.length < 2 || spoken.some(({ value }) => countLeaves(value) > MAX_LEAVES)) return null;
  const total = ballots.reduce((sum, ballot) => sum + ballot.weight, 0);
  if ((input.tools?.length ?? 0) > 0) return composeCalls(spoken, input.tools ?? [], total);
  if (input.answer.type !== "json") return null;
  const counted = countFields(spoken);
  if (!isSettled(counted, spoken) || !isValid(input.answer.schema, counted.value)) return null;
  return { ...finish(counted, spoken, total), value: counted.value, toolCalls: [] };
}

/** One speaker per ballot that names a class. */
function speakersOf(input: DecisionInput, ballots: Ballot[]): Spoken[] {
  const voices = withVoice(input.candidates);
  return ballots.flatMap((ballot) => {
    const speaker = ballot.key === null ? undefined : voices.find((seat) => ballot.seats.includes(seat.seat) && keyOf(seat) === ballot.key);
    return speaker?.reading.status === "read" ? [{ speaker, weight: ballot.weight, value: speaker.reading.value }] : [];
  });
}
