/** The decision on recorded outputs of real models: counting, learning without labels, feedback, and how sure it is. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { adjudicate, type Learned, learnReliability, measureAgreement, type PastRun } from "../../adjudicator/index.ts";
import { seeded, shuffled } from "../../src/cli/eval/statistics.ts";
import { type CorpusCase, corpusPresent, type CorpusGroup, groupsOf, TASKS } from "./corpus-kit.ts";
import { decisionInput } from "./decision-kit.ts";

const groups = corpusPresent ? TASKS.flatMap(groupsOf) : [];
const suffix = corpusPresent ? "" : " skipped: corpus not present";

/** Columns of the data's own table, in percent: best single, plurality, Dawid-Skene. */
const columns = new Map<string, { best: number; plurality: number; learned: number }>();
if (corpusPresent)
  for (const line of readFileSync(resolve(import.meta.dirname, "../../../shared/replay/README.md"), "utf8").split("\n")) {
    const [, task, group, , best, plurality, , learned] = line.split("|").map((cell) => cell.trim());
    if (task && group && learned && TASKS.includes(task))
      columns.set(`${task}/${group}`, { best: Number(best), plurality: Number(plurality), learned: Number(learned) });
  }

const pastRun = (group: CorpusGroup, { candidates, right }: CorpusCase, labelled: boolean): PastRun => {
  const { classes } = measureAgreement(candidates);
  const place = (member: string): number => classes.findIndex((found) => found.members.includes(member));
  const ballots = Object.fromEntries(group.members.map((member) => [member, place(member) < 0 ? null : place(member)]));
  return {
    at: 0,
    kind: group.kind,
    ballots,
    winner: 0,
    right: labelled ? classes.findIndex((found) => found.members.some((member) => right.has(member))) : null,
  };
};
const learn = (group: CorpusGroup, labelled: (index: number) => boolean): Learned =>
  learnReliability(
    group.cases.map((one, index) => pastRun(group, one, labelled(index))),
    { kind: group.kind, members: group.members },
  );
const NOTHING = learnReliability([], { kind: "number", members: [] });

async function decide(one: CorpusCase, learned: Learned): Promise<{ right: boolean; share: number; confidence: number | null }> {
  const candidates = one.candidates.map((each) => ({
    ...each,
    weight: learned.weight(each.member, 1) ?? 1,
    reliability: learned.reliability(each.member),
  }));
  const { verdict } = await adjudicate(
    decisionInput(candidates, { strategy: "vote", answer: one.answer, tools: one.tools, confidence: learned.confidence }),
  );
  return { right: verdict.winner !== null && one.right.has(verdict.winner), share: verdict.agreement ?? 0, confidence: verdict.confidence };
}
async function accuracy(cases: CorpusCase[], learned: Learned): Promise<number> {
  let right = 0;
  for (const one of cases) if ((await decide(one, learned)).right) right += 1;
  return Math.round((1000 * right) / cases.length) / 10;
}

const mean = (values: number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
/** Percent right on the questions that were not told, means over halves. */
interface Taught {
  best: number;
  plain: number;
  taught: number;
}
async function taughtOnHalves(group: CorpusGroup, halves: number): Promise<Taught> {
  const random = seeded(1);
  const seen: Taught[] = [];
  for (let half = 0; half < halves; half++) {
    const told = new Set(shuffled(group.cases, random).slice(0, Math.floor(group.cases.length / 2)));
    const learned = learn(group, (index) => told.has(group.cases[index] as CorpusCase));
    const rest = group.cases.filter((one) => !told.has(one));
    const ofMember = group.members.map((member) => (100 * rest.filter((one) => one.right.has(member)).length) / rest.length);
    seen.push({ best: Math.max(...ofMember), plain: await accuracy(rest, NOTHING), taught: await accuracy(rest, learned) });
  }
  const of = (pick: (one: Taught) => number): number => mean(seen.map(pick));
  return { best: of(({ best }) => best), plain: of(({ plain }) => plain), taught: of(({ taught }) => taught) };
}

describe.skipIf(!corpusPresent)(`recorded outputs${suffix}`, () => {
  test.each(groups.map((group) => [`${group.task}/${group.group}`, group] as const))(
    "%s: the vote is as right as the plurality, and the learned one as Dawid-Skene",
    async (name, group) => {
      const column = columns.get(name) ?? { plurality: 100, learned: 100 };
      expect(await accuracy(group.cases, NOTHING)).toBeGreaterThanOrEqual(column.plurality);
      expect(
        await accuracy(
          group.cases,
          learn(group, () => false),
        ),
      ).toBeGreaterThanOrEqual(column.learned);
    },
  );

  test("after feedback on a random half: uneven panels stay within a point of their best member on the other half, and all together gain", async () => {
    const all: Taught[] = [];
    for (const group of groups) {
      const means = await taughtOnHalves(group, group.group === "uneven" ? 60 : 10);
      all.push(means);
      if (group.group === "uneven") process.stdout.write(`${group.task}: ${means.taught.toFixed(1)} against ${means.best.toFixed(1)}\n`);
    }
    const uneven = all.filter((_, index) => groups[index]?.group === "uneven");
    expect(mean(uneven.map(({ best, taught }) => best - taught))).toBeLessThanOrEqual(1);
    expect(mean(all.map(({ plain, taught }) => taught - plain))).toBeGreaterThanOrEqual(1.5);
  });

  test.each(TASKS)("%s: confidence orders verdicts at least as well as the vote share, and beats the base rate", async (task) => {
    const seen: { right: boolean; share: number; confidence: number | null }[] = [];
    for (const group of groups.filter((one) => one.task === task)) {
      const { confidence } = learn(group, () => false);
      for (const one of group.cases) seen.push(await decide(one, { ...NOTHING, confidence }));
    }
    const base = seen.filter((one) => one.right).length / seen.length;
    const figures = {
      auroc: auroc(seen.map((one) => [one.confidence ?? 0, one.right])),
      shareAuroc: auroc(seen.map((one) => [one.share, one.right])),
      brier: seen.reduce((sum, one) => sum + ((one.confidence ?? 0) - Number(one.right)) ** 2, 0) / seen.length,
      baseBrier: base * (1 - base),
    };
    process.stdout.write(
      `${task}: ${Object.entries(figures)
        .map(([name, value]) => `${name} ${value.toFixed(3)}`)
        .join(", ")}\n`,
    );
    expect(figures.auroc).toBeGreaterThanOrEqual(figures.shareAuroc);
    expect(figures.brier).toBeLessThan(figures.baseBrier);
  });
});

function auroc(seen: [number, boolean][]): number {
  const right = seen.filter(([, is]) => is).map(([score]) => score);
  const wrong = seen.filter(([, is]) => !is).map(([score]) => score);
  let won = 0;
  for (const a of right) for (const b of wrong) won += a > b ? 1 : a === b ? 0.5 : 0;
  return won / (right.length * wrong.length);
}
