/** Page cursors: the sort key of the last row, opaque to callers and checked before use. */
import { Problem } from "../core/problem.ts";

export interface Cursor {
  at: string;
  id: string;
}
const SHAPE = /^[A-Za-z0-9_-]{1,120}$/;

export const writeCursor = ({ at, id }: Cursor): string =>
  btoa(`${at} ${id}`).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** Throws `validation-failed` for a cursor that is not ours. */
export function readCursor(text: string): Cursor {
  let plain = "";
  if (SHAPE.test(text)) {
    try {
      plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    } catch {
      plain = "";
    }
  }
  const found = /^([0-9TZ:.-]{1,32}) ([a-z]{1,8}_[0-9a-f]{32})$/.exec(plain);
  if (!found?.[1] || !found[2]) {
    const message = "must be a next_cursor of an earlier page";
    throw new Problem("validation-failed", `/cursor: ${message}`, { errors: [{ pointer: "/cursor", code: "invalid-cursor", message }] });
  }
  return { at: found[1], id: found[2] };
}
