/** What every OpenAI reply says of a report: its text, how it ended, its tokens, and the `consensus` object. */
import type { RunRequest } from "../../consensus/consensus.ts";
import type { Report } from "../../core/report.ts";

export interface ConsensusNote {
  report_id: string;
  status: Report["status"];
  mode: Report["mode"];
  how: string | null;
  agreement: number | null;
  confidence: number | null;
}
/** Beside the standard fields; what a simulator answered is marked. */
export function noteOf({ id, status, mode, verdict, simulated }: Report): { consensus: ConsensusNote; simulated?: true } {
  const { how = null, agreement = null, confidence = null } = verdict ?? {};
  return { consensus: { report_id: id, status, mode, how, agreement, confidence }, ...(simulated ? { simulated } : {}) };
}

/** Its clients add numbers up: of unknown parts nothing is counted, so that the sum is a floor. The report says what is unknown. */
export function tokensOf({ outcomes, adjudication }: Report): { input: number; output: number } {
  const parts = outcomes.flatMap((outcome) => (outcome.status === "not-asked" ? [] : [outcome.usage]));
  const all = adjudication ? [...parts, adjudication.usage] : parts;
  const sum = (field: "input_tokens" | "output_tokens"): number => all.reduce((total, usage) => total + (usage[field] ?? 0), 0);
  return { input: sum("input_tokens"), output: sum("output_tokens") };
}

export const wasCut = ({ degradations }: Report): boolean => degradations.some(({ code }) => code === "answer-truncated");

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
const wantsJson = ({ answer, response_format }: RunRequest): boolean =>
  answer.type === "json" && response_format !== undefined && response_format.type !== "text";

/** The answer's own bytes; only where the caller will parse them and they stand in a fence or among words, the value that was read. */
export function textOf({ answer, value, tool_calls }: Report, request: RunRequest): string {
  const text = answer ?? "";
  if (!wantsJson(request) || tool_calls.length > 0 || value === null || isJson(text)) return text;
  return JSON.stringify(value);
}
/** Whether pieces can go out before the end: one seat speaks for itself, a panel that writes JSON is read first. */
export const isLive = (request: RunRequest): boolean =>
  !wantsJson(request) || (request.panel.length === 1 && request.panel[0]?.samples === 1);
