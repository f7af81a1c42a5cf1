/** OpenAI-compatible: `POST /v1/chat/completions` and the list of models. */
import type { AppDeps, Call, Route } from "../deps.ts";
import { readJson } from "../json.ts";
import { chatChunks, chatCompletion } from "../openai/chat-reply.ts";
import { fromChat } from "../openai/chat-request.ts";
import { isFields } from "../openai/fields.ts";
import { readBody, toAsked } from "../openai/mapped.ts";
import { listModels, unknownModel } from "../openai/models.ts";
import { answered, streamed } from "../openai/run.ts";
import { jsonReply } from "../replies.ts";

async function complete(call: Call, deps: AppDeps): Promise<Response> {
  const body = readBody(await readJson(call.request));
  const asked = toAsked(body, fromChat(body), deps);
  if (!asked.stream) {
    const report = await answered(call, deps, asked);
    return jsonReply(chatCompletion(report, asked), 200, { "consensus-status": report.status, "consensus-report": report.id });
  }
  const includeUsage = isFields(body.stream_options) && body.stream_options.include_usage === true;
  const created = Math.floor(deps.clock.wall() / 1000);
  return streamed(call, deps, asked, (reportId) => chatChunks({ asked, reportId, created, includeUsage }));
}

export const openaiRoutes: Route[] = [
  { path: "/v1/chat/completions", makes: ["application/json", "text/event-stream"], methods: { POST: complete } },
  {
    path: "/v1/models",
    makes: ["application/json"],
    methods: { GET: (_call, deps) => jsonReply({ object: "list", data: listModels(deps) }) },
  },
  {
    path: "/v1/models/:id{.+}",
    makes: ["application/json"],
    escaped: true,
    methods: { GET: ({ params }, deps) => jsonReply(listModels(deps).find(({ id }) => id === params.id) ?? unknownModel()) },
  },
];
