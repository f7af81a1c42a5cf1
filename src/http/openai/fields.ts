/** How a lenient body is read: known fields are picked, null is absent, and what has a wrong shape is left as it is for the schema to refuse. */
export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

/** A copy with the named fields alone. */
export function only(value: unknown, names: readonly string[]): unknown {
  if (!isFields(value)) return value;
  return Object.fromEntries(names.filter((name) => (value[name] ?? null) !== null).map((name) => [name, value[name]]));
}
/** Each item of a list; undefined for an absent one. */
export function each(value: unknown, map: (item: unknown) => unknown): unknown {
  return Array.isArray(value) ? value.map(map) : (value ?? undefined);
}
/** One field of a nested object mapped. */
export function inside(value: unknown, name: string, map: (item: unknown) => unknown): unknown {
  return isFields(value) && Object.hasOwn(value, name) ? { ...value, [name]: map(value[name]) } : value;
}
