/** `Idempotency-Key`: one execution per owner, path, key and body; later calls get the same bytes. */
import { Problem, problemDocument } from "../core/problem.ts";
import type { Report } from "../core/report.ts";
import { sha256Hex } from "../core/sha256.ts";
import type { AppDeps, Call } from "./deps.ts";
import { JSON_TYPE, PROBLEM_TYPE, reply } from "./replies.ts";

/** Longer than any run may last. */
const STALE_MS = 660_000;
const KEY_SHAPE = /^[\x21-\x7e]{1,255}$/;

export interface StoredReply {
  status: number;
  type: string;
  headers: Record<string, string>;
  body: string;
}
export const toResponse = ({ status, type, headers, body }: StoredReply): Response => reply(body, status, type, headers);

/** Keys in order, so that one meaning has one fingerprint. The body's depth is bounded by its reader. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, canonical(item)]),
  );
}

export function readKey(request: Request): string | null {
  const key = request.headers.get("idempotency-key");
  if (key !== null && !KEY_SHAPE.test(key)) throw new Problem("bad-idempotency-key", "the key must be 1–255 visible ASCII characters");
  return key;
}

const unavailable = (): never => {
  throw new Problem("store-unavailable", "the store cannot keep the Idempotency-Key right now", { retryAfterS: 5 });
};

/** The process died between storing the report and keeping the reply: made again from the report. */
async function rebuilt({ owner, url, requestId }: Call, { reports }: AppDeps, run: string): Promise<StoredReply> {
  const json = await reports?.get(owner, run).catch(unavailable);
  if (!json) throw new Problem("idempotency-in-progress", "the first request with this key ended without a report", { retryAfterS: 1 });
  const report = JSON.parse(json) as Report;
  const headers = { "consensus-status": report.status, "consensus-report": report.id };
  if (report.problem === null) return { status: 200, type: JSON_TYPE, headers, body: json };
  const problem = new Problem(report.problem.slug, report.problem.detail, { report });
  const document = problemDocument<Report>(problem, url.pathname, requestId);
  return { status: document.status, type: PROBLEM_TYPE, headers, body: JSON.stringify(document) };
}

/** `work` resolves to what is kept and replayed; when it throws, nothing ran that is worth keeping, and the key is free again. */
export async function once(call: Call, deps: AppDeps, key: string, body: unknown, work: () => Promise<StoredReply>): Promise<StoredReply> {
  const { idempotency, clock } = deps;
  if (idempotency === null) return unavailable();
  const name = { owner: call.owner, method: call.request.method, path: call.url.pathname, key };
  const fingerprint = await sha256Hex(JSON.stringify(canonical(body)));
  const claim = await idempotency.claim(name, fingerprint, clock.wall(), STALE_MS).catch(unavailable);
  switch (claim.state) {
    case "reused":
      throw new Problem("idempotency-key-reused", "this key came with another body before");
    case "in-progress":
      throw new Problem("idempotency-in-progress", "the first request with this key is still running", { retryAfterS: 1 });
    case "done": {
      const { "content-type": type = "application/json", ...headers } = claim.headers;
      return { status: claim.status, type, headers, body: claim.body };
    }
    case "stored":
      return rebuilt(call, deps, claim.run);
    case "claimed": {
      try {
        const made = await work();
        await idempotency.finish(name, { status: made.status, headers: { ...made.headers, "content-type": made.type }, body: made.body });
        return made;
      } catch (error) {
        await idempotency.release(name).catch(() => {});
        throw error;
      }
    }
    default:
      return claim satisfies never;
  }
}
