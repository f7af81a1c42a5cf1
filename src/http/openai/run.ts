/** Runs a request for an OpenAI route: to its report, or to its events once it is known that there is an answer to stream. */
import { Problem, type ProblemSlug } from "../../core/problem.ts";
import type { ConsensusEvent, Report } from "../../core/report.ts";
import { within } from "../../core/within.ts";
import { MODEL_GONE } from "../../providers/errors.ts";
import type { AppDeps, Call } from "../deps.ts";
import { CallerLeft, type Life } from "../life.ts";
import { reply } from "../replies.ts";
import { frameStream, KEEP_ALIVE_MS, SSE_HEADERS, SSE_TYPE } from "../stream.ts";
import { isLive, textOf } from "./answer.ts";
import { openaiError, type OpenaiError } from "./errors.ts";
import type { Asked } from "./mapped.ts";
import { unknownModel } from "./models.ts";

type ErrorEvent = Extract<ConsensusEvent, { type: "error" }>;
const slugOf = ({ data }: ErrorEvent): ProblemSlug => data.type.slice("/problems/".length) as ProblemSlug;

/** The one member that was named is none of its provider's models. */
function isUnknownModel({ outcomes }: Report): boolean {
  const [only] = outcomes;
  return outcomes.length === 1 && only?.status === "dropped" && only.detail === MODEL_GONE;
}
function refusal(event: ErrorEvent, { alone }: Asked): Problem {
  const { detail, errors, report } = event.data;
  if (alone && report && isUnknownModel(report)) return unknownModel();
  return new Problem(slugOf(event), detail, { errors, report, retryAfterS: event.retryAfterS ?? undefined });
}

function start(call: Call, deps: AppDeps, { request, stream }: Asked, { signal }: Life): AsyncGenerator<ConsensusEvent> {
  const { owner, requestId, acceptedAt } = call;
  return deps.consensus.run(request, { owner, requestId, acceptedAt, signal, live: stream && isLive(request) });
}

/** Throws the Problem that the run ended in. */
export async function answered(call: Call, deps: AppDeps, asked: Asked): Promise<Report> {
  const life = call.begin();
  try {
    for await (const event of start(call, deps, asked, life)) {
      if (event.type === "run-end") return event.data;
      if (event.type === "error") throw refusal(event, asked);
    }
    throw new CallerLeft();
  } finally {
    life.end();
  }
}

/** An answer on its way: its text in pieces, then the report. */
export type Piece = { kind: "text"; text: string } | { kind: "end"; report: Report };

async function* piecesOf(events: AsyncIterable<ConsensusEvent>, asked: Asked, onStart: (id: string) => void): AsyncGenerator<Piece> {
  for await (const event of events) {
    if (event.type === "run-start") onStart(event.data.id);
    if (event.type === "error") throw refusal(event, asked);
    if (event.type === "answer-delta") yield { kind: "text", text: event.data.text };
    if (event.type !== "run-end") continue;
    const text = isLive(asked.request) ? "" : textOf(event.data, asked.request);
    if (text !== "") yield { kind: "text", text };
    return yield { kind: "end", report: event.data };
  }
  throw new CallerLeft();
}

/** How one route writes a run that streams. */
export interface Script {
  /** throws what `pieces` throws */
  frames(pieces: AsyncIterable<Piece>): AsyncIterator<string>;
  /** the last frame of a stream that fails after its start */
  failed(error: OpenaiError): string;
}

/** A run without an answer has a status as long as nothing was said; a long silence opens the stream without a word. */
async function opened({ clock }: AppDeps, pieces: AsyncGenerator<Piece>): Promise<AsyncIterable<Piece>> {
  const first = pieces.next();
  await within(clock, first, KEEP_ALIVE_MS);
  let isFirst = true;
  const next = (): Promise<IteratorResult<Piece>> => {
    if (!isFirst) return pieces.next();
    isFirst = false;
    return first;
  };
  return { [Symbol.asyncIterator]: () => ({ next }) };
}

/** Throws the Problem that the run ended in before its first word. */
export async function streamed(call: Call, deps: AppDeps, asked: Asked, scriptOf: (reportId: string) => Script): Promise<Response> {
  const life = call.begin();
  const leave = (): void => {
    life.cancel();
    life.end();
  };
  let reportId = "";
  const onStart = (id: string): void => {
    reportId = id;
  };
  try {
    const pieces = await opened(deps, piecesOf(start(call, deps, asked, life), asked, onStart));
    const script = scriptOf(reportId);
    const broken = (error: unknown): string => script.failed(complaintOf(call, deps, error));
    const body = frameStream({ frames: script.frames(pieces), broken, leave, end: life.end }, deps.clock);
    return reply(body, 200, SSE_TYPE, { ...SSE_HEADERS, "consensus-report": reportId });
  } catch (error) {
    leave();
    throw error;
  }
}

/** What a stream that was begun says of its failure; a bug is logged. */
function complaintOf(call: Call, { log, meter }: AppDeps, error: unknown): OpenaiError {
  const problem = error instanceof Problem ? error : new Problem("internal", "an unexpected error was logged under this request id");
  if (problem !== error) log("error", "internal", { request_id: call.requestId, error: error instanceof Error ? error.name : "unknown" });
  meter.count("problems", { slug: problem.slug });
  return openaiError({ slug: problem.slug, detail: problem.detail, errors: problem.extras.errors });
}
