/** Own questions with three invented models; what is right is plain to see. Ada is right in 6 of 8, Bob in 5, Cyd in 5. */
const say = (answer: number) => JSON.stringify({ reasoning: "…", answer });

const number = (id: string, a: string, b: string, c: string, more: object = {}) => ({
  id,
  task: "own",
  question: `Question ${id}: how many are there?`,
  answer_type: "number",
  gold: "12",
  outputs: { ada: a, bob: b, cyd: c },
  ...more,
});
export const ROWS = [
  number("one", say(12), "The answer is 12.", "A: 12"),
  number("two", say(12), say(12), say(7)),
  number("three", say(12), say(7), say(12)),
  number("four", say(7), "12.0", "12"),
  number("five", say(7), say(7), say(12)),
  // a tie of three: the first in order wins
  number("six", say(12), say(3), say(5)),
  number("seven", say(12), say(12), "It cannot be determined."),
  number("eight", say(12), "It is $12.00 in all.", say(12), { latency_s: { ada: 1, bob: 2, cyd: 9 } }),
];
export const MEMBERS = { groups: { own: { trio: ["ada", "bob", "cyd"], pair: ["ada", "bob"] } } };
export const text = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

export const CALL = {
  id: "call",
  task: "calls",
  question: "How warm is it in New York?",
  answer_type: "toolcall",
  tools: [
    {
      name: "weather.now",
      description: "tells the weather",
      parameters: {
        type: "dict",
        properties: { city: { type: "string" }, type: { type: "float" }, extra: { type: "any", description: "?" } },
        required: ["city"],
      },
    },
  ],
  // the list would let the city be left out; the tool requires it
  gold: { "weather.now": { city: ["New York", "NYC", ""], type: [5, ""], extra: [""] } },
  outputs: {
    ada: '{"name":"weather.now","arguments":{"city":"new-york","type":5.0}}',
    bob: '{"name":"weather_now","arguments":{"city":"NYC"}}',
    cyd: '{"name":"weather.now","arguments":{"type":5}}',
    dan: '{"name":"weather.now","arguments":{"city":"NYC","colour":"red"}}',
  },
};
