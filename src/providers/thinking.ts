/** Keeps a model's thinking out of its answer: `<think>` blocks, unclosed or without their opening tag, piece by piece. */

const MARKERS = ["<think>", "</think>", "<thinking>", "</thinking>", "```"] as const;
type Marker = (typeof MARKERS)[number];
const LONGEST = 11;
const BACK_QUOTE = 96;

export interface ThinkingSplitter {
  push(piece: string): void;
  /** the whole text apart */
  end(): { visible: string; reasoning: string };
}

/** First place at or after `from` where a marker stands, or (`marker` null) where the text ends in what may become one. */
function nextMarker(text: string, from: number): { at: number; marker: Marker | null } | null {
  const lead = /[<`]/g;
  lead.lastIndex = from;
  for (let match = lead.exec(text); match !== null; match = lead.exec(text)) {
    const at = match.index;
    const marker = MARKERS.find((one) => text.startsWith(one, at));
    if (marker !== undefined) return { at, marker };
    const tail = text.length - at < LONGEST ? text.slice(at) : null;
    if (tail !== null && MARKERS.some((one) => one.startsWith(tail))) return { at, marker: null };
  }
  return null;
}

/** Models that put their thinking before a `</think>` without opening it: nothing they say is shown before it is over. */
export const thinksInTags = (model: string): boolean => /(?:^|[^a-z])(?:r1|qwq|thinking|magistral|reasoner)(?:[^a-z0-9]|$)/i.test(model);

/** Hands on the answer as it grows, without outer white space and never half of a surrogate pair. */
function createShow(onVisible: (text: string) => void): { add(text: string): void; restart(): void; end(): void } {
  let pending = "";
  let started = false;
  const give = (text: string): void => {
    if (text === "") return;
    started = true;
    onVisible(text.toWellFormed());
  };
  return {
    add(text) {
      pending += text;
      if (text.trim() === "") return;
      const ready = started ? pending : pending.trimStart();
      let end = ready.trimEnd().length;
      const last = ready.charCodeAt(end - 1);
      if (last >= 0xd800 && last <= 0xdbff) end--;
      pending = ready.slice(end);
      give(ready.slice(0, end));
    },
    restart() {
      pending = "";
      started = false;
    },
    end: () => give((started ? pending : pending.trimStart()).trimEnd()),
  };
}

/** Cuts a growing text at its markers; what may be the beginning of one is held back. */
function createScanner(onText: (text: string) => void, onMarker: (marker: Marker) => void): { push(piece: string): void; end(): void } {
  let rest = "";
  return {
    push(piece) {
      // nearly every piece: nothing is held back, and nothing in it may begin a marker
      if (rest === "" && !piece.includes("<") && !piece.includes("`")) return onText(piece);
      rest += piece;
      let from = 0;
      let found = nextMarker(rest, 0);
      while (found !== null && found.marker !== null) {
        onText(rest.slice(from, found.at));
        from = found.at + found.marker.length;
        onMarker(found.marker);
        found = nextMarker(rest, from);
      }
      const upTo = found?.at ?? rest.length;
      onText(rest.slice(from, upTo));
      rest = rest.slice(upTo);
    },
    end() {
      onText(rest);
      rest = "";
    },
  };
}

/**
 * `onVisible` gets each piece of the answer as soon as it is known to be one. A tag in a code fence or behind a back quote is
 * text; with `holds` nothing is shown before the first closing tag or the end, since all of it may be thinking.
 */
export function createThinkingSplitter(holds: boolean, onVisible: ((text: string) => void) | null): ThinkingSplitter {
  const show = onVisible === null ? null : createShow(onVisible);
  let visible = "";
  let reasoning = "";
  let thinking = false;
  let fenced = false;
  let holding = holds;
  let last = 0;

  function add(text: string): void {
    if (text === "") return;
    if (thinking) {
      reasoning += text;
      return;
    }
    visible += text;
    last = text.charCodeAt(text.length - 1);
    if (!holding) show?.add(text);
  }
  /** A closing tag that nothing opened: all that was said so far was thinking. */
  function closeUnopened(): void {
    reasoning += visible;
    visible = "";
    last = 0;
    fenced = false;
    holding = false;
    show?.restart();
  }
  function meet(marker: Marker): void {
    const opens = marker === "<think>" || marker === "<thinking>";
    if (marker === "```") {
      if (!thinking) fenced = !fenced;
      add(marker);
    } else if (thinking) {
      if (opens) return add(marker);
      thinking = false;
      holding = false;
    } else if (last === BACK_QUOTE || (fenced && !holding)) add(marker);
    else if (opens) thinking = true;
    else closeUnopened();
  }
  const scanner = createScanner(add, meet);
  function end(): { visible: string; reasoning: string } {
    scanner.end();
    if (holding) show?.add(visible);
    holding = false;
    show?.end();
    return { visible, reasoning };
  }
  return { push: scanner.push, end };
}
