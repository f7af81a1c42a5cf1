/** What the page makes of a run: events out of a stream, words out of fields. Touches no document. */

export type Fields = Record<string, unknown>;
export interface Told {
  event: string;
  data: Fields;
}

/** Controls but tab and line feed, bidi and invisible characters, lone surrogates: shown as what they are. */
const UNSEEN = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;
export const visible = (text: string): string =>
  text.replace(UNSEEN, (character) => `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`);

export const words = (value: unknown): string => (value == null ? "" : String(value));
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const seconds = (ms: unknown): string => `${(Number(ms) / 1000).toFixed(2)} s`;
export const share = (part: unknown): string => (typeof part === "number" ? part.toFixed(2) : "unknown");

/** Puts events together out of a text that comes in pieces; comments are passed over. */
export function createReader(tell: (told: Told) => void): (piece: string) => void {
  let rest = "";
  return (piece) => {
    const blocks = (rest + piece).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const field = (name: string): string[] =>
        block.split("\n").flatMap((line) => (line.startsWith(`${name}: `) ? [line.slice(name.length + 2)] : []));
      const [event] = field("event");
      if (event !== undefined) tell({ event, data: JSON.parse(field("data").join("\n")) as Fields });
    }
  };
}

/** How the verdict came about, in one line. */
export function summary({ verdict, mode, cost_usd, timing_ms, usage }: Fields): string {
  const { how, winner, agreement, supporters } = (verdict ?? {}) as Fields;
  const cost = (cost_usd as Fields)["total"];
  return [
    `${words(how)}${winner ? `, in the words of ${words(winner)}` : ""}`,
    `agreement ${share(agreement)}, ${list(supporters).length} behind it`,
    mode === "consensus" ? "" : words(mode),
    `${words((usage as Fields)["calls"])} calls`,
    cost === null ? "cost unknown" : `$${Number(Number(cost).toPrecision(3))}`,
    seconds((timing_ms as Fields)["total"]),
  ]
    .filter((part) => part !== "")
    .join(" · ");
}
