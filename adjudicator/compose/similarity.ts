/** How alike two JSON values are, as the share of equal leaves. Used to align and to prefer, never as a vote. */
import { canonicalJson } from "../json/canonical.ts";
import type { Json } from "../types.ts";

export type JsonObject = { [key: string]: Json };
export const isObject = (value: Json | undefined): value is JsonObject =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** Leaves of a value; an empty container is one. */
export function countLeaves(value: Json): number {
  if (value === null || typeof value !== "object") return 1;
  const parts = Array.isArray(value) ? value : Object.values(value);
  return Math.max(
    1,
    parts.reduce<number>((sum, part) => sum + countLeaves(part), 0),
  );
}

/** 0 (nothing in common) to 1 (equal); arrays by place. */
export function similarity(a: Json, b: Json): number {
  const leaves = Math.max(countLeaves(a), countLeaves(b));
  return equalLeaves(a, b) / leaves;
}

function equalLeaves(a: Json, b: Json): number {
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length === 0 && b.length === 0) return 1;
    return a.reduce<number>((sum, part, place) => sum + (place < b.length ? equalLeaves(part, b[place] ?? null) : 0), 0);
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    if (keys.length === 0) return Object.keys(b).length === 0 ? 1 : 0;
    return keys.reduce((sum, key) => sum + (Object.hasOwn(b, key) ? equalLeaves(a[key] ?? null, b[key] ?? null) : 0), 0);
  }
  if (Array.isArray(a) || Array.isArray(b) || isObject(a) || isObject(b)) return 0;
  return canonicalJson(a) === canonicalJson(b) ? 1 : 0;
}
