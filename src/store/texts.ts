/** Long texts in parts, so that no row meets a row limit; read back whole. Knows nothing of what they say. */
import type { SqlRow, Statement } from "./store.ts";

/** UTF-16 units: at most 3 bytes each in UTF-8, so a part stays below 1 MiB (D1 refuses rows of about 2 MB). */
const PART_UNITS = 300_000;

/** Never between the halves of a surrogate pair. */
export function partsOf(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  do {
    let to = Math.min(text.length, from + PART_UNITS);
    const last = text.charCodeAt(to - 1);
    if (to < text.length && last >= 0xd800 && last <= 0xdbff) to -= 1;
    parts.push(text.slice(from, to));
    from = to;
  } while (from < text.length);
  return parts;
}

export const insertTexts = (id: string, text: string): Statement[] =>
  partsOf(text).map((part, index) => ({
    sql: "INSERT INTO texts (id, part, text) VALUES (?, ?, ?) ON CONFLICT (id, part) DO NOTHING",
    params: [id, index, part],
  }));
export const deleteTexts = (id: string): Statement => ({ sql: "DELETE FROM texts WHERE id = ?", params: [id] });
export const selectTexts = (id: string): Statement => ({ sql: "SELECT text FROM texts WHERE id = ? ORDER BY part", params: [id] });
export const joinTexts = (rows: SqlRow[]): string => rows.map((row) => String(row.text)).join("");
