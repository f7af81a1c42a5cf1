/** What every route that reads the store shares: its failures as problems, and the query of a page. */
import { Problem, type ProblemSlug } from "../../core/problem.ts";
import { StoreError } from "../../store/store.ts";
import type { AppDeps } from "../deps.ts";

/** A damaged report is our fault; a store that fails is out of use for now. */
export async function reading<T>(deps: AppDeps, op: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    deps.meter.count("store_errors", { op });
    const slug: ProblemSlug = error.damaged ? "internal" : "store-unavailable";
    const detail = error.damaged ? "the stored report is damaged" : "the store cannot be used right now";
    throw new Problem(slug, detail, error.damaged ? {} : { retryAfterS: 5 });
  }
}

function readLimit(url: URL): number {
  const text = url.searchParams.get("limit") ?? "20";
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= 100) return limit;
  const message = "a whole number from 1 to 100";
  throw new Problem("validation-failed", `/limit: ${message}`, { errors: [{ pointer: "/limit", code: "invalid", message }] });
}

export const readPage = (url: URL): { limit: number; cursor: string | null } => ({
  limit: readLimit(url),
  cursor: url.searchParams.get("cursor"),
});
