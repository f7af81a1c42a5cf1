/** What an error body says, read once: its codes and its message. Judges nothing. */
import { asArray, asObject, asText, type JsonObject } from "./shape.ts";
import { parseStrict } from "./strict-json.ts";

/** What an error body says, as far as it can be read: every code-like word in lower case, and its message. */
export interface Complaint {
  codes: string[];
  message: string;
}

const NOTHING: Complaint = { codes: [], message: "" };
/** Only the beginning of a message is looked at. */
const MESSAGE_CHARS = 4000;
const CODE_FIELDS = ["code", "type", "status", "error_type", "error_code"] as const;

/** Reads an error object, an error text, or a JSON text inside a text (Ollama hands on its engine's errors so). */
export function complaintOf(error: unknown, depth = 0): Complaint {
  const text = asText(error);
  if (text !== null) {
    const inner = depth < 3 && text.length <= 65_536 && text.trimStart().startsWith("{") ? asObject(parseStrict(text)) : null;
    return inner === null ? { codes: [], message: text.slice(0, MESSAGE_CHARS) } : complaintOf(inner, depth + 1);
  }
  const object = asObject(error);
  if (object === null || depth > 3) return NOTHING;
  const own = CODE_FIELDS.map((field) => object[field]).filter((value) => typeof value === "string" || typeof value === "number");
  const details = asText(asObject(object["details"])?.["error_code"]);
  const nested = "error" in object && object["error"] !== null ? complaintOf(object["error"], depth + 1) : NOTHING;
  const inner = asText(object["message"]) === null ? NOTHING : complaintOf(object["message"], depth + 1);
  return {
    codes: [...own.map(String), ...(details === null ? [] : [details]), ...nested.codes, ...inner.codes].map((code) => code.toLowerCase()),
    message: nested.message || inner.message,
  };
}

/** An error body of any shape; Together has answered with the list form of validation errors. */
export function complaintOfBody(body: string): Complaint {
  const parsed = parseStrict(body);
  return parsed === undefined ? NOTHING : complaintOf(asArray(parsed)?.[0] ?? parsed);
}

export const has = (complaint: Complaint, codes: ReadonlySet<string>): boolean => complaint.codes.some((code) => codes.has(code));
export function says(complaint: Complaint, wordings: ReadonlySet<string>): boolean {
  const words = complaint.message.toLowerCase();
  return [...wordings].some((wording) => words.includes(wording));
}

/** An object that is an error and nothing else. */
export const isErrorObject = (object: JsonObject): boolean =>
  "error" in object && object["error"] !== null && object["error"] !== undefined && object["error"] !== false;
