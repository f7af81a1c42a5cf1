/** Writes a run as a chat completion: whole, or as the chunks of a stream. */
import type { Report } from "../../core/report.ts";
import type { ToolCall } from "../../../adjudicator/index.ts";
import { noteOf, textOf, tokensOf, wasCut } from "./answer.ts";
import type { Asked } from "./mapped.ts";
import type { Script } from "./run.ts";

const idOf = (reportId: string): string => `chatcmpl-${reportId.slice("run_".length)}`;

interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}
function usageOf(report: Report): Usage {
  const { input, output } = tokensOf(report);
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}
function finishOf(report: Report): "stop" | "length" | "tool_calls" {
  if (report.tool_calls.length > 0) return "tool_calls";
  return wasCut(report) ? "length" : "stop";
}

export function chatCompletion(report: Report, { model, request }: Asked) {
  const text = textOf(report, request);
  const calls = report.tool_calls;
  const content = text === "" && calls.length > 0 ? null : text;
  const message = { role: "assistant", content, refusal: null, ...(calls.length > 0 ? { tool_calls: calls } : {}) };
  return {
    id: idOf(report.id),
    object: "chat.completion",
    created: Math.floor(Date.parse(report.created_at) / 1000),
    model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishOf(report) }],
    usage: usageOf(report),
    ...noteOf(report),
  };
}

export interface ChunkHead {
  asked: Asked;
  reportId: string;
  /** seconds since 1970 */
  created: number;
  /** `stream_options.include_usage`: a last chunk of usage alone, `usage: null` on the others */
  includeUsage: boolean;
}
type Delta = { role?: "assistant"; content?: string; tool_calls?: (ToolCall & { index: number })[] };

/** Around a piece of text, written once for a whole stream. */
const HOLE = "\u0000";
function aroundText(chunk: (text: string) => string): (text: string) => string {
  const [before = "", after = ""] = chunk(HOLE).split(JSON.stringify(HOLE));
  return (text) => before + JSON.stringify(text) + after;
}

export function chatChunks({ asked, reportId, created, includeUsage }: ChunkHead): Script {
  const head = { id: idOf(reportId), object: "chat.completion.chunk", created, model: asked.model };
  const chunk = (choices: unknown[], more: object): string => `data: ${JSON.stringify({ ...head, choices, ...more })}\n\n`;
  const unused = includeUsage ? { usage: null } : {};
  const say = (delta: Delta, finish: string | null = null, more: object = unused): string =>
    chunk([{ index: 0, delta, logprobs: null, finish_reason: finish }], more);
  return {
    begin: () => say({ role: "assistant", content: "" }),
    say: aroundText((content) => say({ content })),
    end(report) {
      const calls = report.tool_calls.map((call, index) => say({ tool_calls: [{ index, ...call }] }));
      const last = includeUsage
        ? [say({}, finishOf(report)), chunk([], { usage: usageOf(report), ...noteOf(report) })]
        : [say({}, finishOf(report), noteOf(report))];
      return [...calls, ...last, "data: [DONE]\n\n"].join("");
    },
    failed: (error) => `data: ${JSON.stringify(error)}\n\n`,
  };
}
