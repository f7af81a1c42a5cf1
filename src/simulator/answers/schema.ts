/** A value that a JSON Schema accepts, filled with words and numbers of the prompt; nesting and size are bounded. */
import type { Json, JsonSchema } from "../../../adjudicator/index.ts";
import { isObject, listOf, numberOf } from "../dialects/reading.ts";
import type { AnswerContext } from "./context.ts";
import { textAnswer } from "./text.ts";
import { keywords, numbersIn } from "./words.ts";

const MAX_DEPTH = 12;

interface Path {
  context: AnswerContext;
  root: JsonSchema;
  name: string;
  depth: number;
}
/** Equal among models unless this one errs. */
const drawAt = (path: Path): number => (path.context.errs ? path.context.own(path.name) : path.context.shared(path.name))();

function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const reference = schema["$ref"];
  if (typeof reference !== "string" || !reference.startsWith("#/")) return schema;
  let here: unknown = root;
  for (const step of reference.slice(2).split("/"))
    here = isObject(here) ? here[step.replaceAll("~1", "/").replaceAll("~0", "~")] : undefined;
  return isObject(here) ? (here as JsonSchema) : {};
}

export function valueFor(context: AnswerContext, schema: JsonSchema, name = "value"): Json {
  return make(schema, { context, root: schema, name, depth: 0 });
}

function make(given: JsonSchema, path: Path): Json {
  const schema = resolve(given, path.root);
  if ("const" in schema) return schema["const"] ?? null;
  const values = listOf(schema["enum"]) as Json[];
  if (values.length > 0) return values[Math.floor(drawAt(path) * values.length)] ?? null;
  if (path.depth >= MAX_DEPTH) return null;
  const [branch] = [...listOf(schema["anyOf"]), ...listOf(schema["oneOf"])];
  if (isObject(branch)) return make({ ...schema, anyOf: [], oneOf: [], ...(branch as JsonSchema) }, path);
  const parts = listOf(schema["allOf"]).filter(isObject) as JsonSchema[];
  if (parts.length > 0) return make(parts.map((part) => resolve(part, path.root)).reduce(merged, { ...schema, allOf: [] }), path);
  return ofType(typeOf(schema), schema, path);
}
const merged = (left: JsonSchema, right: JsonSchema): JsonSchema => ({
  ...left,
  ...right,
  properties: { ...(left["properties"] as JsonSchema), ...(right["properties"] as JsonSchema) },
  required: [...listOf(left["required"]), ...listOf(right["required"])] as Json[],
});

function typeOf(schema: JsonSchema): string {
  const type = schema["type"];
  if (typeof type === "string") return type;
  const first = listOf(type).find((item) => item !== "null");
  if (typeof first === "string") return first;
  if (isObject(schema["properties"])) return "object";
  return schema["items"] !== undefined ? "array" : "string";
}

/** The names `dict`, `float`, `tuple` and `any` occur in tool descriptions beside JSON Schema's own. */
function ofType(type: string, schema: JsonSchema, path: Path): Json {
  switch (type) {
    case "object":
    case "dict":
      return objectFor(schema, path);
    case "array":
    case "tuple":
      return arrayFor(schema, path);
    case "integer":
    case "number":
    case "float":
      return numberFor(schema, path, type === "integer");
    case "boolean":
      return drawAt(path) < 0.5;
    case "null":
      return null;
    default:
      return stringFor(schema, path);
  }
}

function objectFor(schema: JsonSchema, path: Path): Json {
  const properties = isObject(schema["properties"]) ? (schema["properties"] as { [key: string]: Json }) : {};
  const required = listOf(schema["required"]).filter((name) => typeof name === "string");
  // near the bottom only what must be there, so that recursive schemas end
  const names = path.depth > 4 ? required : [...new Set([...Object.keys(properties), ...required])];
  return Object.fromEntries(
    names.map((name) => [name, make((properties[name] as JsonSchema | undefined) ?? {}, { ...path, name, depth: path.depth + 1 })]),
  );
}

function arrayFor(schema: JsonSchema, path: Path): Json {
  const most = Math.min(numberOf(schema["maxItems"]) ?? 3, 100);
  const least = numberOf(schema["minItems"]) ?? 0;
  const wanted = path.depth > 4 ? 0 : 1 + Math.floor(drawAt(path) * 2);
  const length = Math.min(Math.max(least, Math.min(wanted, most)), 100);
  const items = isObject(schema["items"]) ? (schema["items"] as JsonSchema) : {};
  return Array.from({ length }, (_, index) => make(items, { ...path, name: `${path.name}.${index}`, depth: path.depth + 1 }));
}

function numberFor(schema: JsonSchema, path: Path, whole: boolean): number {
  const above = numberOf(schema["exclusiveMinimum"]);
  const below = numberOf(schema["exclusiveMaximum"]);
  const step = numberOf(schema["multipleOf"]) ?? (whole ? 1 : 0.01);
  const low = numberOf(schema["minimum"]) ?? (above === null ? -Infinity : above + step);
  const high = numberOf(schema["maximum"]) ?? (below === null ? Infinity : below - step);
  const numbers = numbersIn(path.context.asked.question);
  const draw = drawAt(path);
  const base = numbers[Math.floor(draw * numbers.length)] ?? Math.floor(draw * 100);
  const bounded = Math.min(high, Math.max(low, base));
  const snapped = Number((Math.round(bounded / step) * step).toFixed(6));
  return snapped < low ? low : snapped > high ? high : snapped;
}

const FORMATS: Record<string, string> = {
  date: "2026-11-22",
  "date-time": "2026-11-22T02:00:00Z",
  time: "02:00:00Z",
  email: "someone@example.com",
  uri: "https://example.com/",
  uuid: "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
  ipv4: "192.0.2.1",
};
function stringFor(schema: JsonSchema, path: Path): string {
  const fixed = typeof schema["format"] === "string" ? FORMATS[schema["format"]] : undefined;
  if (fixed !== undefined) return fixed;
  const { question } = path.context.asked;
  const quoted = [...question.slice(0, 4000).matchAll(/"([^"\n]{1,80})"/g)].map((match) => match[1] ?? "");
  const isProse = /answer|summary|reason|explanation|text|description|rationale/i.test(path.name);
  const words = quoted.length > 0 ? quoted : keywords(question, 4);
  const picked = isProse ? textAnswer(path.context) : (words[Math.floor(drawAt(path) * words.length)] ?? path.name);
  const least = Math.min(numberOf(schema["minLength"]) ?? 0, 10_000);
  return picked.padEnd(least, "x").slice(0, numberOf(schema["maxLength"]) ?? 10_000);
}
