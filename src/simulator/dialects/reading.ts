/** Reading of request bodies from untyped JSON: what every dialect shares. Never throws. */
import type { JsonSchema } from "../../../adjudicator/index.ts";
import type { Asked, AskedTool } from "../asked.ts";

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);
export const numberOf = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);
export const schemaOf = (value: unknown): JsonSchema | null => (isObject(value) ? (value as JsonSchema) : null);

/** Message content: a string, or the text parts of a list. */
export function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  return listOf(content)
    .map((part) => (isObject(part) ? (textOf(part["text"]) ?? textOf(part["content"]) ?? "") : ""))
    .join("");
}

export function readMessages(value: unknown): Asked["messages"] {
  return listOf(value)
    .filter(isObject)
    .map((message) => ({ role: textOf(message["role"]) ?? "user", content: contentText(message["content"]) }));
}
export const lastUser = (messages: Asked["messages"]): string =>
  messages.findLast((message) => message.role === "user")?.content ?? messages.at(-1)?.content ?? "";

/** Tools in OpenAI's form, which Together, Groq and Ollama share. */
export function readTools(value: unknown): AskedTool[] {
  return listOf(value).flatMap((tool) => {
    const made = isObject(tool) && isObject(tool["function"]) ? tool["function"] : null;
    const name = made && textOf(made["name"]);
    if (!made || !name) return [];
    return [{ name, description: textOf(made["description"]) ?? "", parameters: schemaOf(made["parameters"]) }];
  });
}

export function readToolChoice(value: unknown): Asked["toolChoice"] {
  if (value === "none" || value === "required") return value;
  if (value === "any") return "required";
  if (!isObject(value)) return "auto";
  if (value["type"] === "any") return "required";
  if (value["type"] === "none") return "none";
  const named = isObject(value["function"]) ? textOf(value["function"]["name"]) : textOf(value["name"]);
  return named ? { name: named } : "auto";
}

export function readStop(value: unknown): string[] {
  const list = typeof value === "string" ? [value] : listOf(value).filter((item) => typeof item === "string");
  return list.filter((item) => item !== "");
}
export const samplingKey = (body: Record<string, unknown>): string =>
  JSON.stringify([body["temperature"] ?? null, body["seed"] ?? null, body["top_p"] ?? null]);

/** An answer's text in at most 40 pieces that add up to it, never cutting a surrogate pair. */
export function pieces(text: string): string[] {
  if (text === "") return [];
  const signs = Array.from(text);
  const size = Math.max(4, Math.ceil(signs.length / 40));
  const cut: string[] = [];
  for (let at = 0; at < signs.length; at += size) cut.push(signs.slice(at, at + size).join(""));
  return cut;
}
