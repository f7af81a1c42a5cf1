/** Questions as the decision sees them: who said what, who is right, and how a count of it comes out. Decides in this process and asks nobody. */
import {
  adjudicate,
  type Agreement,
  type AnswerKind,
  type Candidate,
  type Learned,
  learnReliability,
  measureAgreement,
  type PastRun,
} from "../../../adjudicator/index.ts";
import { type EvalRow, kindOf } from "./corpus.ts";
import { inspectSaid, isRight, type Said, saidText, toolSpecsOf } from "./gold.ts";

export interface Case {
  row: EvalRow;
  members: string[];
  /** one per member with a usable answer */
  candidates: Candidate[];
  agreement: Agreement;
  right: Set<string>;
}
/** How one rule answered one question. */
export interface Ruled {
  right: boolean;
  /** agreement */
  share: number | null;
  confidence: number | null;
  how: string | null;
}

function candidateOf(row: EvalRow, member: string, index: number, said: Said): Candidate {
  const { flags, reading } = inspectSaid(row, said);
  const place = { seat: index + 1, member, backend: member, family: null, order: index };
  return { ...place, ...said, flags, reading, weight: 1, weightSource: "config", reliability: null };
}

/** `said` without a member: it gave no usable answer. */
export function caseOf(row: EvalRow, members: string[], said: Readonly<Record<string, Said>>): Case {
  const candidates = members.flatMap((member, index) => {
    const answer = Object.hasOwn(said, member) ? said[member] : undefined;
    if (answer === undefined || inspectSaid(row, answer).empty) return [];
    return [candidateOf(row, member, index, answer)];
  });
  const right = candidates.filter(({ reading }) => isRight(row, reading)).map(({ member }) => member);
  return { row, members, candidates, agreement: measureAgreement(candidates), right: new Set(right) };
}
export const recordedCase = (row: EvalRow, members: string[]): Case =>
  caseOf(row, members, Object.fromEntries(Object.entries(row.outputs).map(([member, text]) => [member, saidText(text)])));

/** Bare plurality, weights and flags aside; a tie goes to the first member in order. Null = nobody could be read. */
export function plurality({ agreement, members }: Case): string | null {
  const first = (supporters: string[]): number => Math.min(...supporters.map((member) => members.indexOf(member)));
  const ranked = agreement.classes.toSorted((a, b) => b.members.length - a.members.length || first(a.members) - first(b.members));
  return members[first(ranked[0]?.members ?? [])] ?? null;
}
/** Members behind the plurality's answer; 0 = nobody could be read. */
export const level = ({ agreement }: Case): number => Math.max(0, ...agreement.classes.map((found) => found.members.length));
export function isTie(one: Case): boolean {
  const top = level(one);
  return one.agreement.classes.filter((found) => found.members.length === top).length > 1;
}

const memory = ({ row, agreement, members, right }: Case, labelled: boolean): PastRun => {
  const place = (member: string): number => agreement.classes.findIndex((found) => found.members.includes(member));
  return {
    at: 0,
    kind: kindOf(row),
    ballots: Object.fromEntries(members.map((member) => [member, place(member) < 0 ? null : place(member)])),
    winner: 0,
    right: labelled ? agreement.classes.findIndex((found) => found.members.some((member) => right.has(member))) : null,
  };
};
/** Whom to trust after these questions; `labelled` says of which the right answer was told. */
export function learnFrom(cases: readonly Case[], labelled: (one: Case) => boolean = () => false): Learned {
  const [first] = cases;
  const kind: AnswerKind = first ? kindOf(first.row) : "text";
  return learnReliability(
    cases.map((one) => memory(one, labelled(one))),
    { kind, members: first?.members ?? [] },
  );
}
export const NOTHING_LEARNED: Learned = learnReliability([], { kind: "number", members: [] });

const asksNobody = async () =>
  ({ ok: false, reason: "skipped", detail: "", usage: { input_tokens: null, output_tokens: null }, costUsd: null }) as const;

/** The strategy `vote` with these weights; `confidence` may come from elsewhere than the weights. */
export async function voteOn(one: Case, learned: Learned, confidence = learned.confidence): Promise<Ruled> {
  const candidates = one.candidates.map((candidate) => ({
    ...candidate,
    weight: learned.weight(candidate.member, 1) ?? 1,
    reliability: learned.reliability(candidate.member),
  }));
  if (candidates.length === 0) return { right: false, share: null, confidence: null, how: null };
  const { verdict } = await adjudicate({
    strategy: "vote",
    answer: one.row.answer,
    tools: toolSpecsOf(one.row),
    question: one.row.question,
    candidates,
    orders: 1,
    adjudicators: [],
    ask: asksNobody,
    random: () => 0.5,
    token: () => "",
    sha256: async () => "",
    now: () => 0,
    countTokens: (text) => text.length,
    confidence,
  });
  const right = verdict.winner !== null && one.right.has(verdict.winner);
  return { right, share: verdict.agreement, confidence: verdict.confidence, how: verdict.how };
}
