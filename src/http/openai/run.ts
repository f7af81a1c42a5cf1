/** Runs a request for an OpenAI route: to its report, or to its events once it is known that there is an answer to stream. */
import { Problem, type ProblemSlug } from "../../core/problem.ts";
import type { ConsensusEvent, Report } from "../../core/report.ts";
import { within } from "../../core/within.ts";
import { MODEL_GONE } from "../../providers/errors.ts";
import type { AppDeps, Call } from "../deps.ts";
import { CallerLeft, type Life } from "../life.ts";
import { drain, Feed, KEEP_ALIVE_MS } from "../feed.ts";
import { reply } from "../replies.ts";
import { SSE_HEADERS, SSE_TYPE } from "../stream.ts";
import { isLive, textOf } from "./answer.ts";
import { openaiError, type OpenaiError } from "./errors.ts";
import type { Asked } from "./mapped.ts";
import { unknownModel } from "./models.ts";

type Hear = (event: ConsensusEvent) => void;
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

function start(call: Call, deps: AppDeps, { request, stream }: Asked, life: Life, onEvent?: Hear): AsyncGenerator<ConsensusEvent> {
  const { owner, requestId, acceptedAt } = call;
  const live = stream && isLive(request);
  return deps.consensus.run(request, { owner, requestId, acceptedAt, signal: life.signal, live, onEvent });
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

/** How one route writes a run that streams: each part as the text of its frames. */
export interface Script {
  begin(): string;
  say(text: string): string;
  end(report: Report): string;
  /** the last frame of a stream that fails after its start */
  failed(error: OpenaiError): string;
}

/** Hears a run: its first word begins the stream, its end or what broke it ends it. */
function teller(asked: Asked, feed: Feed, scriptOf: (reportId: string) => Script, complain: (error: unknown) => OpenaiError) {
  const { promise: opened, resolve, reject } = Promise.withResolvers<void>();
  let script: Script | null = null;
  let reportId = "";
  const open = (): Script => {
    if (script !== null) return script;
    script = scriptOf(reportId);
    feed.push(script.begin());
    resolve();
    return script;
  };
  const end = (frames: string): void => {
    feed.push(frames);
    feed.end();
  };
  /** a run without an answer has a status as long as nothing was said */
  const broken = (error: unknown): void => {
    if (script === null) reject(error);
    else if (feed.isOpen()) end(script.failed(complain(error)));
  };
  const hear = (event: ConsensusEvent): void => {
    if (event.type === "run-start") reportId = event.data.id;
    else if (event.type === "answer-delta") feed.push(open().say(event.data.text));
    else if (event.type === "error") broken(refusal(event, asked));
    else if (event.type === "run-end") {
      const text = isLive(asked.request) ? "" : textOf(event.data, asked.request);
      end((text === "" ? "" : open().say(text)) + open().end(event.data));
    }
  };
  return { opened, open, hear, broken, reportId: () => reportId };
}

/** Throws the Problem that the run ended in before its first word. */
export async function streamed(call: Call, deps: AppDeps, asked: Asked, scriptOf: (reportId: string) => Script): Promise<Response> {
  const life = call.begin();
  const leave = (): void => {
    life.cancel();
    life.end();
  };
  const feed = new Feed({ leave, end: life.end }, deps.clock);
  const told = teller(asked, feed, scriptOf, (error) => complaintOf(call, deps, error));
  void drain(start(call, deps, asked, life, told.hear), told.hear, feed).then(() => told.broken(new CallerLeft()), told.broken);
  try {
    // a long silence opens the stream without a word
    if ((await within(deps.clock, told.opened, KEEP_ALIVE_MS)) === "late") told.open();
    return reply(feed, 200, SSE_TYPE, { ...SSE_HEADERS, "consensus-report": told.reportId() });
  } catch (error) {
    feed.leave();
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
