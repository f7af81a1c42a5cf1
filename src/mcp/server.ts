/** One MCP server for one caller: the tools and resources. Made anew for every request (HTTP) or connection (stdio), so that nothing is shared. */
import { McpServer, ResourceTemplate, type CallToolResult, type ServerContext } from "@modelcontextprotocol/server";
import { Problem } from "../core/problem.ts";
import type { Caller, McpDeps } from "./ports.ts";
import { runTool } from "./run.ts";
import { type Arguments, idArguments, reportOrProblem, requestArguments } from "./schemas.ts";
import { getReport, listResources, readResource, REPORT_URI } from "./stored.ts";
import { answered, compared, found, refused } from "./words.ts";

const INSTRUCTIONS =
  "Asks several language models the same question at once. Use consensus for one answer that they agree on or that was picked fairly; " +
  "give answer {type: number | choice | exact | json} whenever the answer can be counted. Use compare_models to see every model's own answer. " +
  "The report says how the answer came about, who dropped out and who disagreed.";

const ASKS = { readOnlyHint: true, destructiveHint: false, idempotentHint: false, openWorldHint: true } as const;
const READS = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false } as const;

/** A problem is a tool error; a bug is one too, without its words. */
async function guarded(deps: McpDeps, { requestId }: Caller, work: () => Promise<CallToolResult>): Promise<CallToolResult> {
  try {
    return await work();
  } catch (error) {
    const known = error instanceof Problem;
    if (!known) deps.log("error", "internal", { request_id: requestId, error: error instanceof Error ? error.name : "unknown" });
    const problem = known ? error : new Problem("internal", "an unexpected error was logged under this request id");
    deps.meter.count("problems", { slug: problem.slug });
    return refused(problem, requestId);
  }
}

function addTools(server: McpServer, deps: McpDeps, caller: Caller): void {
  const tool =
    (work: (args: Arguments, context: ServerContext) => Promise<CallToolResult>) =>
    (args: Arguments, context: ServerContext): Promise<CallToolResult> =>
      guarded(deps, caller, () => work(args, context));
  const outputSchema = reportOrProblem;
  server.registerTool(
    "consensus",
    {
      title: "Ask the panel",
      description:
        "Asks several models at once and returns one answer with a report of how it came about. Needs exactly one of prompt and messages; everything else has a default.",
      inputSchema: requestArguments,
      outputSchema,
      annotations: ASKS,
    },
    tool((args, context) => runTool({ deps, caller, context }, args, answered)),
  );
  server.registerTool(
    "compare_models",
    {
      title: "Compare models",
      description:
        "Asks several models and returns every one's own answer side by side. Waits for all of them (stop: all) and only counts (strategy: vote) unless told otherwise. Takes the arguments of consensus.",
      inputSchema: requestArguments,
      outputSchema,
      annotations: ASKS,
    },
    tool((args, context) => runTool({ deps, caller, context }, { strategy: "vote", stop: "all", ...args }, compared)),
  );
  server.registerTool(
    "get_report",
    {
      title: "Read a stored report",
      description: "Returns the report of an earlier run by its id.",
      inputSchema: idArguments,
      outputSchema,
      annotations: READS,
    },
    tool(async (args) => found(await getReport(deps, caller, args))),
  );
}

export function createServer(deps: McpDeps, caller: Caller): McpServer {
  // nothing that is listed changes while a server lives
  const capabilities = { tools: { listChanged: false }, resources: { listChanged: false } };
  const server = new McpServer(
    { name: "gekro-consensus", title: "Gekro Consensus", version: deps.version },
    { capabilities, instructions: INSTRUCTIONS },
  );
  addTools(server, deps, caller);
  const template = new ResourceTemplate(REPORT_URI, { list: () => listResources(deps, caller) });
  const about = { title: "Reports", description: "Reports of earlier runs", mimeType: "application/json" };
  server.registerResource("report", template, about, (uri, { id }) => readResource(deps, caller, uri, String(id)));
  return server;
}
