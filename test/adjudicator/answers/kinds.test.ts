/** Exact answers, JSON, tool calls and free texts. */
import { expect, test } from "vitest";
import type { ToolCall, ToolSpec } from "../../../adjudicator/index.ts";
import { readAnswer } from "../../../adjudicator/index.ts";
import { keyOf, read, valueOf } from "./kit.ts";

const exact = (text: string) => keyOf(read(text, { type: "exact" }));
test.each([
  ["'abc'", '"abc"'],
  ["`abc`", "abc"],
  ["[1, 2,3]", "[1,2,3,]"],
  ['{"a": 1}', "{'a': 1}"],
  ["a\nb", "a\\nb"],
  ['{"answer": ["a", 1, true, null]}', "['a', 1, True, None]"],
  ['{"answer": false}', "False"],
  ["```python\n[1]\n```", "[1]"],
  ["The answer is 'x'", "x"],
  ["a  b", "a b"],
  ["  abc ", "abc"],
])("exact %j equals %j", (left, right) => {
  expect(exact(left)).toBe(exact(right));
});
test.each([
  ["abc", "Abc"],
  ["ab", "a b"],
  ["[1]", "1"],
  ["True", "true"],
])("exact %j differs from %j", (left, right) => {
  expect(exact(left)).not.toBe(exact(right));
});
test("an empty exact answer and an empty list are answers", () => {
  expect(valueOf(read("''", { type: "exact" }))).toBe("");
  expect(valueOf(read("[]", { type: "exact" }))).toBe("[]");
  expect(valueOf(read('{"answer": "ab', { type: "exact" }, "length"))).toBe("cut");
});

const json = (text: string, schema?: { [key: string]: never }, finish: "stop" | "length" = "stop") =>
  valueOf(read(text, { type: "json", schema }, finish));
test.each<[string, unknown]>([
  ['{"a": 5.0}', { a: 5 }],
  ['Sure: ```json\n{"a": 1, "b": "x\ny",}\n``` ok', { a: 1, b: "x\ny" }],
  ["{'a': True, b: None}", { a: true, b: null }],
  ['{"a": "\\frac{1}{2}"}', { a: "\\frac{1}{2}" }],
  ['{"a": [1, 2', { a: [1, 2] }],
  ['see [1] and {"a": 2, "c": 3}', { a: 2, c: 3 }],
  ['{"a": "he said "hi" then", "b": 1}', { a: 'he said "hi" then', b: 1 }],
  ['{"a": "{not} a \\"brace\\"}"}', { a: '{not} a "brace"}' }],
  ["[1, 2]", [1, 2]],
  ["no value", "abstained"],
])("json %j is read", (text, want) => {
  expect(json(text)).toEqual(want);
});
test("json is valid by its schema or no answer, and cut where we would have to close it", () => {
  const schema = { type: "object", required: ["a"], properties: { a: { type: "number" } } } as never;
  expect(json('{"a": 1}', schema)).toEqual({ a: 1 });
  expect(json('{"answer": {"a": 1}}', schema)).toEqual({ a: 1 });
  expect(json('{"a": "x"}', schema)).toBe("abstained");
  expect(json('{"a": [1, 2', undefined, "length")).toBe("cut");
  expect(json("{}", { $ref: "#/nowhere" } as never)).toBe("abstained");
});
test("key order and 5.0 do not count in json, a key named __proto__ is data", () => {
  const key = (text: string) => keyOf(read(text, { type: "json" }));
  expect(key('{"a": 5.0, "b": [1]}')).toBe(key('{"b": [1], "a": 5}'));
  expect(key('{"__proto__": {"a": 1},}')).toBe('{"__proto__":{"a":1}}');
});

const tools: ToolSpec[] = [{ name: "math.add", parameters: null, readOnly: false }];
const call = (name: string, args: string): ToolCall => ({ id: "1", type: "function", function: { name, arguments: args } });
const calls = (toolCalls: ToolCall[], text = "", finish: "stop" | "length" = "stop") =>
  readAnswer(text, { answer: { type: "text" }, tools, toolCalls, finish });
test("calls are equal by name and arguments, whatever their order and spelling", () => {
  const one = keyOf(calls([call("math.add", '{"a":5,"b":"x"}'), call("math.add", '{"a":1}')]));
  expect(one).not.toBeNull();
  expect(keyOf(calls([call("math_add", '{"a":1.0}'), call("math.add", '{"b":"x", "a":5.0}')]))).toBe(one);
  expect(keyOf(calls([call("math.add", '{"a":5,"b":"y"}'), call("math.add", '{"a":1}')]))).not.toBe(one);
  expect(keyOf(calls([call("math.add", '{"f":"3 * x**2 + 1"}')]))).toBe(keyOf(calls([call("math.add", '{"f":"3*x**2+1"}')])));
  expect(keyOf(calls([call("math.add", '{"f":"rm -rf * .log 2"}')]))).not.toBe(keyOf(calls([call("math.add", '{"f":"rm -rf *.log 2"}')])));
});
test("an unknown tool or unreadable arguments abstain, or are cut", () => {
  expect(calls([call("other", "{}")]).status).toBe("abstained");
  expect(calls([call("math.add", '{"a": 1')]).status).toBe("abstained");
  expect(calls([call("math.add", '{"a": 1')], "", "length").status).toBe("cut");
  expect(calls([call("math.add", "")]).status).toBe("read");
  expect(calls([], '{"name": "math.add", "arguments": {"a"', "length").status).toBe("cut");
  expect(calls([], "All is well, and", "length").status).toBe("abstained");
});
test.each([
  '{"name": "math.add", "arguments": {"a": 1}}',
  '[{"name": "math_add", "parameters": {"a": 1.0}}]',
  "[{'name': 'math.add', 'parameters': {'a': 1}}]",
  'I call ```json\n{"name": "math.add", "arguments": "{\\"a\\": 1}"}\n```',
  '{"type": "function", "function": {"name": "math.add", "arguments": {"a": 1}}}',
])("a call written as text is read: %j", (text) => {
  expect(keyOf(calls([], text))).toBe(keyOf(calls([call("math.add", '{"a":1}')])));
});
test.each([
  "I would rather ask a question back.",
  '[{"name": "math.add", "arguments": {"a": 1}}, {"name": "math.add", "arguments": {"a": 2}}]',
  '{"name": "nobody", "arguments": {}}',
  "response = math.add(a=1)",
])("prose, several calls and foreign names are no call: %j", (text) => {
  expect(calls([], text).status).toBe("abstained");
});

const text = (value: string) => keyOf(read(value, { type: "text" }));
test.each([
  ["Hello, World!", "hello world"],
  ["**Bold** _x_.", "bold x"],
  ["It can\u2019t", "It can't"],
  ["1,000 km", "1000km"],
  ["Ｆｕｌｌ", "full"],
  ["a\u200bb", "ab"],
  ["日本語。", "日本語"],
])("texts %j and %j are equal", (left, right) => {
  expect(text(left)).toBe(text(right));
});
test.each([
  ["It can work", "It can't work"],
  ["It works", "It works not"],
  ["1.5", "15"],
  ["-5", "5"],
  ["C#", "C"],
  ["x < y", "x > y"],
  ["!done", "done"],
  ["50%", "50"],
  ["10-20", "1020"],
  ["3:00", "300"],
])("texts %j and %j differ", (left, right) => {
  expect(text(left)).not.toBe(text(right));
});
