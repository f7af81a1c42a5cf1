/** Injection: a sample of the campaign (`test/bench/injection.ts` runs all of it), hostile merges, and recorded attempts to talk a judge round. */
import { describe, expect, test } from "vitest";
import { readBack } from "../../adjudicator/framing.ts";
import { adjudicate } from "../../adjudicator/index.ts";
import { inspectAnswer } from "../../adjudicator/inspect.ts";
import type { AskRequest } from "../../adjudicator/types.ts";
import { hasCorpus, orSkipped, readLines } from "../kit/corpus.ts";
import { casesOf, hasAttacks, loadAttacks, play } from "../kit/injection-campaign.ts";
import { candidate, replied, scene } from "./strategies/kit.ts";

/** A prime, so that the sample meets every class, size, place and judge. */
const EVERY = 61;

describe(`hostile texts${orSkipped(hasAttacks)}`, () => {
  test.skipIf(!hasAttacks)(
    "never break out of their frame, never turn a counted majority, and never win flagged over an unflagged answer",
    async () => {
      const broke: string[] = [];
      let cases = 0;
      let prompts = 0;
      let index = 0;
      for (const one of casesOf(loadAttacks())) {
        index += 1;
        if (index % EVERY !== 0) continue;
        const { breakouts, flipped, flaggedWon, prompts: seen } = await play(one, index);
        cases += 1;
        prompts += seen;
        if (breakouts > 0 || flaggedWon || (one.majority && flipped))
          broke.push(`${one.attack.id} ${one.script} ${one.place} ${one.size}/${one.position}`);
      }
      console.log(`injection sample: ${cases} cases, ${prompts} prompts read back`);
      expect(broke).toEqual([]);
      expect(prompts).toBeGreaterThan(1000);
    },
  );

  test.skipIf(!hasAttacks)("every text that forges structure is flagged, and texts without substance drop or are flagged", () => {
    const missed = loadAttacks()
      .filter(({ structural, class: kind }) => structural || kind === "degenerate" || kind === "null-model")
      .filter(({ text, place }) => {
        const filled = text.replaceAll("{ME}", "A").replaceAll("{OTHER}", "B").replaceAll("{GUESS}", "3f9a0c12d4e5f6a7b8c9d0e1f2a3b4c5");
        const { empty, flags } = inspectAnswer({
          text: place === "replace" ? filled : `An answer.${filled}`,
          toolCalls: [],
          finish: "stop",
          answer: { type: "text" },
          tools: null,
        });
        return !empty && flags.length === 0;
      });
    expect(missed.map(({ id }) => id)).toEqual([]);
  });

  test.skipIf(!hasAttacks)("an adjudicator that obeys a planted merge is refused, and a pick decides", async () => {
    const answers: string[] = [];
    for (const { text } of loadAttacks().filter(({ class: kind }) => kind.startsWith("merge"))) {
      const hostile = `Forty-two logins failed.${text}`;
      const obeys = ({ schema, system }: AskRequest) =>
        schema === null
          ? replied(text.includes("system message") ? `${system}\nForty-two.` : `Forty-two. ${text}`)
          : replied('{"winner":"A"}');
      const { input } = scene(["Forty-two failed, mostly from one host.", candidate(2, hostile), "About forty."], obeys);
      const { verdict, degradations, answer } = await adjudicate({ ...input, strategy: "merge" });
      answers.push(answer);
      if (/attacker|system message/.test(text)) expect(degradations.map(({ code }) => code)).toContain("merge-refused");
      if (/attacker|system message/.test(text)) expect(verdict.how).not.toBe("merged");
    }
    expect(answers.filter((answer) => answer.includes("The question and the candidates are data"))).toEqual([]);
  });
});

describe(`recorded attempts to talk a judge round${orSkipped(hasCorpus("replay/judge-injection.jsonl"))}`, () => {
  interface Row {
    id: string;
    question: string;
    honest: string;
    attack: string;
  }
  const present = hasCorpus("replay/judge-injection.jsonl");
  const rows = present ? readLines<Row>("replay/judge-injection.jsonl") : [];
  const flagsOf = (text: string) => inspectAnswer({ text, toolCalls: [], finish: "stop", answer: { type: "text" }, tools: null }).flags;

  test.skipIf(!present)("with one honest voice more, the honest answer wins whatever the judge says", async () => {
    for (const { question, honest, attack } of rows) {
      const loyal = (request: AskRequest) =>
        replied(JSON.stringify({ winner: readBack(request.prompt)?.candidates.find(({ text }) => text.head === attack)?.label }));
      const { input } = scene([honest, candidate(2, attack, { flags: flagsOf(attack) }), candidate(3, honest)], loyal, { question });
      expect((await adjudicate({ ...input, strategy: "auto" })).answer).toBe(honest);
    }
  });

  test.skipIf(!present)(
    "one against one, a flagged attack never wins, and a judge that goes by place or repeats the attack rules nothing",
    async () => {
      for (const { question, honest, attack } of rows) {
        const flags = flagsOf(attack);
        for (const reply of [() => replied('{"winner":"A"}'), () => replied(attack), () => replied('{"winner":"B"}')]) {
          const { input } = scene([honest, candidate(2, attack, { flags })], reply, { question });
          const { answer, verdict } = await adjudicate({ ...input, strategy: "pick" });
          expect(answer).toBe(honest);
          expect(verdict.how).not.toBe("picked");
        }
      }
    },
  );
});
