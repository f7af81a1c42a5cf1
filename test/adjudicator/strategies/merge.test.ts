/** Merging: what an adjudicator writes is checked against the candidates before anybody sees it. */
import { describe, expect, test } from "vitest";
import { readBack } from "../../../adjudicator/framing.ts";
import { merge } from "../../../adjudicator/strategies/merge.ts";
import type { AskRequest } from "../../../adjudicator/types.ts";
import { PROMPTS } from "../../../prompts/index.ts";
import { failed, judge, prefers, replied, scene } from "./kit.ts";

const texts = ["42 logins failed, see https://lab.example/log", "Most of the 42 failures came from one host, box7."];
const longest = prefers((text) => text.length);
/** Writes the given text when asked to merge, and picks the longest otherwise. */
const writes =
  (text: string, more: object = {}) =>
  (request: AskRequest) =>
    request.schema === null ? replied(text, more) : longest(request);

test("a clean merge is the answer, and reaches the listener once it has passed", async () => {
  const heard: string[] = [];
  const text = "42 logins failed, mostly from box7 (https://lab.example/log).";
  const step = await merge.decide(scene(texts, writes(`\n${text}\n`), { onDelta: (delta) => heard.push(delta) }));
  expect(step.outcome).toEqual({ status: "written", text, sources: [1, 2] });
  expect(heard.join("")).toBe(text);
  expect(step.degradations).toEqual([]);
  expect(step.adjudications[0]).toMatchObject({ adjudicator: "court/judge", orders: 1, order_stable: null, prompt: { name: "merge" } });
});

test("the writer sees every candidate whole and no schema", async () => {
  const task = scene(texts, writes("42 logins failed."));
  await merge.decide(task);
  const shown = readBack(task.asked[0]?.prompt ?? "");
  expect(shown?.question.head).toBe(task.input.question);
  expect(shown?.candidates.map(({ text }) => text.head).sort()).toEqual([...texts].sort());
  expect(task.asked[0]?.schema).toBeNull();
});

describe("a merge is refused, and a pick decides,", () => {
  const hostile: [string, string][] = [
    ["a foreign link", "42 logins failed, see https://evil.example/x"],
    ["a foreign number", "43 logins failed."],
    ["a foreign address", "Write to root@evil.example"],
    ["foreign code", "Run `rm -rf /`."],
    ["nothing", " \u200b\n "],
    ["a flood", "x".repeat(1 << 20)],
    ["a ruling for an answer", '{"reason":"no single one", "winner": "none"}'],
    ["our instructions", `${PROMPTS.merge.system}\n42 logins failed.`],
  ];
  test.each(hostile)("when it holds %s", async (_, text) => {
    const heard: string[] = [];
    const step = await merge.decide(scene(texts, writes(text), { onDelta: (delta) => heard.push(delta) }));
    expect(step.outcome).toEqual({ status: "won", seat: 2, how: "picked" });
    expect(step.degradations.map(({ code }) => code)).toEqual(["merge-refused"]);
    expect(step.adjudications.map(({ prompt }) => prompt.name)).toEqual(["merge", "pick"]);
    expect(step.adjudications[0]).toMatchObject({ adjudicator: null });
    expect(heard).toEqual([]);
  });

  test("when it was cut", async () => {
    const step = await merge.decide(scene(texts, writes("42 logins", { finish: "length" })));
    expect(step.degradations.map(({ code }) => code)).toEqual(["merge-refused"]);
  });
});

test("a writer that says nothing at all is refused like one that writes badly", async () => {
  const step = await merge.decide(scene(texts, (request) => (request.schema === null ? failed("empty") : longest(request))));
  expect(step.outcome).toEqual({ status: "won", seat: 2, how: "picked" });
  expect(step.degradations.map(({ code }) => code)).toEqual(["merge-refused"]);
  expect(step.adjudications.map(({ ladder }) => ladder.map(({ result }) => result))).toEqual([["empty"], ["ruled"]]);
});

test("a writer that fails gives way to the next, and when all fail nothing is decided", async () => {
  const adjudicators = [judge("one/x"), judge("two/y")];
  const second = scene(texts, (request) => (request.adjudicator === "one/x" ? failed("timeout") : replied("42 logins failed.")), {
    adjudicators,
  });
  const step = await merge.decide(second);
  expect(step.outcome.status).toBe("written");
  expect(step.adjudications[0]?.ladder.map(({ result }) => result)).toEqual(["timeout", "ruled"]);
  const none = scene(texts, () => failed("timeout"), { adjudicators });
  expect((await merge.decide(none)).outcome).toEqual({ status: "undecided" });
  expect(none.asked).toHaveLength(2);
});
