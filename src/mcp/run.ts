/** A tool call that is a run: told member by member to whoever asked for progress, cancelled with its caller, ended with the report or a problem. */
import type { CallToolResult, ServerContext } from "@modelcontextprotocol/server";
import type { ConsensusEvent, Outcome, Report } from "../core/report.ts";
import type { RunRequest } from "../consensus/consensus.ts";
import type { Caller, McpDeps } from "./ports.ts";
import { cancelled, failed } from "./words.ts";

type Told = Extract<Outcome, { status: "answered" | "dropped" }>;
type Tell = (outcome: Told) => void;

const seatsOf = ({ panel }: RunRequest): number => panel.reduce((sum, { samples }) => sum + samples, 0);

/** One notification for each seat that ended. A client that has left is not told, and that is no failure. */
function teller({ mcpReq }: ServerContext, total: number): Tell {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return () => {};
  let progress = 0;
  return (outcome) => {
    progress += 1;
    const what = outcome.status === "answered" ? "answered" : `dropped out: ${outcome.reason}`;
    const message = `${outcome.member} ${what} (${progress} of ${total})`;
    mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, total, message } }).catch(() => {});
  };
}

function tellOf(event: ConsensusEvent, tell: Tell): void {
  if (event.type === "candidate-arrived" || event.type === "member-dropped") tell(event.data);
}

function endOf(last: ConsensusEvent | undefined, { meter }: McpDeps, say: (report: Report) => CallToolResult): CallToolResult {
  if (last?.type === "run-end") return say(last.data);
  if (last?.type !== "error") return cancelled();
  meter.count("problems", { slug: last.data.type.slice("/problems/".length) });
  return failed({ ...last.data, instance: "/mcp" });
}

/** Throws Problem for what is refused before any member is called. */
export async function runTool(
  { deps, caller, context }: { deps: McpDeps; caller: Caller; context: ServerContext },
  body: unknown,
  say: (report: Report) => CallToolResult,
): Promise<CallToolResult> {
  const acceptedAt = deps.clock.now();
  const request = deps.parse(body);
  const life = caller.begin();
  const { signal, id } = context.mcpReq;
  const forget = caller.cancellable?.(id, life.cancel);
  signal.addEventListener("abort", life.cancel, { once: true });
  if (signal.aborted) life.cancel();
  const tell = teller(context, seatsOf(request));
  let last: ConsensusEvent | undefined;
  try {
    const { owner, requestId } = caller;
    for await (const event of deps.consensus.run(request, { owner, requestId, acceptedAt, signal: life.signal, live: false })) {
      last = event;
      tellOf(event, tell);
    }
  } finally {
    signal.removeEventListener("abort", life.cancel);
    forget?.();
    life.end();
  }
  return endOf(last, deps, say);
}
