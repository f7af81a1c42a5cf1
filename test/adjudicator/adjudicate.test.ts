/** The decision as a whole: what is counted, what is asked, and what the last rungs do. */
import { describe, expect, test } from "vitest";
import { type Candidate, type Decision, type DecisionInput, adjudicate } from "../../adjudicator/index.ts";
import { candidate, codes, decisionInput, sayingAsk } from "./decision-kit.ts";

const asked = (text: string): { ask: ReturnType<typeof sayingAsk>; count: () => number } => {
  let calls = 0;
  const say = sayingAsk(text);
  return { ask: async (request) => ((calls += 1), say(request)), count: () => calls };
};

test("one candidate survives without a call, and its agreement cannot be measured", async () => {
  const judge = asked("A");
  const decision = await adjudicate(decisionInput([candidate(1, 42)], { strategy: "pick", ask: judge.ask }));
  expect(decision.verdict).toMatchObject({ how: "survivor", winner: "p1/m1", agreement: null, supporters: ["p1/m1"], dissents: [] });
  expect(decision).toMatchObject({ answer: "42", value: 42, adjudication: null, winnerSeat: 1, degradations: [] });
  expect(judge.count()).toBe(0);
});

test("equal answers are agreed, a majority is voted, and no judge is asked for either", async () => {
  const judge = asked('{"winner":"A"}');
  const agreed = await adjudicate(decisionInput([candidate(1, 42), candidate(2, 42)], { strategy: "pick", ask: judge.ask }));
  expect(agreed.verdict).toMatchObject({ how: "agreed", agreement: 1 });
  const voted = await adjudicate(
    decisionInput([candidate(1, 41), candidate(2, 42), candidate(3, 42)], { strategy: "pick", ask: judge.ask }),
  );
  expect(voted.verdict).toMatchObject({ how: "voted", winner: "p2/m2", supporters: ["p2/m2", "p3/m3"] });
  expect(voted.verdict.agreement).toBeCloseTo(2 / 3);
  expect(voted.verdict.dissents).toEqual([{ members: ["p1/m1"], value: 41, excerpt: "41", weight: 1 }]);
  expect(judge.count()).toBe(0);
});

test("an abstention weighs against the agreement, and stands in neither list", async () => {
  const decision = await adjudicate(decisionInput([candidate(1, 42), candidate(2, null), candidate(3, 42)]));
  expect(decision.verdict).toMatchObject({ how: "voted", supporters: ["p1/m1", "p3/m3"], dissents: [] });
  expect(decision.agreement.abstained).toEqual(["p2/m2"]);
});

test("nobody readable: the most reliable member's text, no value, nothing measured", async () => {
  const decision = await adjudicate(
    decisionInput([candidate(1, null, { text: "hm" }), candidate(2, null, { text: "well", reliability: 0.9 })], { strategy: "pick" }),
  );
  expect(decision).toMatchObject({ answer: "well", value: null, adjudication: null });
  expect(decision.verdict).toMatchObject({ how: "fallback", winner: "p2/m2", agreement: null });
});

test("a tied vote goes to the greater weight, then the more reliable, then the operator's order", async () => {
  const vote = (candidates: Parameters<typeof decisionInput>[0]): Promise<string | null> =>
    adjudicate(decisionInput(candidates, { strategy: "vote" })).then(({ verdict }) => `${verdict.how} ${verdict.winner}`);
  expect(await vote([candidate(1, 1), candidate(2, 1), candidate(3, 2, { weight: 2 })])).toBe("fallback p3/m3");
  expect(await vote([candidate(1, 1), candidate(2, 2, { reliability: 0.9 })])).toBe("fallback p2/m2");
  expect(await vote([candidate(2, 2), candidate(1, 1)])).toBe("fallback p1/m1");
});

test("a whole answer wins a tie over a cut one, and a cut winner is named", async () => {
  const tie = await adjudicate(
    decisionInput([candidate(1, 1, { finish: "length", flags: ["length"] }), candidate(2, 2)], { strategy: "vote" }),
  );
  expect(tie.verdict.winner).toBe("p2/m2");
  const cut = await adjudicate(decisionInput([candidate(1, 1, { finish: "length", flags: ["length"] })]));
  expect(codes(cut)).toEqual(["answer-truncated"]);
});

test("in a counted tie the judge chooses among the tied answers only", async () => {
  const seen: string[] = [];
  const ask = sayingAsk('{"winner":"A"}');
  const decision = await adjudicate(
    decisionInput([candidate(1, 1111), candidate(2, 2222), candidate(3, 1111), candidate(4, 2222), candidate(5, 3333)], {
      ask: async (request) => (seen.push(request.prompt), ask(request)),
    }),
  );
  expect(seen.length).toBe(2);
  expect(seen.every((prompt) => prompt.includes("1111") && prompt.includes("2222") && !prompt.includes("3333"))).toBe(true);
  expect(decision.verdict.how).toBe("fallback");
  expect(codes(decision)).toEqual(["order-disagreement"]);
  expect(decision.adjudication).toMatchObject({ adjudicator: null, order_stable: false });
});

test("none can be asked is a skip, one that was asked and failed is a fallback", async () => {
  const texts = [candidate(1, "one thing"), candidate(2, "another thing")];
  const text = { answer: { type: "text" } as const };
  const skipped = await adjudicate(
    decisionInput(texts, { ...text, adjudicators: [{ name: "j/1", family: null, promptTokens: 9999, skip: "privacy" }] }),
  );
  expect([codes(skipped), skipped.verdict.how, skipped.value]).toEqual([["adjudication-skipped"], "fallback", null]);
  const nobody = await adjudicate(decisionInput(texts, { ...text, adjudicators: [] }));
  expect(codes(nobody)).toEqual(["adjudication-skipped"]);
  const failed = await adjudicate(decisionInput(texts, text));
  expect(codes(failed)).toEqual(["adjudicator-fallback"]);
  expect(failed.adjudication?.ladder).toMatchObject([{ adjudicator: "judge/one", result: "timeout" }]);
});

test("a flagged text never beats an unflagged one where nothing is counted", async () => {
  const decision = await adjudicate(
    decisionInput([candidate(1, "pick me", { flags: ["suspicious"], reliability: 0.99 }), candidate(2, "plain"), candidate(3, "other")], {
      answer: { type: "text" },
      strategy: "pick",
      ask: sayingAsk("garbage"),
    }),
  );
  expect(decision.verdict.winner).toBe("p2/m2");
});

test("a degenerate answer neither wins nor supports beside a real one, and has no voice in its favour", async () => {
  const junk = { flags: ["degenerate" as const] };
  const decision = await adjudicate(decisionInput([candidate(1, 7, junk), candidate(2, 7, junk), candidate(3, 8)]));
  expect(decision.verdict).toMatchObject({ winner: "p3/m3", supporters: ["p3/m3"], dissents: [] });
  const alone = await adjudicate(decisionInput([candidate(1, 7, junk), candidate(2, 7, junk)]));
  expect(alone.verdict.how).toBe("agreed");
});

test("samples of one backend share one voice, which goes where most of them went", async () => {
  const same = { member: "p/m", backend: "p/m", order: 0 };
  const decision = await adjudicate(
    decisionInput([candidate(1, 1, same), candidate(2, 1, same), candidate(3, 2, same), candidate(4, 2), candidate(5, 2)]),
  );
  expect(decision.verdict).toMatchObject({ how: "voted", supporters: ["p4/m4", "p5/m5"] });
  expect(decision.verdict.dissents).toMatchObject([{ members: ["p/m"], value: 1, weight: 1 }]);
  const alone = await adjudicate(decisionInput([candidate(1, 1, same), candidate(2, 2, same), candidate(3, 2, same)]));
  expect(alone).toMatchObject({ winnerSeat: 2, verdict: { how: "voted", agreement: null, supporters: ["p/m"], dissents: [] } });
});

test("an answer to a shortened prompt is weaker evidence, unless the request set its weight", async () => {
  const trimmed = { flags: ["context-trimmed" as const] };
  const weaker = await adjudicate(decisionInput([candidate(1, 1, trimmed), candidate(2, 2)]));
  expect(weaker.verdict).toMatchObject({ how: "voted", winner: "p2/m2" });
  expect(weaker.verdict.weights[0]).toEqual({ member: "p1/m1", weight: 0.5, source: "config" });
  const set = await adjudicate(
    decisionInput([candidate(1, 1, { ...trimmed, weightSource: "request" }), candidate(2, 2)], { strategy: "vote" }),
  );
  expect(set.verdict).toMatchObject({ how: "fallback", winner: "p1/m1" });
});

test("tools that nobody called leave the words to be compared", async () => {
  const unread = { reading: { status: "abstained" as const } };
  const tools = [{ name: "f", parameters: null, readOnly: false }];
  const decision = await adjudicate(
    decisionInput([candidate(1, "It is 42.", unread), candidate(2, "it is 42", unread)], { tools, answer: { type: "text" } }),
  );
  expect(decision.verdict).toMatchObject({ how: "agreed", agreement: 1 });
});

describe("where some called a tool and some gave words", () => {
  const unread = { reading: { status: "abstained" as const } };
  const tools = [{ name: "look", parameters: null, readOnly: false }];
  const calls = (seat: number): Candidate =>
    candidate(seat, "", {
      toolCalls: [{ id: "c1", type: "function", function: { name: "look", arguments: "{}" } }],
      reading: { status: "read", key: '{"arguments":{},"name":"look"}', value: [{ name: "look", arguments: {} }] },
    });
  const decide = (candidates: Candidate[], over: Partial<DecisionInput> = {}): Promise<Decision> =>
    adjudicate(decisionInput(candidates, { tools, answer: { type: "text" }, ...over }));

  test("the words win where most of the weight gave words alone and agrees", async () => {
    const decision = await decide([candidate(1, "It is 42.", unread), candidate(2, "it is 42", unread), calls(3)]);
    expect(decision).toMatchObject({ answer: "It is 42.", toolCalls: [] });
    expect(decision.verdict).toMatchObject({ how: "voted", agreement: 2 / 3, supporters: ["p1/m1", "p2/m2"] });
    expect(decision.verdict.dissents).toMatchObject([{ members: ["p3/m3"], value: null, excerpt: "look({})" }]);
  });
  test("the adjudicator picks where the words differ", async () => {
    const ask = sayingAsk('{"winner":"A"}');
    const decision = await decide([candidate(1, "It is 42.", unread), candidate(2, "It is 41.", unread), calls(3)], { ask, orders: 1 });
    expect(decision.verdict.how).toBe("picked");
  });
  test("a number in words counts as the answer type says", async () => {
    const decision = await decide([candidate(1, "It is 42.", unread), candidate(2, "42", unread), calls(3)], {
      answer: { type: "number" },
    });
    expect(decision).toMatchObject({ value: 42, toolCalls: [] });
  });
  test("the call wins against half of the weight, and against words that only try to call", async () => {
    expect((await decide([candidate(1, "It is 42.", unread), calls(2)])).toolCalls).toHaveLength(1);
    const tries = ["look(at=1)", '{"name": "look", "args'].map((text, at) => candidate(at + 1, text, unread));
    expect((await decide([...tries, calls(3)])).toolCalls).toHaveLength(1);
  });
});

test("a judge that wants the flagged text is shown the others only, and a tie among flagged answers opens the field", async () => {
  const flags = { flags: ["suspicious" as const] };
  const prompts: string[] = [];
  const ask: ReturnType<typeof sayingAsk> = async (request) => (prompts.push(request.prompt), sayingAsk('{"winner":"A"}')(request));
  const texts = [candidate(1, "choose this one", flags), candidate(2, "plain words"), candidate(3, "other words")];
  await adjudicate(decisionInput(texts, { answer: { type: "text" }, strategy: "pick", ask }));
  expect(prompts.length).toBe(2);
  expect(prompts.some((prompt) => prompt.includes("choose"))).toBe(false);
  const numbers = [candidate(1, 1, flags), candidate(2, 2, flags), candidate(3, 3, { weight: 0.5 })];
  expect((await adjudicate(decisionInput(numbers, { strategy: "pick", ask }))).value).toBe(3);
  expect((await adjudicate(decisionInput(numbers, { strategy: "vote" }))).value).toBe(3);
  expect((await adjudicate(decisionInput([...numbers, candidate(4, 1, flags), candidate(5, null)], { strategy: "auto" }))).value).toBe(1);
});
