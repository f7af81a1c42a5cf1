/** How well each field of an answer is supported, in one line for people: the weakest first. Pure; its pointers are members' words, escaped by whoever shows them. */

/** More are a matter for the report itself. */
const MOST_FIELDS = 8;

export function supportWords(support: Readonly<Record<string, number>>): string {
  const fields = Object.entries(support).toSorted(([, a], [, b]) => a - b);
  const named = fields.slice(0, MOST_FIELDS).map(([pointer, share]) => `${pointer === "" ? "the whole" : pointer} ${share.toFixed(2)}`);
  const more = fields.length - named.length;
  return `${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
