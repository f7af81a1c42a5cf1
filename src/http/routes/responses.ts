/** `POST /v1/responses`: the Responses API without its storage. */
import type { AppDeps, Call, Route } from "../deps.ts";
import { readJson } from "../json.ts";
import { readBody, toAsked } from "../openai/mapped.ts";
import { response, responseStream } from "../openai/responses-reply.ts";
import { fromResponses } from "../openai/responses-request.ts";
import { answered, streamed } from "../openai/run.ts";
import { jsonReply } from "../replies.ts";

async function respond(call: Call, deps: AppDeps): Promise<Response> {
  const body = readBody(await readJson(call.request));
  const asked = toAsked(body, fromResponses(body), deps);
  if (asked.stream) {
    const created = Math.floor(deps.clock.wall() / 1000);
    return streamed(call, deps, asked, (reportId) => responseStream({ asked, body, reportId, created }));
  }
  const report = await answered(call, deps, asked);
  return jsonReply(response(report, asked, body), 200, { "consensus-status": report.status, "consensus-report": report.id });
}

export const responsesRoute: Route = {
  path: "/v1/responses",
  makes: ["application/json", "text/event-stream"],
  methods: { POST: respond },
};
