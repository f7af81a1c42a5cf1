/** Looking into JSON that others wrote: a field is what we need or it is absent. Never throws, never trusts a type. */

export type JsonObject = { readonly [key: string]: unknown };

export const asObject = (value: unknown): JsonObject | null =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
export const asArray = (value: unknown): readonly unknown[] | null => (Array.isArray(value) ? value : null);
export const asText = (value: unknown): string | null => (typeof value === "string" ? value : null);
/** A text that says something. */
export const asName = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value.slice(0, 200) : null);

/** No call on earth uses more tokens than this: a larger count is a mistake or a lie. */
const MAX_TOKENS = 1e9;
/** A believable count of tokens, else null. */
export const asCount = (value: unknown): number | null =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_TOKENS ? value : null;
