/** One spelling for equal JSON values: keys sorted, 5 and 5.0 alike. Never used on values deeper than the lenient reader allows. */
import type { Json } from "../types.ts";

export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`).join(",")}}`;
  }
  return JSON.stringify(value === 0 ? 0 : value);
}
