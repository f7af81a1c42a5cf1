/** The contract as one page: plain HTML, made on the server, without script or any request but for its style. Pure. */
import { PROBLEMS } from "../../core/problem.ts";
import { page } from "../render/html.ts";
import { escapeHtml } from "../render/text.ts";
import type { OpenApi } from "./document.ts";
import type { JsonObject } from "./schemas.ts";

export const DOCS_CSS = `:root{color-scheme:light dark}
body{max-width:60rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif}
code,pre{font:.9em ui-monospace,monospace}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}
th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent)}
h3{margin-top:2rem}
h3 code{font-weight:600}
`;

const fields = (value: unknown): JsonObject => (typeof value === "object" && value !== null ? (value as JsonObject) : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const table = (head: string[], rows: string[][]): string =>
  rows.length === 0
    ? ""
    : `<table><tr>${head.map((name) => `<th>${name}</th>`).join("")}</tr>${rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("")}</table>`;
const code = (text: string): string => `<code>${escapeHtml(text)}</code>`;

const REF = "#/components/schemas/";
const LIMITS: [string, string][] = [
  ["minimum", "≥ "],
  ["maximum", "≤ "],
  ["minLength", "at least characters: "],
  ["maxLength", "at most characters: "],
  ["minItems", "at least items: "],
  ["maxItems", "at most items: "],
  ["pattern", "matches "],
];

/** A schema in a few words; named ones are links. */
function shape(schema: JsonObject): string {
  const to = schema["$ref"];
  if (typeof to === "string") return `<a href="#${to.slice(REF.length)}">${to.slice(REF.length)}</a>`;
  if (schema["x-event"] !== undefined) return `events, each ${shape(fields(schema["x-event"]))}`;
  if (schema["const"] !== undefined) return code(JSON.stringify(schema["const"]));
  if (schema["enum"] !== undefined)
    return list(schema["enum"])
      .map((one) => code(JSON.stringify(one)))
      .join(" · ");
  const some = list(schema["anyOf"] ?? schema["oneOf"] ?? schema["allOf"]);
  if (some.length > 0) return [...new Set(some.map((one) => shape(fields(one))))].join(schema["allOf"] ? " and " : " or ");
  if (schema["type"] === "array") return `list of ${shape(fields(schema["items"]))}`;
  const inner = Object.entries(fields(schema["properties"]));
  if (inner.length > 0) return `{ ${inner.map(([name, one]) => `${escapeHtml(name)}: ${shape(fields(one))}`).join(", ")} }`;
  const type = schema["type"];
  return type === undefined ? "any" : escapeHtml(Array.isArray(type) ? type.join(" or ") : String(type));
}
const limits = (schema: JsonObject): string =>
  LIMITS.flatMap(([name, says]) => {
    const value = schema[name];
    return value === undefined || Math.abs(Number(value)) >= Number.MAX_SAFE_INTEGER ? [] : [`${says}${escapeHtml(String(value))}`];
  }).join(", ");

function schemaSection(name: string, schema: JsonObject): string {
  const required = new Set(list(schema["required"]));
  const rows = Object.entries(fields(schema["properties"])).map(([field, value]) => {
    const one = fields(value);
    const says = [one["description"] === undefined ? "" : escapeHtml(String(one["description"])), limits(one)].filter(
      (text) => text !== "",
    );
    return [code(field), required.has(field) ? "yes" : "", shape(one), says.join("; ")];
  });
  const about = schema["description"] === undefined ? "" : `<p>${escapeHtml(String(schema["description"]))}</p>`;
  return `<h3 id="${name}"><code>${name}</code></h3>${about}${rows.length > 0 ? table(["field", "always", "type", ""], rows) : `<p>${shape(schema)}</p>`}`;
}

/** Names of problems lead to their pages. */
const linked = (description: string): string =>
  description
    .split(", ")
    .map((word) => (Object.hasOwn(PROBLEMS, word) ? `<a href="/problems/${word}">${word}</a>` : escapeHtml(word)))
    .join(", ");

function responseRow([status, value]: [string, unknown]): string[] {
  const { description, content } = fields(value);
  const types = Object.entries(fields(content)).map(
    ([type, one]) => `${code(type)} ${Number(status) < 300 ? shape(fields(fields(one)["schema"])) : ""}`,
  );
  return [status, linked(String(description)), types.join("<br>")];
}

function operationSection(method: string, path: string, operation: JsonObject): string {
  const parameters = list(operation["parameters"]).map((value) => {
    const { name, in: where, description, schema } = fields(value);
    return [
      code(String(name)),
      String(where),
      shape(fields(schema)),
      [escapeHtml(String(description)), limits(fields(schema))].filter((text) => text !== "").join(" "),
    ];
  });
  const body = fields(fields(fields(fields(operation["requestBody"])["content"])["application/json"])["schema"]);
  return `<h3 id="${String(operation["operationId"])}"><code>${method.toUpperCase()} ${escapeHtml(path)}</code></h3>
<p>${escapeHtml(String(operation["summary"]))}.${operation["security"] === undefined ? "" : " Needs no key."} ${escapeHtml(String(operation["description"] ?? ""))}</p>
${table(["parameter", "in", "type", ""], parameters)}${Object.keys(body).length > 0 ? `<p>Body: ${shape(body)}</p>` : ""}
${table(["status", "", "form"], Object.entries(fields(operation["responses"])).map(responseRow))}`;
}

export function contractPage({ info, tags, paths, components }: OpenApi): string {
  const all = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );
  const groups = tags.map(({ name }) => {
    const mine = all.filter(({ operation }) => list(operation["tags"]).includes(name));
    return `<h2>${escapeHtml(name)}</h2>${mine.map(({ method, path, operation }) => operationSection(method, path, operation)).join("\n")}`;
  });
  const index = all.map(({ method, path, operation }) => [
    `<a href="#${String(operation["operationId"])}"><code>${method.toUpperCase()} ${escapeHtml(path)}</code></a>`,
    escapeHtml(String(operation["summary"])),
  ]);
  const schemas = Object.entries(components.schemas).map(([name, schema]) => schemaSection(name, schema));
  const head = `<h1>${escapeHtml(info.title)} ${escapeHtml(info.version)}</h1><p>${escapeHtml(info.description)} The same as <a href="/openapi.json">OpenAPI 3.1</a>.</p>`;
  return page(
    `${info.title}: the contract`,
    `${head}${table(["operation", ""], index)}${groups.join("\n")}<h2>Schemas</h2>${schemas.join("\n")}`,
  );
}
