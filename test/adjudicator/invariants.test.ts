/** What no panel, no order and no judge may change about a decision; every property over generated panels. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { adjudicate, type Candidate, type Decision, type DecisionInput, measureAgreement } from "../../adjudicator/index.ts";
import { candidate, decisionInput, sayingAsk } from "./decision-kit.ts";

const RUNS = { numRuns: 300 };
const answers = fc.integer({ min: 1, max: 4 });
const seat = fc.record({
  answer: fc.oneof({ weight: 6, arbitrary: answers }, { weight: 1, arbitrary: fc.constant(null) }),
  backend: fc.integer({ min: 1, max: 6 }),
  weight: fc.constantFrom(0, 0.5, 1, 1, 1, 2, 0.37),
  reliability: fc.constantFrom(null, 0.4, 0.8),
  flags: fc.constantFrom<Candidate["flags"][]>([], [], [], ["suspicious"], ["length"], ["degenerate"], ["context-trimmed"]),
});
type Seat = typeof seat extends fc.Arbitrary<infer T> ? T : never;
const panels = fc.array(seat, { minLength: 1, maxLength: 8 });
/** Weight and reliability belong to the backend; each backend is one member. */
function seated(seats: Seat[]): Candidate[] {
  const first = new Map<number, Seat>();
  for (const one of seats) if (!first.has(one.backend)) first.set(one.backend, one);
  return seats.map((one, index) => {
    const own = first.get(one.backend) ?? one;
    const member = `p/m${one.backend}`;
    const over = { member, backend: member, order: one.backend, weight: own.weight, reliability: own.reliability, flags: one.flags };
    return candidate(index + 1, one.answer, { ...over, finish: one.flags.includes("length") ? "length" : "stop" });
  });
}
const strategies = fc.constantFrom<DecisionInput["strategy"][]>("auto", "vote", "pick");
const everyStrategy = fc.constantFrom<DecisionInput["strategy"][]>("auto", "vote", "pick", "merge", "rank");
const keyOf = (decision: Decision, candidates: Candidate[]): string | null => {
  const winner = candidates.find((one) => one.seat === decision.winnerSeat);
  return winner?.reading.status === "read" ? winner.reading.key : null;
};
const counted = (decision: Decision): boolean => decision.verdict.how === "agreed" || decision.verdict.how === "voted";
const decide = (candidates: Candidate[], strategy: DecisionInput["strategy"], over: Partial<DecisionInput> = {}): Promise<Decision> =>
  adjudicate(decisionInput(candidates, { strategy, ...over }));
/** Whether some backend is of two minds: then the order of its samples may break its own tie. */
const torn = (candidates: Candidate[]): boolean => {
  const keys = new Map<string, Set<string>>();
  for (const { backend, reading } of candidates)
    if (reading.status === "read") keys.set(backend, (keys.get(backend) ?? new Set()).add(reading.key));
  return [...keys.values()].some((set) => set.size > 1);
};

test("the order of seats changes no counted verdict", async () => {
  await fc.assert(
    fc.asyncProperty(panels, strategies, fc.nat(), async (seats, strategy, turn) => {
      const candidates = seated(seats);
      fc.pre(!torn(candidates));
      const before = await decide(candidates, strategy);
      fc.pre(counted(before));
      const turned = candidates.map((_, index) => candidates[(index + turn) % candidates.length] as Candidate).toReversed();
      const renumbered = turned.map((one, index) => ({ ...one, seat: index + 1 }));
      const after = await decide(renumbered, strategy);
      expect(keyOf(after, renumbered)).toBe(keyOf(before, candidates));
      expect(after.verdict).toEqual(before.verdict);
    }),
    RUNS,
  );
});

test("names change no counted verdict", async () => {
  await fc.assert(
    fc.asyncProperty(panels, strategies, async (seats, strategy) => {
      const candidates = seated(seats);
      const renamed = candidates.map((one) => ({ ...one, member: `z/${100 - one.order}`, backend: `z/${100 - one.order}` }));
      const [before, after] = [await decide(candidates, strategy), await decide(renamed, strategy)];
      expect([after.verdict.how, after.winnerSeat]).toEqual([before.verdict.how, before.winnerSeat]);
    }),
    RUNS,
  );
});

test("a second seat of a backend with the same answer changes no counted verdict", async () => {
  await fc.assert(
    fc.asyncProperty(panels, strategies, fc.nat(), async (seats, strategy, index) => {
      const candidates = seated(seats);
      fc.pre(new Set(candidates.map((one) => one.backend)).size > 1 && !torn(candidates));
      const twin = candidates[index % candidates.length] as Candidate;
      const more = [...candidates, { ...twin, seat: candidates.length + 1 }];
      expect(measureAgreement(more).classes.map(({ key, weight }) => [key, weight])).toEqual(
        measureAgreement(candidates).classes.map(({ key, weight }) => [key, weight]),
      );
      const [before, after] = [await decide(candidates, strategy), await decide(more, strategy)];
      if (counted(before)) expect(keyOf(after, more)).toBe(keyOf(before, candidates));
    }),
    RUNS,
  );
});

test("one more supporter of an independent backend never makes the winner lose", async () => {
  await fc.assert(
    fc.asyncProperty(panels, strategies, async (seats, strategy) => {
      const candidates = seated(seats);
      const before = await decide(candidates, strategy);
      const winner = candidates.find((one) => one.seat === before.winnerSeat);
      fc.pre(winner !== undefined && keyOf(before, candidates) !== null);
      const more = [...candidates, { ...(winner as Candidate), seat: candidates.length + 1, member: "new/m", backend: "new/m", order: 99 }];
      expect(keyOf(await decide(more, strategy), more)).toBe(keyOf(before, candidates));
    }),
    RUNS,
  );
});

test("without a seat that lost, a counted winner stays", async () => {
  await fc.assert(
    fc.asyncProperty(panels, strategies, fc.nat(), async (seats, strategy, index) => {
      const candidates = seated(seats);
      fc.pre(!torn(candidates));
      const before = await decide(candidates, strategy);
      const losers = candidates.filter((one) => one.reading.status === "read" && one.reading.key !== keyOf(before, candidates));
      fc.pre(counted(before) && losers.length > 0);
      const gone = losers[index % losers.length] as Candidate;
      const rest = candidates.filter((one) => one !== gone);
      expect(keyOf(await decide(rest, strategy), rest)).toBe(keyOf(before, candidates));
    }),
    RUNS,
  );
});

const judgeBytes = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.constantFrom('{"winner":"A"}', '{"winner":"B"}', '{"winner":"none"}', "B B B", '{"winner":"A"}{"winner":"B"}', "{".repeat(5_000), ""),
);

test("whatever the judge says: a majority wins, the world is closed, and a flagged answer never gains", async () => {
  await fc.assert(
    fc.asyncProperty(panels, everyStrategy, judgeBytes, fc.boolean(), async (seats, strategy, said, textual) => {
      const candidates = seated(seats);
      const over: Partial<DecisionInput> = { ask: sayingAsk(said), answer: textual ? { type: "text" } : { type: "number" } };
      const decision = await decide(candidates, strategy, over);
      const agreement = measureAgreement(candidates);
      const [leading] = agreement.classes;
      const majority = leading !== undefined && leading.weight > agreement.totalWeight / 2 + 1e-9;
      const outranked = textual && (strategy === "merge" || strategy === "rank");
      if (majority && strategy !== "rank" && !outranked) expect(keyOf(decision, candidates)).toBe(leading.key);
      expectClosedWorld(decision, candidates);
      const real = candidates.filter((one) => !one.flags.includes("degenerate"));
      const winner = candidates.find((one) => one.seat === decision.winnerSeat);
      if (real.length > 0) expect(winner?.flags.includes("degenerate")).not.toBe(true);
      const judged = decision.verdict.how === "picked" || decision.verdict.how === "ranked" || decision.verdict.how === "fallback";
      const cleanReadable = real.some((one) => one.reading.status === "read" && !one.flags.includes("suspicious"));
      if (judged && cleanReadable) expect(winner?.flags.includes("suspicious")).toBe(false);
    }),
    { numRuns: 1_000 },
  );
});

function expectClosedWorld({ verdict, winnerSeat, answer }: Decision, candidates: Candidate[]): void {
  const members = new Set(candidates.map((one) => one.member));
  const dissenting = verdict.dissents.flatMap((dissent) => dissent.members);
  const named = [...verdict.supporters, ...dissenting];
  expect(new Set(named).size).toBe(named.length);
  expect(named.every((member) => members.has(member))).toBe(true);
  const silent = [...members].filter((member) => !named.includes(member));
  for (const member of silent) {
    const own = candidates.filter((one) => one.member === member);
    expect(own.every((one) => one.reading.status !== "read" || one.flags.includes("degenerate"))).toBe(true);
  }
  if (verdict.how === "merged") return;
  const winner = candidates.find((one) => one.seat === winnerSeat);
  expect(winner?.member).toBe(verdict.winner);
  expect(verdict.supporters).toContain(verdict.winner);
  expect(answer).toBe(winner?.text);
  if (verdict.agreement !== null) expect(verdict.agreement >= 0 && verdict.agreement <= 1 + 1e-9).toBe(true);
}
