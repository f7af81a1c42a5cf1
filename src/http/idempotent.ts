/** `Idempotency-Key`: one execution per owner, path, key and body; later calls get the same bytes. */
import { Problem } from "../core/problem.ts";
import { sha256Hex } from "../core/sha256.ts";
import type { AppDeps, Call } from "./deps.ts";
import { JSON_TYPE, reply } from "./replies.ts";

/** A claim this much older than its run may last was left behind by a process that died. */
const STALE_AFTER_MS = 10_000;
const RETRY_S = 1;
const STORE_RETRY_S = 5;
const KEY_SHAPE = /^[\x21-\x7e]{1,255}$/;

export interface StoredReply {
  status: number;
  type: string;
  headers: Record<string, string>;
  body: string;
}
export const toResponse = ({ status, type, headers, body }: StoredReply): Response => reply(body, status, type, headers);

/** A claimed key: ends in at most one of `keep` and `release`. None of them rejects: a store that fails costs no answer. */
export interface Claimed {
  /** the run that the key was claimed for; absent = without a key any will do */
  run?: string;
  keep(made: StoredReply): Promise<void>;
  /** nothing ran that is worth keeping: the key is free again */
  release(): Promise<void>;
}
export const UNCLAIMED: Claimed = { keep: () => Promise.resolve(), release: () => Promise.resolve() };

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

const unavailable = ({ meter }: AppDeps): never => {
  meter.count("store_errors", { op: "idempotency" });
  throw new Problem("store-unavailable", "the store cannot keep the Idempotency-Key right now", { retryAfterS: STORE_RETRY_S });
};

export const stillRunning = (): Problem =>
  new Problem("idempotency-in-progress", "the first request with this key is still running", { retryAfterS: RETRY_S });

type Name = Parameters<NonNullable<AppDeps["idempotency"]>["release"]>[0];
function claimed({ idempotency, meter, log }: AppDeps, name: Name, run: string, requestId: string): Claimed {
  const swallow = (work: Promise<void> | undefined): Promise<void> =>
    (work ?? Promise.resolve()).catch(() => {
      meter.count("store_errors", { op: "idempotency" });
      log("error", "idempotency-failed", { request_id: requestId });
    });
  return {
    run,
    keep: ({ status, headers, type, body }) =>
      swallow(idempotency?.finish(name, { status, headers: { ...headers, "content-type": type }, body }, run)),
    release: () => swallow(idempotency?.release(name, run)),
  };
}

/** What a run left behind whose reply is not kept; `stale`: nor will it be, since its process died. */
export type Left = { report: string; stale: boolean } | { job: string };

/** What was kept or left behind under this key, or the right to run. `form` is the media type: an event stream is no replay of a report; `lastsMs` is the run's deadline. */
export async function claim(
  call: Call,
  deps: AppDeps,
  { key, body, form, lastsMs }: { key: string; body: unknown; form: string; lastsMs: number },
): Promise<{ replay: StoredReply } | { left: Left } | { claimed: Claimed }> {
  const { idempotency, clock, random } = deps;
  if (idempotency === null) return unavailable(deps);
  const name = { owner: call.owner, method: call.request.method, path: call.url.pathname, key };
  const fingerprint = sha256Hex(JSON.stringify([form, canonical(body)]));
  const run = `run_${random.hex(16)}`;
  const found = await idempotency.claim(name, fingerprint, clock.wall(), lastsMs + STALE_AFTER_MS, run).catch(() => unavailable(deps));
  switch (found.state) {
    case "claimed":
      return { claimed: claimed(deps, name, run, call.requestId) };
    case "reused":
      throw new Problem("idempotency-key-reused", "this key came with another body before");
    case "in-progress":
      throw stillRunning();
    case "stored":
      return { left: { report: found.run, stale: found.stale } };
    case "accepted":
      return { left: { job: found.run } };
    case "done": {
      const { "content-type": type = JSON_TYPE, ...headers } = found.headers;
      return { replay: { status: found.status, type, headers, body: found.body } };
    }
    default:
      return found satisfies never;
  }
}
