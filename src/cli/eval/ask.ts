/** Puts questions to a service over HTTP, as any caller would, and reads what its reports say. Decides nothing itself. */
import { Problem } from "../../core/problem.ts";
import type { ProblemDocument, Report } from "../../core/report.ts";
import type { CliPorts } from "../ports.ts";
import type { Ruled } from "./cases.ts";
import type { EvalRow } from "./corpus.ts";
import { inspectSaid, isRight, type Said } from "./gold.ts";

export interface Question {
  /** `provider/model`; null = whom the service asks by itself */
  panel: string[] | null;
  strategy: string;
  stop: "all" | "decided";
  /** recorded answers hold no adjudicator, and nothing may leave the machine */
  recorded: boolean;
}

export function requestOf(row: EvalRow, { panel, strategy, stop, recorded }: Question): Record<string, unknown> {
  const tools = row.tools?.map(({ name, description, parameters }) => ({ type: "function", function: { name, description, parameters } }));
  return {
    prompt: row.question,
    strategy,
    stop,
    ...(panel ? { panel } : {}),
    ...(tools ? { tools } : { answer: row.answer }),
    ...(recorded ? { adjudicators: [], privacy: "local-only" } : {}),
  };
}

/** The report, also of a run that failed; throws where there is none. */
async function post(ports: CliPorts, url: string, body: unknown): Promise<Report> {
  const headers = { "content-type": "application/json", accept: "application/json" };
  const response = await ports.fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal: ports.signal });
  const given = (await response.json()) as Report | ProblemDocument;
  if ("schema" in given) return given;
  if (given.report) return given.report;
  throw new Problem("validation-failed", `the service refused a question: ${given.detail}`, { errors: given.errors });
}
export const ask = (ports: CliPorts, url: string, row: EvalRow, question: Question): Promise<Report> =>
  post(ports, `${url}/consensus`, requestOf(row, question));
/** The same candidates decided by another strategy: no member is called again. */
export const decideAgain = (ports: CliPorts, url: string, { id }: Report, strategy: string): Promise<Report> =>
  post(ports, `${url}/reports/${id}/adjudicate`, { strategy });

/** Every member's usable answer. */
export function saidIn({ outcomes }: Report): Record<string, Said> {
  return Object.fromEntries(
    outcomes.flatMap((outcome): [string, Said][] => {
      if (outcome.status !== "answered") return [];
      return [[outcome.member, { text: outcome.text, toolCalls: outcome.tool_calls, finish: outcome.finish_reason.unified }]];
    }),
  );
}

export function ruledIn(row: EvalRow, { answer, tool_calls, verdict }: Report): Ruled {
  if (answer === null || verdict === null) return { right: false, share: null, confidence: null, how: null };
  const { reading } = inspectSaid(row, { text: answer, toolCalls: tool_calls, finish: "stop" });
  return { right: isRight(row, reading), share: verdict.agreement, confidence: verdict.confidence, how: verdict.how };
}
