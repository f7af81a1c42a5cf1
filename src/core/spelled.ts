/** JSON texts of finished values: a report is stored and sent, but spelled once. Holds no value longer than others do. */

const texts = new WeakMap<object, string>();

/** `JSON.stringify` for a value that nobody changes any more. */
export function jsonOf(value: object): string {
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  texts.set(value, text);
  return text;
}
