/** Holds replies against the contract document: status, media type and body. */
import { type OutputUnit, type Schema, Validator } from "@cfworker/json-schema";
import type { OpenApi } from "../../src/http/openapi/document.ts";

type Fields = Record<string, unknown>;
const at = (value: unknown, ...keys: string[]): unknown =>
  keys.reduce<unknown>((inner, key) => (inner as Fields | undefined)?.[key], value);

export interface Exchange {
  method: string;
  /** as in the document */
  path: string;
  status: number;
  type: string;
  text: string;
}
const validators = new Map<string, Validator>();
function validatorOf(document: OpenApi, schema: unknown, key: string): Validator {
  const known = validators.get(key);
  if (known) return known;
  const made = new Validator({ ...(schema as Schema), components: document.components } as Schema, "2020-12", true);
  validators.set(key, made);
  return made;
}
const told = ({ errors }: { errors: OutputUnit[] }): string =>
  errors
    .map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`)
    .slice(-3)
    .join("; ");

/** Events of a stream, as the contract describes one. */
export const eventsOf = (text: string): { id: number; event: string; data: unknown }[] =>
  text
    .split("\n\n")
    .filter((frame) => frame.includes("data: "))
    .map((frame) => {
      const line = (name: string): string =>
        frame
          .split("\n")
          .find((one) => one.startsWith(`${name}: `))
          ?.slice(name.length + 2) ?? "";
      return { id: Number(line("id")), event: line("event"), data: JSON.parse(line("data")) as unknown };
    });

/** What is wrong with a reply; null = it is as the contract says. */
export function complaint(document: OpenApi, { method, path, status, type, text }: Exchange): string | null {
  const responses = at(document.paths, path, method.toLowerCase(), "responses");
  if (responses === undefined) return `${method} ${path} is not in the contract`;
  const answer = at(responses, String(status));
  if (answer === undefined) return `${method} ${path}: status ${status} is not in the contract: ${text.slice(0, 200)}`;
  const bare = type.split(";")[0] ?? "";
  const content = at(answer, "content") as Fields | undefined;
  if (content === undefined) return text === "" ? null : `${method} ${path} ${status}: a body where none is promised`;
  const schema = at(content, bare, "schema");
  if (schema === undefined) return `${method} ${path} ${status}: ${bare} is not in the contract`;
  const key = `${method} ${path} ${status} ${bare}`;
  if (bare === "text/event-stream") {
    const event = at(schema, "x-event");
    if (event === undefined) return null;
    const wrong = eventsOf(text)
      .map((one) => validatorOf(document, event, `${key} event`).validate(one))
      .find(({ valid }) => !valid);
    return wrong ? `${key}: ${told(wrong)}` : null;
  }
  if (!bare.endsWith("json")) return null;
  const checked = validatorOf(document, schema, key).validate(JSON.parse(text));
  return checked.valid ? null : `${key}: ${told(checked)}: ${text.slice(0, 300)}`;
}
