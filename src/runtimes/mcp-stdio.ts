/** MCP on the standard streams of this process, over an engine in it: until the host closes them, or the process is told to stop. */
import { finished } from "node:stream";
import type { Caller, McpDeps } from "../mcp/ports.ts";
import { serveOverStdio } from "../mcp/stdio.ts";
import type { NodeEngine } from "./engine.ts";

/** The command line has one user: reports of the embedded engine belong to nobody in particular. */
const OWNER = "";

export async function serveStandardStreams({ composed, close }: NodeEngine, interrupted: AbortSignal): Promise<void> {
  const { engine, settings, consensus, parse } = composed;
  const { reports, clock, random, meter, log } = engine;
  const deps: McpDeps = { consensus, parse, reports, clock, meter, log, version: settings.version };
  const begin: Caller["begin"] = () => {
    const controller = new AbortController();
    return { signal: controller.signal, cancel: () => controller.abort("cancelled"), end: () => {} };
  };
  const closed = new AbortController();
  finished(process.stdin, { writable: false }, () => closed.abort());
  const caller: Caller = { owner: OWNER, requestId: `req_${random.hex(8)}`, begin };
  await serveOverStdio(deps, caller, [process.stdin, process.stdout], AbortSignal.any([closed.signal, interrupted]));
  await close();
}
