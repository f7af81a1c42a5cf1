/** Recorded judges replayed as adjudicators: two orders must be right at least as often as the better single one, on the rows where they rule. */
import { describe, expect, test } from "vitest";
import { readBack } from "../../../adjudicator/framing.ts";
import { readVerdictText } from "../../../adjudicator/ruling.ts";
import { pick } from "../../../adjudicator/strategies/pick.ts";
import { rank } from "../../../adjudicator/strategies/rank.ts";
import type { AskReply, AskRequest } from "../../../adjudicator/types.ts";
import { hasCorpus, orSkipped, readLines } from "../../kit/corpus.ts";
import { judge, replied, scene, seeded } from "./kit.ts";

type Side = "a" | "b";
type Order = "ab" | "ba";
interface PanelRow {
  id: string;
  instruction: string;
  responses: Record<Side, string>;
  gold: Side;
  judges: Record<string, Record<Order, { text: string; verdict: Side | null }>>;
}
const panelFile = "replay/judge-panel.jsonl";
const hasPanel = hasCorpus(panelFile);

/** The recorded text names outputs "(a)" and "(b)" in the order shown: our labels A and B. */
const orderShown = (row: PanelRow, { prompt }: AskRequest): Order =>
  readBack(prompt)?.candidates[0]?.text.head === row.responses.a ? "ab" : "ba";
const wanted = (row: PanelRow): number => (row.gold === "a" ? 1 : 2);
const percent = (part: number, all: number): string => `${part}/${all} = ${((100 * part) / all).toFixed(1)} %`;

async function ruleOn(row: PanelRow, name: string, random: () => number): Promise<number | null> {
  const recorded = row.judges[name];
  const reply = (request: AskRequest): AskReply => replied(recorded?.[orderShown(row, request)].text ?? "");
  const task = scene([row.responses.a, row.responses.b], reply, {
    question: row.instruction,
    adjudicators: [judge(`court/${name}`)],
    random,
  });
  const { outcome } = await pick.decide(task);
  return outcome.status === "won" ? outcome.seat : null;
}

describe(`judge panels${orSkipped(hasPanel)}`, () => {
  const rows = hasPanel ? readLines<PanelRow>(panelFile) : [];
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.judges)))];

  test.skipIf(!hasPanel)("recorded texts are read as the data set reads them", () => {
    const texts = rows.flatMap((row) =>
      Object.values(row.judges).flatMap((orders) =>
        (["ab", "ba"] as const).map((order) => {
          const read = readVerdictText(orders[order].text, "output-ab");
          const side = read === "first" ? order[0] : read === "second" ? order[1] : null;
          return { same: side === orders[order].verdict, opposite: side !== null && side !== orders[order].verdict };
        }),
      ),
    );
    const same = texts.filter((one) => one.same).length;
    console.log(
      `judge panel: ${percent(same, texts.length)} of the recorded verdicts read alike, ${texts.filter((one) => one.opposite).length} the other way round`,
    );
    expect(same / texts.length).toBeGreaterThanOrEqual(0.97);
  });

  test.skipIf(!hasPanel).each(names)("%s in two orders is at least as right as in its better one, where it rules", async (name) => {
    const random = seeded(11);
    const judged = rows.filter((row) => row.judges[name]);
    const right = { ab: 0, ba: 0, both: 0 };
    let ruled = 0;
    const ruledRight = { ab: 0, ba: 0 };
    for (const row of judged) {
      const seat = await ruleOn(row, name, random);
      for (const order of ["ab", "ba"] as const) if (row.judges[name]?.[order].verdict === row.gold) right[order] += 1;
      if (seat === null) continue;
      ruled += 1;
      if (seat === wanted(row)) right.both += 1;
      for (const order of ["ab", "ba"] as const) if (row.judges[name]?.[order].verdict === row.gold) ruledRight[order] += 1;
    }
    console.log(
      `${name}: a first ${percent(right.ab, judged.length)}, b first ${percent(right.ba, judged.length)}, two orders ${percent(right.both, ruled)} of those it rules on`,
    );
    expect(ruled).toBeGreaterThan(0);
    expect(right.both).toBeGreaterThanOrEqual(Math.max(ruledRight.ab, ruledRight.ba));
  });
});

interface RankRow {
  id: string;
  instruction: string;
  outputs: Record<string, string>;
  pairs: { a: string; b: string; human: (Side | "tie")[]; judges: Record<string, { verdict: Side | "tie" | null }> }[];
}
const rankFile = "replay/rank-pairs.jsonl";
const hasRanks = hasCorpus(rankFile);

/** What most people say of a pair: the model they prefer, null for a tie. */
function preferred(votes: (Side | "tie" | null)[], a: string, b: string): string | null {
  const forA = votes.filter((vote) => vote === "a").length;
  const forB = votes.filter((vote) => vote === "b").length;
  return forA * 2 > votes.length ? a : forB * 2 > votes.length ? b : null;
}

describe(`ranked pairs${orSkipped(hasRanks)}`, () => {
  const rows = hasRanks ? readLines<RankRow>(rankFile) : [];

  test.skipIf(!hasRanks).each(["human", "gpt-3.5-turbo", "pandalm-7b"])(
    "ranking by the verdicts of %s finds one of the best",
    async (name) => {
      let ranked = 0;
      let best = 0;
      for (const row of rows) {
        const verdictOf = (pair: RankRow["pairs"][number]) =>
          preferred(name === "human" ? pair.human : [pair.judges[name]?.verdict ?? null], pair.a, pair.b);
        const models = Object.keys(row.outputs);
        const modelOf = (text: string): string => models.find((model) => row.outputs[model] === text) ?? "";
        const reply = ({ prompt }: AskRequest): AskReply => {
          const shown = (readBack(prompt)?.candidates ?? []).map(({ label, text }) => ({ label, model: modelOf(text.head) }));
          const pair = row.pairs.find(({ a, b }) => shown.every(({ model }) => model === a || model === b));
          const winner = pair ? verdictOf(pair) : null;
          // a tie, or a pair that nobody judged: a judge that goes by place
          return replied(JSON.stringify({ winner: shown.find(({ model }) => model === winner)?.label ?? "A" }));
        };
        const texts = [...new Set(Object.values(row.outputs))];
        if (texts.length < 2) continue;
        const { outcome } = await rank.decide(scene(texts, reply, { question: row.instruction }));
        if (outcome.status !== "won") continue;
        ranked += 1;
        const winner = modelOf(texts[outcome.seat - 1] ?? "");
        const score = (model: string): number =>
          row.pairs.reduce((sum, pair) => {
            const won = verdictOf(pair);
            return sum + (won === model ? 1 : won !== null && (pair.a === model || pair.b === model) ? -1 : 0);
          }, 0);
        if (score(winner) >= Math.max(...models.map(score)) - 1) best += 1;
      }
      console.log(`rank by ${name}: ${ranked} of ${rows.length} ranked, ${best} with the best or next best balance of recorded pairs`);
      expect(ranked).toBeGreaterThan(rows.length / 2);
      expect(best).toBeGreaterThanOrEqual(ranked * 0.9);
    },
  );
});
