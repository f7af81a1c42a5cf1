/** Stored reports for MCP: one by its id, and the newest as resources. Foreign and unknown look alike. */
import { ResourceNotFoundError } from "@modelcontextprotocol/server";
import { Problem } from "../core/problem.ts";
import type { Report } from "../core/report.ts";
import { type ReportRow, type ReportStore, StoreError } from "../store/store.ts";
import type { Caller, McpDeps } from "./ports.ts";

const ID_SHAPE = /^run_[0-9a-f]{32}$/;
/** How many of the newest reports are listed. */
const LISTED = 50;
const RETRY_S = 5;

async function reading<T>({ reports, meter }: McpDeps, work: (reports: ReportStore) => Promise<T>): Promise<T> {
  if (reports === null) throw new Problem("store-unavailable", "no store is configured");
  try {
    return await work(reports);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    meter.count("store_errors", { op: "mcp" });
    if (error.damaged) throw new Problem("internal", "the stored report is damaged");
    throw new Problem("store-unavailable", "the store cannot be used right now", { retryAfterS: RETRY_S });
  }
}

/** The report as it was stored, as JSON; null = there is none of this caller. */
async function findReport(deps: McpDeps, { owner }: Caller, id: string): Promise<string | null> {
  return ID_SHAPE.test(id) ? reading(deps, (reports) => reports.get(owner, id)) : null;
}

export async function getReport(deps: McpDeps, caller: Caller, args: Record<string, unknown>): Promise<Report> {
  const { id, ...others } = args;
  const unknown = Object.keys(others)[0];
  if (typeof id !== "string" || unknown !== undefined) {
    const pointer = unknown === undefined ? "/id" : `/${unknown.slice(0, 100)}`;
    const message = unknown === undefined ? "the id of a report is needed" : "unknown field";
    throw new Problem("validation-failed", `${pointer}: ${message}`, { errors: [{ pointer, code: "invalid", message }] });
  }
  const json = await findReport(deps, caller, id);
  if (json === null) throw new Problem("not-found", "there is no report of this id");
  return JSON.parse(json) as Report;
}

export const REPORT_URI = "consensus://reports/{id}";
const MIME = "application/json";

const describe = ({ status, how, excerpt }: ReportRow): string => `${status}${how === null ? "" : `, ${how}`}: ${excerpt}`;

export async function listResources(deps: McpDeps, { owner }: Caller) {
  const { data } = await reading(deps, (reports) => reports.list(owner, { limit: LISTED, cursor: null }));
  const resources = data.map((row) => ({
    uri: `consensus://reports/${row.id}`,
    name: row.id,
    title: `Report of ${row.created_at}`,
    description: describe(row),
    mimeType: MIME,
  }));
  return { resources };
}

export async function readResource(deps: McpDeps, caller: Caller, uri: URL, id: string) {
  const text = await findReport(deps, caller, id);
  if (text === null) throw new ResourceNotFoundError(uri.href);
  return { contents: [{ uri: uri.href, mimeType: MIME, text }] };
}
