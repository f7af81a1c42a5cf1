/** How many columns a text takes on a terminal, and a text cut or filled to a number of columns. Expects no escapes. Pure. */

const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;
const NO_WIDTH = /^[\p{M}\p{Cf}]+$/u;
const PLAIN = /^[\x20-\x7e]*$/;
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

const columnsOf = (grapheme: string): number => (NO_WIDTH.test(grapheme) ? 0 : WIDE.test(grapheme) ? 2 : 1);

export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) columns += columnsOf(segment);
  return columns;
}

/** At most `columns` wide; what was cut ends in an ellipsis. */
export function fitted(text: string, columns: number): string {
  // nothing beyond this many units can still fit, and hostile text is not segmented whole
  const head = text.slice(0, columns * 16 + 16);
  if (head.length === text.length && widthOf(text) <= columns) return text;
  let kept = "";
  let used = 0;
  for (const { segment } of graphemes.segment(head)) {
    used += columnsOf(segment);
    if (used > columns - 1) break;
    kept += segment;
  }
  return columns <= 0 ? "" : `${kept}…`;
}

/** Exactly `columns` wide. */
export function padded(text: string, columns: number): string {
  const cut = fitted(text, columns);
  return cut + " ".repeat(Math.max(0, columns - widthOf(cut)));
}
