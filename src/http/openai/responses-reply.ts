/** Writes a run in the form of the Responses API: whole, or as its numbered events in OpenAI's own order. */
import type { ToolCall } from "../../../adjudicator/index.ts";
import type { Report } from "../../core/report.ts";
import { noteOf, textOf, tokensOf, wasCut } from "./answer.ts";
import type { Fields } from "./fields.ts";
import type { Asked } from "./mapped.ts";
import type { Script } from "./run.ts";

const bare = (reportId: string): string => reportId.slice("run_".length);

type Status = "in_progress" | "completed" | "incomplete";
const textPart = (text: string) => ({ type: "output_text", text, annotations: [], logprobs: [] });
const messageItem = (reportId: string, status: Status, text: string | null) => ({
  id: `msg_${bare(reportId)}`,
  type: "message",
  status,
  role: "assistant",
  content: text === null ? [] : [textPart(text)],
});
const callItem = (reportId: string, index: number, { id, function: { name, arguments: given } }: ToolCall, status: Status) => ({
  id: `fc_${bare(reportId)}_${index}`,
  type: "function_call",
  status,
  call_id: id,
  name,
  arguments: status === "in_progress" ? "" : given,
});

export interface ResponseHead {
  asked: Asked;
  body: Fields;
  reportId: string;
  /** seconds since 1970 */
  created: number;
}

/** The fields that say again what was asked. */
function frameOf({ asked, body, reportId, created }: ResponseHead): Fields {
  const { model, request } = asked;
  const text = (body.text ?? null) as { format?: unknown } | null;
  return {
    id: `resp_${bare(reportId)}`,
    object: "response",
    created_at: created,
    status: "in_progress",
    background: false,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: request.max_tokens ?? null,
    metadata: request.metadata,
    model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: false,
    temperature: request.temperature ?? null,
    text: { format: text?.format ?? { type: "text" } },
    tool_choice: body.tool_choice ?? "auto",
    tools: body.tools ?? [],
    top_p: request.top_p ?? null,
    truncation: "disabled",
    usage: null,
  };
}

function usageOf(report: Report): Fields {
  const { input, output } = tokensOf(report);
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  };
}

function outputOf(report: Report, text: string): object[] {
  const status = wasCut(report) ? "incomplete" : "completed";
  const calls = report.tool_calls.map((call, index) => callItem(report.id, index, call, "completed"));
  return text === "" && calls.length > 0 ? calls : [messageItem(report.id, status, text), ...calls];
}

function ended(head: ResponseHead, report: Report, text: string): Fields {
  const cut = wasCut(report);
  return {
    ...frameOf(head),
    status: cut ? "incomplete" : "completed",
    incomplete_details: cut ? { reason: "max_output_tokens" } : null,
    output: outputOf(report, text),
    usage: usageOf(report),
    ...noteOf(report),
  };
}

export function response(report: Report, asked: Asked, body: Fields): Fields {
  const created = Math.floor(Date.parse(report.created_at) / 1000);
  return ended({ asked, body, reportId: report.id, created }, report, textOf(report, asked.request));
}

/** Numbers the events of one stream. */
function numbered(): (event: { type: string } & Fields) => string {
  let number = 0;
  return ({ type, ...data }) => `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number++, ...data })}\n\n`;
}

export function responseStream(head: ResponseHead): Script {
  const event = numbered();
  const { reportId } = head;
  const at = { item_id: `msg_${bare(reportId)}`, output_index: 0, content_index: 0 };
  let text = "";
  let begun = false;

  const begin = (): string => {
    begun = true;
    return (
      event({ type: "response.output_item.added", output_index: 0, item: messageItem(reportId, "in_progress", null) }) +
      event({ type: "response.content_part.added", ...at, part: textPart("") })
    );
  };
  const closeText = (report: Report): string => {
    const status = wasCut(report) ? "incomplete" : "completed";
    return (
      event({ type: "response.output_text.done", ...at, text, logprobs: [] }) +
      event({ type: "response.content_part.done", ...at, part: textPart(text) }) +
      event({ type: "response.output_item.done", output_index: 0, item: messageItem(reportId, status, text) })
    );
  };
  const call = (made: ToolCall, index: number): string => {
    const item = callItem(reportId, index, made, "completed");
    const output_index = index + (begun ? 1 : 0);
    const where = { item_id: item.id, output_index };
    return (
      event({ type: "response.output_item.added", output_index, item: callItem(reportId, index, made, "in_progress") }) +
      event({ type: "response.function_call_arguments.delta", ...where, delta: item.arguments }) +
      event({ type: "response.function_call_arguments.done", ...where, arguments: item.arguments }) +
      event({ type: "response.output_item.done", output_index, item })
    );
  };

  return {
    begin: () =>
      event({ type: "response.created", response: frameOf(head) }) + event({ type: "response.in_progress", response: frameOf(head) }),
    say(piece) {
      const opening = begun ? "" : begin();
      text += piece;
      return opening + event({ type: "response.output_text.delta", ...at, delta: piece, logprobs: [] });
    },
    end(report) {
      const opening = !begun && report.tool_calls.length === 0 ? begin() : "";
      const closing = begun ? closeText(report) : "";
      const calls = report.tool_calls.map(call).join("");
      const whole = ended(head, report, text);
      const type = whole.status === "incomplete" ? "response.incomplete" : "response.completed";
      return opening + closing + calls + event({ type, response: whole });
    },
    failed({ error }) {
      const told = { code: "server_error", message: `${error.code}: ${error.message}`, type: error.type, param: error.param };
      return event({ type: "response.failed", response: { ...frameOf(head), status: "failed", error: told } });
    },
  };
}
