/** One comparison: shows candidates to an adjudicator in one or two orders and reads what it says; knows nothing of ladders. */
import type { Prompt } from "../../prompts/index.ts";
import { type Fitted, fit } from "../excerpts.ts";
import { frame } from "../framing.ts";
import { ordersOf } from "../labels.ts";
import { readRuling } from "../ruling.ts";
import type { AdjudicatorSeat, AskReply, Candidate, DecisionInput, JsonSchema, Ruling } from "../types.ts";
import { type AskOnce, failureOf } from "./climb.ts";

/** Tokens that a reply may take: a label and two sentences, with room for models that think before they write. */
const REPLY_TOKENS = 2048;
/** Characters of an adjudicator's reason that are kept. */
const REASON_CHARS = 500;
export const NONE = "none";
const NONE_RULE = 'If no single one suffices, but parts of several combined would make a right and complete answer, the winner is "none".';

/** What a comparison came to; `seat` null = none of them. */
export type Comparison =
  | { status: "named"; seat: number | null; reason: string | null }
  | { status: "disagreed"; detail: string }
  | { status: "unusable"; detail: string }
  | { status: "failed"; reason: string; detail: string };

export interface Compared {
  comparison: Comparison;
  /** the first order, as shown: label → member */
  labels: Record<string, string>;
}

/** What a candidate shows: its text, and the calls that it asks for. */
export function shownText(candidate: Candidate): string {
  const calls = candidate.toolCalls.map(({ function: { name, arguments: args } }) => `[calls the tool ${name} with ${args}]`);
  return [candidate.text, ...calls].filter((part) => part !== "").join("\n");
}

/** Fits question and candidates into the window of one adjudicator. */
export function fitFor(seat: AdjudicatorSeat, prompt: Prompt, input: DecisionInput, candidates: Candidate[]): Fitted {
  const overhead = `${prompt.system}\n${prompt.user}\n${NONE_RULE}`;
  return fit(input.question, candidates.map(shownText), overhead, seat.promptTokens, input.countTokens);
}

export function boundedReason(reason: string | null): string | null {
  const text = reason?.trim() ?? "";
  if (text === "") return null;
  if (text.length <= REASON_CHARS) return text;
  const cut = text.slice(0, REASON_CHARS - 1);
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}…`;
}

function schemaFor(labels: string[], allowNone: boolean): JsonSchema {
  return {
    type: "object",
    properties: { reason: { type: "string" }, winner: { type: "string", enum: allowNone ? [...labels, NONE] : labels } },
    required: ["reason", "winner"],
    additionalProperties: false,
  };
}

export interface Comparing {
  prompt: Prompt;
  input: DecisionInput;
  candidates: Candidate[];
  fitted: Fitted;
  orders: 1 | 2;
  allowNone: boolean;
  ask: AskOnce;
}

/** Where each candidate of the given list stands in one order. */
async function askOrder(task: Comparing, order: number[]): Promise<{ reply: AskReply; ruling: Ruling }> {
  const shown = order.map((index) => task.fitted.candidates[index]).filter((excerpt) => excerpt !== undefined);
  const framed = frame(task.prompt, { question: task.fitted.question, candidates: shown }, task.input.token, {
    extra: task.allowNone ? [NONE] : [],
    noneRule: task.allowNone ? NONE_RULE : "",
  });
  const reply = await task.ask({
    system: framed.system,
    prompt: framed.prompt,
    schema: schemaFor(framed.labels, task.allowNone),
    schemaName: task.prompt.name,
    maxOutputTokens: REPLY_TOKENS,
  });
  return { reply, ruling: reply.ok ? readRuling(reply.text, framed.labels, task.allowNone) : { status: "unusable", why: "no reply" } };
}

/** The index (into the candidates) that a ruling names in its order; null = none of them. */
function namedBy(ruling: Ruling, order: number[]): number | null {
  return ruling.status === "winner" ? (order[ruling.label.charCodeAt(0) - 65] ?? null) : null;
}

export async function compare(task: Comparing): Promise<Compared> {
  const orders = ordersOf(
    task.candidates.map((_, index) => index),
    task.orders,
    task.input.random,
  );
  const asked = await Promise.all(orders.map((order) => askOrder(task, order)));
  const labels: Record<string, string> = {};
  for (const [place, index] of (orders[0] ?? []).entries()) labels[String.fromCharCode(65 + place)] = task.candidates[index]?.member ?? "";
  return { labels, comparison: agree(task, asked, orders) };
}

function agree(task: Comparing, asked: { reply: AskReply; ruling: Ruling }[], orders: number[][]): Comparison {
  const failure = failureOf(asked.map(({ reply }) => reply));
  if (failure) return { status: "failed", ...failure };
  for (const { ruling } of asked) if (ruling.status === "unusable") return { status: "unusable", detail: ruling.why };
  const named = asked.map(({ ruling }, place) => namedBy(ruling, orders[place] ?? []));
  const first = named[0] ?? null;
  if (named.some((index) => index !== first)) return { status: "disagreed", detail: "the two orders name different candidates" };
  const ruling = asked[0]?.ruling;
  const reason = ruling?.status === "unusable" ? null : (ruling?.reason ?? null);
  return { status: "named", seat: first === null ? null : (task.candidates[first]?.seat ?? null), reason: boundedReason(reason) };
}
