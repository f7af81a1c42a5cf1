/** Text that others wrote, made safe to show: control, bidi and invisible characters become visible; escapes for HTML and Markdown. Pure. */

/** Controls but tab and line feed; format characters (soft hyphen, bidi, zero-width, BOM, tags); line and paragraph separators; lone surrogates. */
const UNSEEN = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

export const visible = (text: string): string =>
  text.replace(UNSEEN, (character) => `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`);

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
export const escapeHtml = (text: string): string => visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");

/** A share between 0 and 1 as people read it; the report itself keeps every digit. */
export const share = (part: number | null): string => (part === null ? "unknown" : part.toFixed(2));

/** A fence longer than any run of backticks inside, so that nothing in the text is Markdown. */
export function fenced(text: string): string {
  const longest = (text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2);
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${visible(text)}\n${fence}`;
}
export const cell = (text: string): string =>
  visible(text).replace(/[\n\r|`~\\<>[\]*_!&#]/g, (character) => (character === "\n" || character === "\r" ? " " : `\\${character}`));
