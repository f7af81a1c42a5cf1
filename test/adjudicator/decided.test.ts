/** When waiting may stop: never while a member that is still out could change the verdict. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { adjudicate, type Candidate, type DecidedInput, isDecided } from "../../adjudicator/index.ts";
import { candidate, decisionInput } from "./decision-kit.ts";

const base: Omit<DecidedInput, "candidates" | "out"> = { answer: { type: "number" }, tools: null, strategy: "auto", quorumMet: true };

test("two of three equal answers decide, one does not, and neither does anything below quorum", () => {
  const out = [{ backend: "p3/m3", weight: 1 }];
  const two = [candidate(1, 42), candidate(2, 42)];
  expect(isDecided({ ...base, candidates: two, out })).toBe(true);
  expect(isDecided({ ...base, candidates: two, out, quorumMet: false })).toBe(false);
  expect(isDecided({ ...base, candidates: [candidate(1, 42)], out })).toBe(false);
  expect(isDecided({ ...base, candidates: [candidate(1, 42), candidate(2, 41)], out })).toBe(false);
  expect(isDecided({ ...base, candidates: two, out: [{ backend: "p3/m3", weight: 2 }] })).toBe(false);
});

test("a merge and a ranking wait for everybody, free text for a majority", () => {
  const out = [{ backend: "p4/m4", weight: 0.5 }];
  const two = [candidate(1, "a"), candidate(2, "a")];
  expect(isDecided({ ...base, candidates: two, out, strategy: "merge" })).toBe(false);
  expect(isDecided({ ...base, candidates: two, out, strategy: "rank" })).toBe(false);
  const plurality = [...two, candidate(3, "b"), candidate(5, "c"), candidate(6, "d")];
  expect(isDecided({ ...base, candidates: plurality, out, answer: { type: "text" } })).toBe(false);
  expect(isDecided({ ...base, candidates: plurality, out, answer: { type: "text" }, strategy: "vote" })).toBe(true);
  expect(isDecided({ ...base, candidates: plurality, out, strategy: "pick" })).toBe(false);
});

test("whatever those still out answer, a decided verdict stays", async () => {
  const answers = fc.integer({ min: 1, max: 3 });
  const voice = fc.record({ answer: fc.oneof(answers, fc.constant(null)), backend: fc.integer({ min: 1, max: 6 }), trimmed: fc.boolean() });
  const weights = fc.array(fc.constantFrom(0, 0.5, 1, 1, 2), { minLength: 6, maxLength: 6 });
  let decided = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(voice, { minLength: 2, maxLength: 9 }),
      fc.nat({ max: 8 }),
      weights,
      fc.constantFrom<("auto" | "vote" | "pick")[]>("auto", "vote", "pick"),
      async (voices, cut, weights, strategy) => {
        const seats = voices.map(({ answer, backend, trimmed }, index): Candidate => {
          const member = `p/m${backend}`;
          return candidate(index + 1, answer, {
            member,
            backend: member,
            order: backend,
            weight: weights[backend - 1] ?? 1,
            flags: trimmed ? ["context-trimmed"] : [],
          });
        });
        const [here, late] = [seats.slice(0, Math.max(1, cut)), seats.slice(Math.max(1, cut))];
        fc.pre(late.length > 0);
        const out = late.map(({ backend, weight }) => ({ backend, weight }));
        if (!isDecided({ ...base, candidates: here, out, strategy })) return;
        decided += 1;
        const keyOf = async (candidates: Candidate[]): Promise<unknown> =>
          (await adjudicate(decisionInput(candidates, { strategy }))).value;
        expect(await keyOf(seats)).toBe(await keyOf(here));
      },
    ),
    { numRuns: 3_000 },
  );
  expect(decided).toBeGreaterThan(80);
});
