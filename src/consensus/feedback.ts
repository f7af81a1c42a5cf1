/** `POST /reports/{id}/feedback`: what was right about a run, so that the next weighs its members better. Keeps the class, never the value. */
import { z } from "zod";
import { readAnswer } from "../../adjudicator/index.ts";
import { problemFields } from "../core/pointers.ts";
import { Problem } from "../core/problem.ts";
import type { Report } from "../core/report.ts";
import type { HistoryRow, Owner } from "../store/store.ts";
import type { RunRequest } from "./consensus.ts";
import { keyDigest } from "./keep.ts";
import type { Engine } from "./run.ts";

const body = z.union([z.strictObject({ value: z.json() }), z.strictObject({ useful: z.boolean() })]);
/** No class of the run was the right one. */
const NONE_RIGHT = -1;
const UNREADABLE = [{ pointer: "/value", code: "unreadable", message: "cannot be read as an answer of this run's type" }];

const missing = (): never => {
  throw new Problem("not-found", "there is no report of this id");
};

/** The key that this value would have been counted under, by the same reading; null = it cannot be read as such an answer. */
function keyOf(request: RunRequest, kind: string, value: unknown): string | null {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const reading = readAnswer(text, { answer: request.answer, tools: kind === "tool-calls" ? [] : null, toolCalls: [], finish: "stop" });
  return reading.status === "read" ? reading.key : null;
}

function rightClass(report: Report, past: HistoryRow, value: unknown): number {
  const key = keyOf(report.request as unknown as RunRequest, past.kind, value);
  if (key === null)
    throw new Problem("validation-failed", "/value: cannot be read as an answer of this run's type", { errors: UNREADABLE });
  return past.keys.indexOf(keyDigest(report.id, key));
}

export function createFeedback({ reports, learning }: Engine) {
  return async (owner: Owner, id: string, given: unknown): Promise<void> => {
    const parsed = body.safeParse(given);
    if (!parsed.success) {
      throw new Problem("validation-failed", 'send {"value": …} or {"useful": true}', { errors: problemFields(parsed.error.issues) });
    }
    const json = (await reports?.get(owner, id)) ?? missing();
    const past = (await reports?.pastRun(owner, id)) ?? null;
    // a run of one voice compared nobody, so there is nothing to learn from it
    if (past === null) return;
    const { data } = parsed;
    const useful = "useful" in data ? (data.useful ? (past.winner ?? NONE_RIGHT) : NONE_RIGHT) : null;
    await reports?.teach(owner, id, useful ?? rightClass(JSON.parse(json) as Report, past, (data as { value: unknown }).value));
    learning.forget();
  };
}
