/** The parts of a request that Chat Completions and Responses share: stop, tools, answer form, metadata. */
import { requestFields } from "../../consensus/schema.ts";
import { type Fields, inside, isFields, only } from "./fields.ts";

/** Kept when it is as we keep it; OpenAI's clients put anything there. */
export function readMetadata(value: unknown): Fields | undefined {
  const parsed = requestFields.metadata.safeParse(value ?? undefined);
  return parsed.success ? parsed.data : undefined;
}

const FUNCTION_FIELDS = ["name", "description", "parameters", "strict"];
export const readFunction = (value: unknown): unknown => only(value, FUNCTION_FIELDS);
export const readTool = (value: unknown): unknown => inside(only(value, ["type", "function", "annotations"]), "function", readFunction);

export const readFormat = (value: unknown): unknown =>
  inside(only(value ?? undefined, ["type", "json_schema"]), "json_schema", (inner) =>
    only(inner, ["name", "description", "schema", "strict"]),
  );

/** A caller that asks for JSON wants answers compared as JSON. */
export function answerFor(format: unknown): unknown {
  if (!isFields(format)) return undefined;
  if (format.type === "json_object") return { type: "json" };
  if (format.type !== "json_schema") return undefined;
  const schema = isFields(format.json_schema) ? format.json_schema.schema : undefined;
  return schema === undefined ? { type: "json" } : { type: "json", schema };
}

/** Without the fields that nobody set. */
export const present = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => (value ?? null) !== null));
