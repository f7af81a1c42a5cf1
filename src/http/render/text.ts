/** Text that others wrote, made safe to show: control, bidi and invisible characters become visible; escapes for HTML and Markdown. Pure. */

/** C0 but tab and line feed, DEL and C1, soft hyphen, bidi marks and controls, zero-width, line and paragraph separators, BOM, tags. */
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;

export const visible = (text: string): string =>
  text.replace(UNSEEN, (character) => `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`);

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
export const escapeHtml = (text: string): string => visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");

/** A fence longer than any run of backticks inside, so that nothing in the text is Markdown. */
export function fenced(text: string): string {
  const longest = (text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2);
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${visible(text)}\n${fence}`;
}
export const cell = (text: string): string =>
  visible(text).replace(/[\n\r|`\\<>[\]*_!&#]/g, (character) => (character === "\n" || character === "\r" ? " " : `\\${character}`));
