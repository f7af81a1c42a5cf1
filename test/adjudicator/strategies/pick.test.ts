/** Picking: two orders, the ladder, and a judge that may say anything. */
import { describe, expect, test } from "vitest";
import { readBack } from "../../../adjudicator/framing.ts";
import { pick } from "../../../adjudicator/strategies/pick.ts";
import type { AskRequest } from "../../../adjudicator/types.ts";
import { sourceOf, PROMPTS } from "../../../prompts/index.ts";
import { candidate, failed, judge, prefers, replied, scene, seeded } from "./kit.ts";

const longest = prefers((text) => text.length);
const winner = (label: string) => () => replied(JSON.stringify({ reason: "because", winner: label }));
const texts = ["twelve", "forty-two of them", "none"];

describe("two orders", () => {
  test("a judge that follows the text picks the same candidate in both orders", async () => {
    const task = scene(texts, longest);
    const step = await pick.decide(task);
    expect(step.outcome).toEqual({ status: "won", seat: 2, how: "picked" });
    expect(step.rationale).toBe("it is right");
    expect(step.degradations).toEqual([]);
    const [adjudication] = step.adjudications;
    expect(adjudication).toMatchObject({ adjudicator: "court/judge", self_judged: false, orders: 2, order_stable: true, cost_usd: 0.002 });
    expect(adjudication?.usage).toEqual({ input_tokens: 200, output_tokens: 20 });
    expect(adjudication?.ladder).toEqual([{ adjudicator: "court/judge", result: "ruled", detail: null }]);
    expect(adjudication?.prompt).toEqual({ name: "pick", sha256: await task.input.sha256(sourceOf(PROMPTS.pick)) });
  });

  test("the second order is the reverse of the first and its labels start at A again", async () => {
    const task = scene(texts, longest);
    await pick.decide(task);
    const [first, second] = task.asked.map(({ prompt }) => readBack(prompt));
    expect(first?.candidates.map(({ label }) => label)).toEqual(["A", "B", "C"]);
    expect(second?.candidates.map(({ label }) => label)).toEqual(["A", "B", "C"]);
    expect(second?.candidates.map(({ text }) => text.head).toReversed()).toEqual(first?.candidates.map(({ text }) => text.head));
  });

  test("the labels of the report are those of the first order", async () => {
    const task = scene(texts, longest);
    const { adjudications } = await pick.decide(task);
    const shown = readBack(task.asked[0]?.prompt ?? "")?.candidates ?? [];
    for (const { label, text } of shown)
      expect(adjudications[0]?.labels[label]).toBe(task.field.find((one) => one.text === text.head)?.member);
  });

  test.each(["A", "C"])("a judge that always says %s never decides", async (label) => {
    const { outcome, adjudications, degradations } = await pick.decide(scene(texts, winner(label)));
    expect(outcome).toEqual({ status: "undecided" });
    expect(adjudications[0]).toMatchObject({ adjudicator: null, order_stable: false });
    expect(adjudications[0]?.ladder[0]?.result).toBe("no-ruling");
    expect(degradations.map(({ code }) => code)).toEqual(["order-disagreement"]);
  });

  test("with one order, one call decides and stability is not claimed", async () => {
    const task = scene(texts, longest, { orders: 1 });
    const { outcome, adjudications } = await pick.decide(task);
    expect(task.asked).toHaveLength(1);
    expect(outcome.status).toBe("won");
    expect(adjudications[0]).toMatchObject({ orders: 1, order_stable: null });
  });

  test("place and label are independent of the member", async () => {
    const random = seeded(99);
    const counts = new Map<string, number>();
    const rounds = 3000;
    for (let round = 0; round < rounds; round += 1) {
      const { adjudications } = await pick.decide(scene(texts, longest, { random }));
      for (const [label, member] of Object.entries(adjudications[0]?.labels ?? {}))
        counts.set(label + member, (counts.get(label + member) ?? 0) + 1);
    }
    const expected = rounds / 3;
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(counts.size).toBe(9);
    // 4 degrees of freedom; 18.47 is p = 0.001
    expect(chiSquare).toBeLessThan(18.47);
  });
});

describe("what an adjudicator is sent", () => {
  test("names of members, providers and models stand nowhere, the schema lists the labels", async () => {
    const task = scene(texts, longest, { allowNone: true });
    await pick.decide(task);
    for (const { system, prompt, schema } of task.asked) {
      for (const { member } of task.field) for (const part of member.split("/")) expect(system + prompt).not.toContain(part);
      // a provider's name is also an English word: our own sentences do without it
      expect(system + prompt).not.toMatch(/together|groq|ollama|openai|anthropic/i);
      expect(schema).toMatchObject({ properties: { winner: { enum: ["A", "B", "C", "none"] } } });
    }
    const [first, second] = task.asked.map(({ prompt }) => /[0-9a-f]{32}/.exec(prompt)?.[0]);
    expect(first).not.toBe(second);
  });

  test("a window that is too small gets equal excerpts of everyone", async () => {
    const long = Array.from({ length: 16 }, (_, index) => `${index} `.padEnd(32_000, `word${index} `));
    const task = scene(long, winner("A"), { adjudicators: [judge("court/small", { promptTokens: 8000 })] });
    const { degradations } = await pick.decide(task);
    expect(degradations.map(({ code }) => code)).toContain("context-trimmed");
    const prompt = task.asked[0]?.prompt ?? "";
    const shown = readBack(prompt)?.candidates ?? [];
    expect(shown).toHaveLength(16);
    const lengths = shown.map(({ text }) => text.head.length + (text.tail?.length ?? 0));
    expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThan(60);
    expect(Math.min(...lengths)).toBeGreaterThan(800);
    expect(task.input.countTokens(prompt + (task.asked[0]?.system ?? ""))).toBeLessThanOrEqual(8000);
  });
});

describe("the ladder", () => {
  const byName = (replies: Record<string, (request: AskRequest) => ReturnType<typeof longest>>) => (request: AskRequest) =>
    replies[request.adjudicator]?.(request) ?? failed("unavailable");

  test.each(["timeout", "rate-limited", "refused", "skipped"])("a first rung that ends in %s gives way to the second", async (reason) => {
    const adjudicators = [judge("one/x"), judge("two/y")];
    const { outcome, adjudications } = await pick.decide(
      scene(texts, byName({ "one/x": () => failed(reason), "two/y": longest }), { adjudicators }),
    );
    expect(outcome).toMatchObject({ status: "won", seat: 2 });
    expect(adjudications[0]?.adjudicator).toBe("two/y");
    expect(adjudications[0]?.ladder.map(({ result }) => result)).toEqual([reason, "ruled"]);
    expect(adjudications[0]?.cost_usd).toBe(reason === "skipped" ? 0.002 : null);
  });

  test("one failed order spoils the rung, though the other named a winner", async () => {
    const { outcome, adjudications } = await pick.decide(
      scene(texts, (request, call) => (call === 2 ? failed("timeout") : longest(request))),
    );
    expect(outcome).toEqual({ status: "undecided" });
    expect(adjudications[0]?.ladder.map(({ result }) => result)).toEqual(["timeout"]);
  });

  test("a disagreement of the first rung is told although the second decides", async () => {
    const adjudicators = [judge("one/x"), judge("two/y")];
    const step = await pick.decide(scene(texts, byName({ "one/x": winner("A"), "two/y": longest }), { adjudicators }));
    expect(step.adjudications[0]).toMatchObject({ adjudicator: "two/y", order_stable: true });
    expect(step.degradations.map(({ code }) => code)).toEqual(["order-disagreement"]);
  });

  test("an adjudicator that may not be asked is skipped with its reason, and costs nothing", async () => {
    const task = scene(texts, longest, { adjudicators: [judge("one/x", { skip: "local-only" })] });
    const { outcome, adjudications } = await pick.decide(task);
    expect(task.asked).toEqual([]);
    expect(outcome).toEqual({ status: "undecided" });
    expect(adjudications[0]).toMatchObject({ adjudicator: null, order_stable: null, labels: {}, cost_usd: 0 });
    expect(adjudications[0]?.ladder).toEqual([{ adjudicator: "one/x", result: "skipped", detail: "local-only" }]);
  });

  test("without any adjudicator there is one entry with an empty ladder", async () => {
    const { outcome, adjudications } = await pick.decide(scene(texts, longest, { adjudicators: [] }));
    expect(outcome).toEqual({ status: "undecided" });
    expect(adjudications.map(({ ladder }) => ladder)).toEqual([[]]);
  });

  test("another family than the candidates' is asked first; one's own is flagged", async () => {
    const own = judge("lab1/model-1");
    const kin = judge("court/kin", { family: "family-2" });
    const stranger = judge("court/stranger");
    const step = await pick.decide(scene(texts, longest, { adjudicators: [own, kin, stranger] }));
    expect(step.adjudications[0]).toMatchObject({ adjudicator: "court/stranger", self_judged: false });
    const kept = await pick.decide(scene(texts, longest, { adjudicators: [kin, own] }));
    expect(kept.adjudications[0]).toMatchObject({ adjudicator: "court/kin", self_judged: true });
    const itself = await pick.decide(scene(texts, longest, { adjudicators: [own] }));
    expect(itself.adjudications[0]).toMatchObject({ self_judged: true });
  });
});

describe("whatever an adjudicator says", () => {
  const unusable = [
    "",
    "{",
    '{"winner":"D"}',
    '{"winner":"А"}',
    '{"winner":["A","B"]}',
    '{"winner":"A"}\n{"winner":"B"}',
    "I like them all.",
    "\u0000",
  ];
  test.each(unusable)("%j is unusable and nothing is decided", async (text) => {
    const { outcome, adjudications } = await pick.decide(scene(texts, () => replied(text)));
    expect(outcome).toEqual({ status: "undecided" });
    expect(adjudications[0]?.ladder[0]?.result).toBe("unusable");
  });

  test("`none` counts only where it was on offer, and only from both orders", async () => {
    expect((await pick.decide(scene(texts, winner("none")))).outcome.status).toBe("undecided");
    expect((await pick.decide(scene(texts, winner("none"), { allowNone: true }))).outcome.status).toBe("none");
    const once = scene(texts, (request, call) => (call === 1 ? winner("none")() : longest(request)), { allowNone: true });
    expect((await pick.decide(once)).adjudications[0]?.ladder[0]?.result).toBe("no-ruling");
  });

  test("its reason is kept as text, bounded", async () => {
    const reason = `<b>${"é😀".repeat(1000)}</b>`;
    const task = scene(["a", "bb"], (request) => {
      const named = JSON.parse((longest(request) as { text: string }).text) as { winner: string };
      return replied(JSON.stringify({ reason, winner: named.winner }));
    });
    const { rationale } = await pick.decide(task);
    expect(rationale?.startsWith("<b>é😀")).toBe(true);
    expect(rationale?.length).toBeLessThanOrEqual(500);
    expect(rationale?.isWellFormed()).toBe(true);
  });

  test("a candidate that only calls a tool is shown with its call", async () => {
    const call = { id: "1", type: "function" as const, function: { name: "read_log", arguments: '{"n":1}' } };
    const task = scene([candidate(1, "", { toolCalls: [call] }), candidate(2, "no")], longest);
    await pick.decide(task);
    expect(task.asked[0]?.prompt).toContain('[calls the tool read_log with {"n":1}]');
  });
});
