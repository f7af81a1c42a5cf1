/** What is learned from past runs: who is to be trusted, what weight that gives, and how sure a verdict is. */
import { expect, test } from "vitest";
import { type AnswerKind, learnReliability, measureAgreement, type PastRun } from "../../adjudicator/index.ts";
import { candidate } from "./decision-kit.ts";

const members = ["a/1", "b/1", "c/1"];
const run = (classes: (number | null)[], over: Partial<PastRun> = {}): PastRun => ({
  at: 0,
  kind: "number",
  ballots: Object.fromEntries(members.map((member, index) => [member, classes[index] ?? null])),
  winner: 0,
  right: null,
  ...over,
});
const times = (count: number, row: PastRun): PastRun[] => Array.from({ length: count }, () => row);
const learn = (rows: PastRun[], kind: AnswerKind = "number"): ReturnType<typeof learnReliability> =>
  learnReliability(rows, { kind, members });

test("without history nothing is known, and too little history changes no weight", () => {
  expect(learn([]).reliability("a/1")).toBeNull();
  expect(learn(times(19, run([0, 0, 1]))).weight("a/1", 1)).toBeNull();
  expect(learn(times(20, run([0, 0, 1]))).weight("a/1", 1)).not.toBeNull();
  expect(learn(times(100, run([0, 0, 1], { kind: "exact" }))).weight("a/1", 1)).toBeNull();
});

test("who is mostly outvoted loses weight without any feedback, but keeps a voice", () => {
  const learned = learn([...times(40, run([0, 0, 1])), ...times(20, run([0, 0, 0]))]);
  expect(learned.weight("a/1", 1)).toBe(learned.weight("b/1", 1));
  expect(learned.weight("c/1", 1)).toBeLessThan(learned.weight("a/1", 1) ?? 0);
  expect(learned.weight("c/1", 1)).toBeGreaterThan(0);
});

test("of two that differ nobody knows who erred: only feedback teaches", () => {
  const two = times(60, run([0, 1, null]));
  expect(learn(two).weight("a/1", 1)).toBeNull();
  const taught = learn([...two, ...times(5, run([0, 1, null], { right: 1 }))]);
  expect(taught.weight("b/1", 1)).toBeGreaterThan(taught.weight("a/1", 1) ?? 9);
});

test("feedback outweighs the majority", () => {
  const learned = learn([...times(40, run([0, 0, 1], { right: 1 })), ...times(40, run([0, 0, 1]))]);
  expect(learned.weight("c/1", 1)).toBeGreaterThan((learned.weight("a/1", 1) ?? 9) + (learned.weight("b/1", 1) ?? 9));
});

test("members that are alike weigh 1, also where the operator began elsewhere and much was learned", () => {
  const learned = learn([...times(20, run([0, 0, 1])), ...times(20, run([0, 1, 0])), ...times(20, run([1, 0, 0]))]);
  expect(members.map((member) => learned.weight(member, 1))).toEqual([1, 1, 1]);
  expect(learned.weight("a/1", 5)).toBeLessThan(2);
});

test("old runs fade", () => {
  const day = 86_400_000;
  const turned = learn([...times(30, run([1, 0, 0], { at: 400 * day })), ...times(60, run([0, 0, 1], { at: 0 }))]);
  expect(turned.weight("c/1", 1)).toBeGreaterThan(turned.weight("a/1", 1) ?? 9);
});

test("the same history in another order gives the same weights", () => {
  const rows = [...times(9, run([0, 0, 1])), ...times(14, run([0, 1, 1])), ...times(7, run([0, 1, 2], { right: 0 }))];
  const [one, two] = [learn(rows), learn(rows.toReversed())];
  for (const member of members) expect(two.weight(member, 1)).toBe(one.weight(member, 1));
});

test("free texts keep their weight: what differs in words is no count", () => {
  const learned = learn(times(60, run([0, 0, 1], { kind: "text" })), "text");
  expect(members.map((member) => learned.weight(member, 1))).toEqual([1, 1, 1]);
});

const agreement = (answers: number[]): ReturnType<typeof measureAgreement> =>
  measureAgreement(
    answers.map((answer, index) => candidate(index + 1, answer, { member: members[index] as string, backend: members[index] as string })),
  );

test("confidence needs twenty comparable runs, grows with agreement, and follows feedback", () => {
  const all = agreement([42, 42, 42]);
  const split = agreement([42, 42, 41]);
  expect(learn(times(19, run([0, 0, 0]))).confidence(all, "42")).toBeNull();
  const { confidence } = learn([...times(30, run([0, 0, 0])), ...times(10, run([0, 0, 1])), ...times(10, run([0, 1, 0]))]);
  expect(confidence(all, "42")).toBeGreaterThan(confidence(split, "42") ?? 1);
  expect(confidence(split, "42")).toBeGreaterThan(confidence(split, "41") ?? 1);
  expect(confidence(all, null)).toBeNull();
  const other = measureAgreement([candidate(1, 42, { member: "x/1", backend: "x/1" }), candidate(2, 42)]);
  expect(confidence(other, "42")).toBeNull();
  const wrong = learn([...times(40, run([0, 0, 0], { right: -1 })), ...times(10, run([0, 0, 1]))]);
  expect(wrong.confidence(all, "42")).toBeLessThan(0.35);
});

test("feedback gives each member the weight of its own right answers, whoever it erred with", () => {
  const alike = [
    ...times(20, run([0, 1, 1], { right: 0 })),
    ...times(20, run([0, 0, 0], { right: 0 })),
    ...times(10, run([0, 1, 1], { right: 1 })),
  ];
  const apart = [
    ...times(10, run([0, 1, 0], { right: 0 })),
    ...times(10, run([0, 0, 1], { right: 0 })),
    ...times(10, run([0, 1, 2], { right: 0 })),
    ...times(10, run([0, 0, 0], { right: 0 })),
    ...times(10, run([0, 1, 1], { right: 1 })),
  ];
  const weights = (rows: PastRun[]): (number | null)[] => members.map((member) => learn(rows).weight(member, 1));
  expect(weights(alike)).toEqual(weights(apart));
  expect(weights(alike)[0]).toBeGreaterThan(weights(alike)[1] ?? 9);
  expect(weights(alike)[1]).toBe(weights(alike)[2]);
});
