/** THE ONE LIST of operations that the contract describes; a test holds it against the list of routes. */
import { EVENT_STREAM, JSON_ONLY, json, type Operation, pathId, plain, REPORT_HEADERS, RUN_PROBLEMS } from "./operation.ts";
import { ASKING, REPORTS } from "./operations-runs.ts";

const openai: Operation[] = [
  {
    method: "post",
    path: "/v1/chat/completions",
    tag: "OpenAI-compatible",
    summary: "Chat completion",
    description: "Streams with stream: true. Fields of OpenAI's that are not listed are ignored; n above 1 is refused.",
    body: "ChatCompletionRequest",
    answers: {
      200: {
        description: "The completion, or its chunks.",
        content: { [JSON_ONLY]: "ChatCompletion", [EVENT_STREAM]: null },
        headers: REPORT_HEADERS,
      },
    },
    problems: [...RUN_PROBLEMS, "not-found"],
  },
  {
    method: "post",
    path: "/v1/responses",
    tag: "OpenAI-compatible",
    summary: "Response, without storage",
    body: "ResponsesRequest",
    answers: {
      200: {
        description: "The response, or its events.",
        content: { [JSON_ONLY]: "Response", [EVENT_STREAM]: null },
        headers: REPORT_HEADERS,
      },
    },
    problems: [...RUN_PROBLEMS, "not-found"],
  },
  {
    method: "get",
    path: "/v1/models",
    tag: "OpenAI-compatible",
    summary: "What may stand in model",
    answers: { 200: json("The list.", "ModelList") },
  },
  {
    method: "get",
    path: "/v1/models/{id}",
    tag: "OpenAI-compatible",
    summary: "One of them",
    parameters: [pathId("id", "Its id; the slash may come escaped.")],
    answers: { 200: json("The model.", "Model") },
    problems: ["not-found"],
  },
  {
    method: "post",
    path: "/mcp",
    tag: "MCP",
    summary: "Model Context Protocol over streamable HTTP",
    description: "Tools consensus, compare_models and get_report. Errors come as JSON-RPC errors with the problem in data.",
    body: "JsonRpcRequest",
    answers: {
      200: { description: "The reply, or its events.", content: { [JSON_ONLY]: "JsonRpcReply", [EVENT_STREAM]: null } },
      202: { description: "A notification was taken." },
    },
    problems: ["overloaded"],
  },
];

const service: Operation[] = [
  {
    method: "get",
    path: "/status",
    tag: "Service",
    summary: "State of every member and of the store",
    answers: { 200: json("The state.", "Status") },
  },
  { method: "get", path: "/healthz", tag: "Service", summary: "Liveness", open: true, answers: { 200: json("It lives.", "Health") } },
  {
    method: "get",
    path: "/readyz",
    tag: "Service",
    summary: "Readiness: at least one member could answer",
    open: true,
    answers: { 200: json("It is ready.", "Readiness") },
    problems: ["no-members"],
  },
  {
    method: "get",
    path: "/metrics",
    tag: "Service",
    summary: "Prometheus text",
    answers: { 200: plain("Counters, histograms and gauges.", "text/plain") },
  },
  {
    method: "get",
    path: "/openapi.json",
    tag: "Service",
    summary: "This contract",
    open: true,
    answers: { 200: { description: "OpenAPI 3.1.", content: { [JSON_ONLY]: null } } },
  },
  {
    method: "get",
    path: "/docs",
    tag: "Service",
    summary: "This contract as a page",
    open: true,
    answers: { 200: plain("The page.", "text/html") },
  },
  { method: "get", path: "/docs.css", tag: "Service", summary: "Its style", open: true, answers: { 200: plain("The style.", "text/css") } },
  { method: "get", path: "/", tag: "Service", summary: "The front page", open: true, answers: { 200: plain("The page.", "text/html") } },
  { method: "get", path: "/page.css", tag: "Service", summary: "Its style", open: true, answers: { 200: plain("The style.", "text/css") } },
  ...["/page.js", "/told.js"].map((path): Operation => ({
    method: "get",
    path,
    tag: "Service",
    summary: "Its script",
    open: true,
    answers: { 200: plain("The script.", "text/javascript") },
  })),
  {
    method: "get",
    path: "/problems",
    tag: "Service",
    summary: "All problems",
    open: true,
    answers: { 200: plain("The page.", "text/html") },
  },
  {
    method: "get",
    path: "/problems/{slug}",
    tag: "Service",
    summary: "What a problem means and what to do",
    open: true,
    parameters: [pathId("slug", "The problem's name.")],
    answers: { 200: plain("The page.", "text/html") },
    problems: ["not-found"],
  },
  {
    method: "post",
    path: "/simulator/{provider}",
    tag: "Demo",
    summary: "Pull a simulated provider's plug, or put it back",
    description: "There only in the demo.",
    parameters: [pathId("provider", "Name of a simulated provider.")],
    body: "FaultRequest",
    answers: { 200: json("The fault in force.", "FaultState") },
    problems: ["not-found"],
  },
];

export const OPERATIONS: readonly Operation[] = [...ASKING, ...REPORTS, ...openai, ...service];
