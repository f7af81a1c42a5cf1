/** `merge`: the adjudicator writes one answer out of all; what it brings in of its own is refused, and then a pick decides. A merge is held back until it has passed. */
import { PROMPTS } from "../../prompts/index.ts";
import { frame } from "../framing.ts";
import { labelsFor, shuffled } from "../labels.ts";
import { type Checked, checkMerge } from "../provenance.ts";
import { withoutThinking } from "../ruling.ts";
import type { AdjudicatorSeat, Candidate } from "../types.ts";
import { objectsWith } from "../winner-objects.ts";
import { type AskOnce, climb, type Rung } from "./climb.ts";
import { fitFor, shownText } from "./judging.ts";
import { pick, trimmedFor } from "./pick.ts";
import type { Strategy, StrategyStep, StrategyTask } from "./strategy.ts";

/** Tokens that a merge may take at least and at most; between them twice the longest candidate, as the length cap. */
const LEAST_TOKENS = 1024;
const MOST_TOKENS = 16_384;

/** What one adjudicator wrote: fit to hand on, or refused and why. */
type Written = { status: "passed"; text: string } | { status: "refused"; why: string };

function replyTokens({ input, field }: StrategyTask): number {
  const longest = Math.max(...field.map((candidate) => input.countTokens(shownText(candidate))));
  return Math.min(MOST_TOKENS, Math.max(LEAST_TOKENS, 2 * longest));
}

const labelled = (candidates: Candidate[]): Record<string, string> =>
  Object.fromEntries(labelsFor(candidates.length).map((label, index) => [label, candidates[index]?.member ?? ""]));

const refuse = (why: string): Checked => ({ ok: false, why });

/** A model that cannot leave the form of a pick names a winner where it should write. */
const rules = (text: string, sources: string[]): boolean =>
  objectsWith(text, "winner").length > 0 && sources.every((source) => objectsWith(source, "winner").length === 0);

/** One rung. A text that is refused, or none at all, ends the climb all the same: a second writer would only make the caller wait for a pick. */
async function write(task: StrategyTask, seat: AdjudicatorSeat, ask: AskOnce, trimmed: () => void): Promise<Rung<Written>> {
  const { input } = task;
  const order = shuffled(task.field, input.random);
  const labels = labelled(order);
  const fitted = fitFor(seat, PROMPTS.merge, input, order);
  if (fitted.trimmed) trimmed();
  const framed = frame(PROMPTS.merge, fitted, input.token);
  const reply = await ask({
    system: framed.system,
    prompt: framed.prompt,
    schema: null,
    schemaName: PROMPTS.merge.name,
    maxOutputTokens: replyTokens(task),
  });
  if (!reply.ok) {
    const value = reply.reason === "empty" ? { status: "refused" as const, why: "it is empty" } : null;
    return { result: reply.reason, value, detail: reply.detail, stable: null, labels };
  }
  const text = withoutThinking(reply.text).trim();
  const own = [PROMPTS.merge.system, PROMPTS.merge.user, framed.token];
  const sources = task.field.map(shownText);
  const checked =
    reply.finish === "length" ? refuse("it was cut") : rules(text, sources) ? refuse("it is a ruling") : checkMerge(text, sources, own);
  if (checked.ok) return { result: "ruled", value: { status: "passed", text }, detail: null, stable: null, labels };
  return { result: "unusable", value: { status: "refused", why: checked.why }, detail: checked.why, stable: null, labels };
}

async function decide(task: StrategyTask): Promise<StrategyStep> {
  const { input, field } = task;
  const degradations: StrategyStep["degradations"] = [];
  const { value, adjudication } = await climb<Written>(input, PROMPTS.merge, 1, (seat, ask) =>
    write(task, seat, ask, () => {
      if (degradations.length === 0) degradations.push(trimmedFor(seat.name));
    }),
  );
  if (value === null) return { outcome: { status: "undecided" }, rationale: null, adjudications: [adjudication], degradations };
  if (value.status === "refused") {
    degradations.push({ code: "merge-refused", member: null, detail: value.why });
    const picked = await pick.decide({ ...task, allowNone: false });
    const refused = { ...adjudication, adjudicator: null, self_judged: false };
    const further = picked.degradations.filter(({ code }) => degradations.every((known) => known.code !== code));
    return { ...picked, adjudications: [refused, ...picked.adjudications], degradations: [...degradations, ...further] };
  }
  input.onDelta?.(value.text);
  const outcome: StrategyStep["outcome"] = { status: "written", text: value.text, sources: field.map(({ seat }) => seat) };
  return { outcome, rationale: null, adjudications: [adjudication], degradations };
}

export const merge: Strategy = { name: "merge", outranksMajority: true, decide };
