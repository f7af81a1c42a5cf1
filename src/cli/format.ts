/** How numbers and plain tables are written for people. Pure. */
import { padded, widthOf } from "./width.ts";

export const seconds = (ms: number): string => (ms < 10_000 ? `${(ms / 1000).toFixed(2)} s` : `${(ms / 1000).toFixed(1)} s`);

/** Unknown is never 0. */
export function dollars(usd: number | null): string {
  if (usd === null) return "cost unknown";
  return usd === 0 ? "$0" : `$${usd < 0.01 ? usd.toPrecision(2) : usd.toFixed(2)}`;
}
export const share = (value: number | null): string => (value === null ? "–" : value.toFixed(2));
export const tokens = (count: number | null): string => {
  if (count === null) return "–";
  if (count < 10_000) return String(count);
  return count < 1_000_000 ? `${Math.round(count / 1000)}k` : `${(count / 1_000_000).toFixed(1)}M`;
};

const WIDEST_CELL = 70;
/** Columns as wide as their widest cell, up to a limit; the last one is not filled. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.min(WIDEST_CELL, Math.max(...rows.map((row) => widthOf(row[at] ?? "")))));
  const line = (row: readonly string[]): string => row.map((cell, at) => padded(cell, widths[at] ?? 0)).join("  ");
  return rows.map((row) => `${line(row).trimEnd()}\n`).join("");
}
