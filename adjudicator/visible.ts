/** Makes characters that hide, reorder or forge lines visible (`⟦U+202E⟧`), and back again without loss; never drops one. */

/**
 * Controls but tab and newline, soft hyphen, fillers, zero-width, bidi and invisible format characters, variation selectors but the
 * common emoji one (U+FE0F), byte order mark, tag characters, lone surrogates, and the opening bracket of our own escape.
 */
const HIDDEN =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}\ud800-\udfff\u27e6]/gu;
/** The same unit by unit, with every unit that may begin a tag character: a text without any is looked at no further, which is many times as fast. */
const MAY_HIDE =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u27e6\u3164\udb40-\udb43\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb]/;
const SHOWN = /⟦U\+([0-9A-F]{4,6})⟧/g;

/** Nothing but what stands on an American keyboard, tabs, line ends and backspaces: most answers, which need no look at single characters. */
// oxlint-disable-next-line no-control-regex
export const isPlainAscii = (text: string): boolean => !/[^\b-\r -~]/.test(text);

export function showHidden(text: string): string {
  // most texts are plain, and have nothing to replace
  if (!/[^\t\n -~]/.test(text) || (text.isWellFormed() && !MAY_HIDE.test(text))) return text;
  return text.replace(HIDDEN, (char) => `⟦U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟧`);
}

export function hideShown(text: string): string {
  return text.replace(SHOWN, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
}

/** The text without its hidden characters, for comparing what a person would see. */
export function withoutHidden(text: string): string {
  return text.replace(HIDDEN, (char) => (char === "⟦" ? char : ""));
}
