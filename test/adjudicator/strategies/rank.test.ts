/** Ranking: every pair in both orders, a bounded number of calls, and no winner where all stand level. */
import { describe, expect, test } from "vitest";
import { readBack } from "../../../adjudicator/framing.ts";
import { rank } from "../../../adjudicator/strategies/rank.ts";
import { bestOf, firstRound, rankCalls } from "../../../adjudicator/tournament.ts";
import { candidate, failed, judge, prefers, replied, scene } from "./kit.ts";

const longest = prefers((text) => text.length);
const texts = ["a", "bbbb", "cc", "ddd"];

test("the candidate that beats every other wins, each pair asked in both orders", async () => {
  const task = scene(texts, longest);
  const step = await rank.decide(task);
  expect(step.outcome).toEqual({ status: "won", seat: 2, how: "ranked" });
  expect(step.rationale).toBe("it is right");
  expect(task.asked).toHaveLength(rankCalls(4));
  const pairs = task.asked.map(({ prompt }) =>
    readBack(prompt)
      ?.candidates.map(({ text }) => text.head)
      .join(">"),
  );
  expect(new Set(pairs).size).toBe(12);
  expect(step.adjudications[0]).toMatchObject({ orders: 2, order_stable: true, prompt: { name: "rank" } });
  expect(Object.keys(step.adjudications[0]?.labels ?? {})).toEqual(["A", "B", "C", "D"]);
});

test("a pair whose orders disagree is a tie; points decide where nobody beats all", async () => {
  // rock beats scissors, scissors beat paper, paper beats rock; the stone beats all but rock, against which the judge says always A
  const beats: Record<string, string[]> = { rock: ["scissors"], scissors: ["paper"], paper: ["rock"], stone: ["scissors", "paper"] };
  const step = await rank.decide(
    scene(["rock", "paper", "scissors", "stone"], ({ prompt }) => {
      const [a, b] = readBack(prompt)?.candidates.map(({ text }) => text.head) ?? [];
      return replied(
        JSON.stringify({
          winner:
            beats[b ?? ""]?.includes(a ?? "") || !beats[a ?? ""]?.includes(b ?? "") ? (beats[b ?? ""]?.includes(a ?? "") ? "B" : "A") : "A",
        }),
      );
    }),
  );
  expect(step.outcome).toEqual({ status: "won", seat: 4, how: "ranked" });
  expect(step.adjudications[0]).toMatchObject({ order_stable: false });
});

test("a judge that always says A ranks nobody", async () => {
  const step = await rank.decide(scene(texts, () => replied('{"winner":"A"}')));
  expect(step.outcome).toEqual({ status: "undecided" });
  expect(step.adjudications[0]?.ladder[0]?.result).toBe("no-ruling");
  expect(step.degradations.map(({ code }) => code)).toEqual(["order-disagreement"]);
});

test("level points go to the greater weight, then to the more reliable, then to the operator's order", () => {
  const games = [
    { pair: [0, 1] as [number, number], winner: null, readable: true, reason: null },
    { pair: [0, 2] as [number, number], winner: 0, readable: true, reason: null },
    { pair: [1, 2] as [number, number], winner: 1, readable: true, reason: null },
  ];
  expect(bestOf([0, 1, 2], games, (a, b) => b - a)).toEqual({ player: 1, condorcet: false });
  expect(bestOf([0, 1], games.slice(0, 1), (a, b) => a - b)).toBeNull();
});

test("a failing rung stops at once and the next one ranks", async () => {
  const adjudicators = [judge("one/x"), judge("two/y")];
  const task = scene(
    ["a", "bb", "ccc", "dddd", "eeeee"],
    (request) => (request.adjudicator === "one/x" ? failed("timeout") : longest(request)),
    { adjudicators },
  );
  const step = await rank.decide(task);
  expect(step.outcome).toMatchObject({ seat: 5 });
  expect(task.asked.filter(({ adjudicator }) => adjudicator === "one/x")).toHaveLength(8);
  expect(step.adjudications[0]?.ladder.map(({ result }) => result)).toEqual(["timeout", "ruled"]);
});

test("mostly unreadable comparisons are unusable", async () => {
  const step = await rank.decide(scene(texts, () => replied("hm")));
  expect(step.adjudications[0]?.ladder[0]?.result).toBe("unusable");
  expect(step.outcome.status).toBe("undecided");
});

describe("the number of calls is bounded and everyone plays the same number of games", () => {
  test.each(Array.from({ length: 15 }, (_, index) => index + 2))("for %i candidates", (count) => {
    const pairs = firstRound(count);
    expect(rankCalls(count)).toBeLessThanOrEqual(94);
    expect(new Set(pairs.map((pair) => [...pair].sort((a, b) => a - b).join("-"))).size).toBe(pairs.length);
    const games = Array.from({ length: count }, (_, index) => pairs.filter((pair) => pair.includes(index)).length);
    expect(new Set(games).size).toBe(1);
  });

  test.each([11, 16])("with %i candidates the strongest still wins within the bound", async (count) => {
    const field = Array.from({ length: count }, (_, index) => candidate(index + 1, "x".repeat(index + 1)));
    const task = scene(field, longest);
    expect((await rank.decide(task)).outcome).toMatchObject({ seat: count });
    expect(task.asked.length).toBeLessThanOrEqual(rankCalls(count));
  });
});
