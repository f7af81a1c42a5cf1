/** Consensus inside an answer: fields of json, arguments of read-only calls. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { adjudicate, type Candidate, type Json, type JsonSchema, type ToolCall } from "../../adjudicator/index.ts";
import { canonicalJson } from "../../adjudicator/json/canonical.ts";
import { candidate, decisionInput } from "./decision-kit.ts";

const given = (seat: number, value: Json, over: Partial<Candidate> = {}): Candidate =>
  candidate(seat, value, { reading: { status: "read", key: canonicalJson(value), value }, ...over });
const json = (schema?: JsonSchema): { answer: { type: "json"; schema?: JsonSchema } } => ({
  answer: schema ? { type: "json", schema } : { type: "json" },
});

test("fields are counted one by one, and the answer may be one that no member gave whole", async () => {
  const decision = await adjudicate(
    decisionInput([given(1, { a: 1, b: 2, c: 9 }), given(2, { a: 1, b: 7, c: 3 }), given(3, { a: 8, b: 2, c: 3 })], json()),
  );
  expect(decision.value).toEqual({ a: 1, b: 2, c: 3 });
  expect(JSON.parse(decision.answer)).toEqual(decision.value);
  expect(decision.verdict).toMatchObject({ how: "voted", winner: null, supporters: ["p1/m1", "p2/m2", "p3/m3"], dissents: [] });
  expect(decision.verdict.agreement).toBeCloseTo(2 / 3);
  expect([decision.winnerSeat, decision.adjudication]).toEqual([null, null]);
  expect(decision.verdict.support).toEqual({ "/a": 2 / 3, "/b": 2 / 3, "/c": 2 / 3 });
});

test("support is told by field, with pointers that can be followed", async () => {
  const answers: Json[] = [
    { "a/b": 1, "c~d": [1, 2], e: {} },
    { "a/b": 5, "c~d": [1, 3], e: {} },
    { "a/b": 1, "c~d": [1, 3], e: {}, f: 1 },
  ];
  const composed = await adjudicate(
    decisionInput(
      answers.map((value, index) => given(index + 1, value)),
      json(),
    ),
  );
  expect(composed.value).toEqual({ "a/b": 1, "c~d": [1, 3], e: {} });
  expect(composed.verdict.support).toEqual({ "/a~1b": 2 / 3, "/c~0d/0": 1, "/c~0d/1": 2 / 3, "/e": 1 });
});

test("support is absent where whole answers were counted", async () => {
  const same = [given(1, { a: 1 }), given(2, { a: 1 })];
  for (const candidates of [same, [...same, given(3, { a: 2 })], [given(1, { a: 1 })]])
    expect((await adjudicate(decisionInput(candidates, json()))).verdict).not.toHaveProperty("support");
});

test("a composed answer that some member gave whole is that member's own bytes", async () => {
  const text = '{ "b": 2, "a": 1, "c": 3 }';
  const decision = await adjudicate(
    decisionInput([given(1, { a: 1, b: 2, c: 3 }, { text }), given(2, { a: 1, b: 7, c: 3 }), given(3, { a: 8, b: 2, c: 3 })], json()),
  );
  expect([decision.answer, decision.winnerSeat, decision.verdict.winner]).toEqual([text, 1, "p1/m1"]);
});

test("a composed answer that breaks the schema gives way to whole answers", async () => {
  const either: JsonSchema = {
    type: "object",
    anyOf: [
      { properties: { a: { const: 1 }, b: { const: 9 } } },
      { properties: { a: { enum: [1, 8] }, c: { const: 9 } } },
      { properties: { a: { const: 8 }, b: { const: 2 } } },
    ],
    required: ["a", "b", "c"],
  };
  const decision = await adjudicate(
    decisionInput([given(1, { a: 1, b: 9, c: 3 }), given(2, { a: 1, b: 2, c: 9 }), given(3, { a: 8, b: 2, c: 3 })], {
      ...json(either),
      strategy: "vote",
    }),
  );
  expect(decision.winnerSeat).toBe(1);
  expect(decision.verdict.how).toBe("fallback");
});

test("lists are aligned by a common key, and by best match without one", async () => {
  const by = await adjudicate(
    decisionInput(
      [
        given(1, [
          { id: 1, n: "x" },
          { id: 2, n: "y" },
        ]),
        given(2, [
          { id: 2, n: "y" },
          { id: 1, n: "z" },
        ]),
        given(3, [
          { id: 1, n: "x" },
          { id: 3, n: "w" },
        ]),
      ],
      json(),
    ),
  );
  expect(by.value).toEqual([
    { id: 1, n: "x" },
    { id: 2, n: "y" },
  ]);
  const plain = await adjudicate(
    decisionInput([given(1, { t: ["a", "b"], k: 1 }), given(2, { t: ["b", "a", "c"], k: 2 }), given(3, { t: ["b", "c"], k: 1 })], json()),
  );
  expect([...(plain.value as { t: string[] }).t].toSorted()).toEqual(["a", "b", "c"]);
});

test("two answers that differ in one field are a tie for the judge, not a mixture", async () => {
  const decision = await adjudicate(decisionInput([given(1, { a: 1, b: 2 }), given(2, { a: 1, b: 3 })], json()));
  expect(decision.adjudication).not.toBeNull();
  expect([decision.verdict.how, decision.winnerSeat]).toEqual(["fallback", 1]);
});

test("a name such as __proto__ stays data", async () => {
  const odd = JSON.parse('{"__proto__":{"polluted":1},"a":1}') as Json;
  const decision = await adjudicate(
    decisionInput([given(1, odd), given(2, odd), given(3, { a: 2 }), given(4, { a: 1 }), given(5, { a: 2 })], json()),
  );
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
  expect(decision.value).toBeTypeOf("object");
});

const values = fc.letrec<{ any: Json }>((tie) => ({
  any: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<Json[]>(1, 2, "a", "b", null, true),
    fc.array(tie("any"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("k", "l", "id"), tie("any"), { maxKeys: 3 }),
  ),
})).any;
const leaves = (value: Json): string[] =>
  value !== null && typeof value === "object"
    ? (Array.isArray(value) ? value : Object.values(value)).flatMap(leaves)
    : [JSON.stringify(value)];

test("every leaf was given by somebody, whatever the order of the seats", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(values, { minLength: 2, maxLength: 5 }), async (all) => {
      const seats = all.map((value, index) => given(index + 1, value));
      const decision = await adjudicate(decisionInput(seats, { ...json(), strategy: "vote" }));
      const known = new Set(all.flatMap(leaves));
      expect(leaves(decision.value).every((leaf) => known.has(leaf))).toBe(true);
      const turned = await adjudicate(decisionInput(seats.toReversed(), { ...json(), strategy: "vote" }));
      expect(turned.value).toEqual(decision.value);
    }),
    { numRuns: 500 },
  );
});

const call = (name: string, given: Json): ToolCall => ({
  id: `c_${name}`,
  type: "function",
  function: { name, arguments: JSON.stringify(given) },
});
const calling = (seat: number, name: string, args: Json): Candidate => {
  const value = [{ name, arguments: args }];
  return candidate(seat, "", {
    text: "",
    toolCalls: [call(name, args)],
    finish: "tool-calls",
    reading: { status: "read", key: canonicalJson(value), value },
  });
};
const tools = (readOnly: boolean): { tools: { name: string; parameters: null; readOnly: boolean }[] } => ({
  tools: [
    { name: "find", parameters: null, readOnly },
    { name: "other", parameters: null, readOnly },
  ],
});
const mixed = [
  calling(1, "find", { q: "x", n: 5 }),
  calling(2, "find", { q: "x", n: 7, deep: true }),
  calling(3, "find", { q: "y", n: 5, deep: true }),
];

test("arguments are combined for a read-only tool, never for one with effects", async () => {
  const combined = await adjudicate(decisionInput(mixed, { ...tools(true), answer: { type: "text" } }));
  expect(combined.toolCalls.map(({ function: { name, arguments: given } }) => [name, JSON.parse(given)])).toEqual([
    ["find", { q: "x", n: 5, deep: true }],
  ]);
  expect(combined.verdict).toMatchObject({ how: "voted", winner: null });
  expect(Object.keys(combined.verdict.support ?? {}).toSorted()).toEqual(["/find/deep", "/find/n", "/find/q"]);
  const whole = await adjudicate(decisionInput(mixed, { ...tools(false), answer: { type: "text" }, strategy: "vote" }));
  expect(whole.toolCalls).toEqual(mixed[0]?.toolCalls);
  expect(whole).toMatchObject({ winnerSeat: 1, value: null, answer: "" });
});

test("members that call different tools combine nothing", async () => {
  const split = [
    calling(1, "find", { q: "x" }),
    calling(2, "other", { q: "x" }),
    calling(3, "find", { q: "y" }),
    calling(4, "other", { q: "y" }),
  ];
  const decision = await adjudicate(decisionInput(split, { ...tools(true), answer: { type: "text" }, strategy: "vote" }));
  expect(decision.winnerSeat).toBe(1);
});
