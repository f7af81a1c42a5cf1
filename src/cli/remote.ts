/** A running service as the commands see it: runs as events, reports as JSON. Speaks the wire contract over a lent fetch. */
import { Problem, PROBLEMS, type ProblemField, type ProblemSlug } from "../core/problem.ts";
import type { ConsensusEvent, Report } from "../core/report.ts";
import { createAddressBook } from "../egress/addresses.ts";
import type { Page, ReportRow } from "../store/store.ts";
import { readEvents } from "./events.ts";
import { UsageError } from "./exits.ts";
import type { CliPorts } from "./ports.ts";

export interface ServerOptions {
  server: string;
  key?: string;
}
export interface Remote {
  run(body: unknown): AsyncGenerator<ConsensusEvent, void, void>;
  reports(limit: number): Promise<ReportRow[]>;
  report(id: string): Promise<Report>;
  /** JSON of any route; throws Problem */
  json(method: "GET" | "DELETE", path: string): Promise<unknown>;
  /** its address is loopback or listed in CONSENSUS_LOCAL_ADDRESSES */
  local: boolean;
}

function readServer(text: string): URL {
  const url = URL.parse(text);
  const plain = url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.search === "" && url.hash === "";
  if (!plain) throw new UsageError("--server: write an http or https URL without user info, query or fragment, e.g. http://127.0.0.1:8787");
  if (url.hostname === "localhost") url.hostname = "127.0.0.1";
  return url;
}

interface Document {
  type?: unknown;
  detail?: unknown;
  errors?: ProblemField[];
  report?: Report;
}
const isSlug = (text: string): text is ProblemSlug => Object.hasOwn(PROBLEMS, text);

/** The service's own problem; anything else that answers there is told by its status alone. */
async function problemOf(response: Response): Promise<Problem> {
  const document = (await response.json().catch(() => ({}))) as Document | null;
  const slug = String(document?.type ?? "").replace("/problems/", "");
  if (!isSlug(slug)) return new Problem("internal", `what answers there is no Gekro Consensus (HTTP ${response.status})`);
  return new Problem(slug, String(document?.detail ?? PROBLEMS[slug][1]), { errors: document?.errors, report: document?.report });
}

export function openRemote(ports: Pick<CliPorts, "fetch" | "env" | "signal">, options: ServerOptions): Remote {
  const { env, signal } = ports;
  const base = readServer(options.server);
  const key = options.key ?? env("GEKRO_API_KEY");
  const local = createAddressBook((env("CONSENSUS_LOCAL_ADDRESSES") ?? "").split(",").map((entry) => entry.trim())).isLocal(base.hostname);
  if (key !== undefined && base.protocol === "http:" && !local)
    throw new UsageError(
      "--server: a key goes over plain http to local addresses only; use https, or list the address in CONSENSUS_LOCAL_ADDRESSES",
    );
  const root = base.href.replace(/\/$/, "");
  const call = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (key !== undefined) headers.set("authorization", `Bearer ${key}`);
    const response = await ports.fetch(root + path, { ...init, headers, signal, redirect: "error" }).catch(() => {
      signal.throwIfAborted();
      throw new Problem("no-members", `nobody answers at ${root}; is the service running?`);
    });
    if (!response.ok) throw await problemOf(response);
    return response;
  };
  const json: Remote["json"] = async (method, path) => {
    const response = await call(path, { method, headers: { accept: "application/json" } });
    return response.status === 204 ? null : response.json();
  };
  return {
    local,
    json,
    async *run(body) {
      const headers = { "content-type": "application/json", accept: "text/event-stream" };
      const response = await call("/consensus", { method: "POST", headers, body: JSON.stringify(body) });
      if (response.body) yield* readEvents(response.body);
    },
    reports: async (limit) => ((await json("GET", `/reports?limit=${limit}`)) as Page<ReportRow>).data,
    report: async (id) => (await json("GET", `/reports/${encodeURIComponent(id)}`)) as Report,
  };
}
