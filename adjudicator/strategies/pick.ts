/** `pick`: the adjudicator names the best candidate; the answer stays that candidate's own bytes, and two orders that disagree are no ruling. */
import { PROMPTS } from "../../prompts/index.ts";
import type { Decision } from "../types.ts";
import { compare, fitFor } from "./judging.ts";
import { climb, type Rung } from "./climb.ts";
import type { Strategy, StrategyStep, StrategyTask } from "./strategy.ts";

interface Named {
  /** null = none of them */
  seat: number | null;
  reason: string | null;
}

/** A detail for `context-trimmed`, once a step. */
export const trimmedFor = (adjudicator: string): Decision["degradations"][number] => ({
  code: "context-trimmed",
  member: null,
  detail: `question or candidates were shortened to fit the window of ${adjudicator}`,
});

async function decide({ input, field, allowNone }: StrategyTask): Promise<StrategyStep> {
  const degradations: StrategyStep["degradations"] = [];
  const { value, adjudication } = await climb<Named>(input, PROMPTS.pick, input.orders, async (seat, ask): Promise<Rung<Named>> => {
    const fitted = fitFor(seat, PROMPTS.pick, input, field);
    if (fitted.trimmed && degradations.every(({ code }) => code !== "context-trimmed")) degradations.push(trimmedFor(seat.name));
    const { comparison, labels } = await compare({
      prompt: PROMPTS.pick,
      input,
      candidates: field,
      fitted,
      orders: input.orders,
      allowNone,
      ask,
    });
    switch (comparison.status) {
      case "named": {
        const detail = comparison.seat === null ? "no single candidate suffices" : null;
        return { result: "ruled", value: comparison, detail, stable: input.orders === 2 ? true : null, labels };
      }
      case "disagreed": {
        if (degradations.every(({ code }) => code !== "order-disagreement"))
          degradations.push({ code: "order-disagreement", member: null, detail: `${seat.name} named another winner in the other order` });
        return { result: "no-ruling", value: null, detail: comparison.detail, stable: false, labels };
      }
      case "unusable":
        return { result: "unusable", value: null, detail: comparison.detail, stable: null, labels };
      case "failed":
        return { result: comparison.reason, value: null, detail: comparison.detail, stable: null, labels };
      default:
        return comparison satisfies never;
    }
  });
  const outcome: StrategyStep["outcome"] =
    value === null
      ? { status: "undecided" }
      : value.seat === null
        ? { status: "none" }
        : { status: "won", seat: value.seat, how: "picked" };
  return { outcome, rationale: value?.reason ?? null, adjudications: [adjudication], degradations };
}

export const pick: Strategy = { name: "pick", outranksMajority: false, decide };
