/** Cuts a growing text into lines and lines into events (Server-Sent Events, NDJSON), the same for every split. Knows no dialect. */
import { fail } from "./failure.ts";

/** Characters of one line, and of the data of one event; far above any honest reply. */
const MAX_LINE = 1024 * 1024;

const BOM = "\uFEFF";
const overCap = (): never => fail("bad-response", "a line of the reply is longer than 1 MiB");

/** Calls `onLine` for each line ended by LF, CR or CRLF; `end` gives the unfinished rest. */
export function createLineCutter(onLine: (line: string) => void): { push(text: string): void; end(): void } {
  /** the unfinished line, in pieces */
  let pieces: string[] = [];
  let length = 0;
  let afterCr = false;
  let first = true;

  function give(tail: string): void {
    let line = pieces.length === 0 ? tail : pieces.join("") + tail;
    pieces = [];
    length = 0;
    if (first && line.startsWith(BOM)) line = line.slice(1);
    first = false;
    onLine(line);
  }
  function keep(rest: string): void {
    length += rest.length;
    if (length > MAX_LINE) overCap();
    if (rest !== "") pieces.push(rest);
  }
  function push(text: string): void {
    let from = afterCr && text.startsWith("\n") ? 1 : 0;
    if (text !== "") afterCr = false;
    let lf = text.indexOf("\n", from);
    let cr = text.indexOf("\r", from);
    while (lf !== -1 || cr !== -1) {
      const at = lf === -1 || (cr !== -1 && cr < lf) ? cr : lf;
      if (length + at - from > MAX_LINE) overCap();
      give(text.slice(from, at));
      from = at + 1;
      if (at === cr) {
        if (from === text.length) afterCr = true;
        else if (at + 1 === lf) from = lf + 1;
      }
      if (lf !== -1 && lf < from) lf = text.indexOf("\n", from);
      if (cr !== -1 && cr < from) cr = text.indexOf("\r", from);
    }
    keep(text.slice(from));
  }
  return {
    push,
    end: () => {
      if (length > 0) give("");
    },
  };
}

export interface ServerEvent {
  /** name given by `event:`, else null */
  name: string | null;
  data: string;
}

/** The event-stream format of the HTML standard; an event cut before its blank line still counts at the end of the stream. */
export function createSseReader(onEvent: (event: ServerEvent) => void): { push(text: string): void; end(): void } {
  let name: string | null = null;
  let data: string[] = [];
  let length = 0;

  function dispatch(): void {
    if (data.length > 0) onEvent({ name, data: data.join("\n") });
    name = null;
    data = [];
    length = 0;
  }
  const cutter = createLineCutter((line) => {
    if (line === "") return dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon === -1 ? line : line.slice(0, colon);
    const raw = colon === -1 ? "" : line.slice(colon + 1);
    const value = raw.startsWith(" ") ? raw.slice(1) : raw;
    if (field === "event") name = value === "" ? null : value;
    if (field !== "data") return;
    length += value.length;
    if (length > MAX_LINE) overCap();
    data.push(value);
  });
  return {
    push: cutter.push,
    end: () => {
      cutter.end();
      dispatch();
    },
  };
}
